"""How the cells of a column of classes are read: as a class that is meant, as nothing, as they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.contracts.cohort import Notice
from pipeline.tables.words import MISSING, as_yaml, counted, normal, number
from pipeline.tasks.classification.misfits import require_question
from pipeline.tasks.contract import Refuse

CODES: Final = frozenset({"-1", "-9", "-99", "-999", "-9999", "9", "99", "999", "9999"})
"""Numbers that stand for a missing value where the classes are words."""
_GRADES_AT_LEAST: Final = 2
_GRADES: Final = frozenset("+-−–±/() ")


@dataclass(frozen=True)
class Words:
    """How the cells of a column are read: as `classes` says, as nothing (`missing`), or as they stand."""

    classes: Mapping[str, str]
    missing: frozenset[str]

    def value_of(self, cell: str) -> str:
        """The class that a cell names, empty where it stands for a missing value."""
        word = normal(cell)
        if word in self.classes:
            return self.classes[word]
        return "" if word.casefold() in self.missing else word

    @property
    def on_missing(self) -> str:
        """What the YAML may say of a word that stands for nothing."""
        return "`cohort.classes` makes a class of a word"

    @property
    def on_conflict(self) -> str:
        """Empty: nothing else."""
        return ""

    def notices(self, cells: Mapping[str, int]) -> Iterator[Notice]:
        """A number among grades that often stands for a missing value.

        `cells` has the number of labelled scans of each cell.
        """
        counts = Counter[str]()
        for cell, count in cells.items():
            counts[self.value_of(cell)] += count
        grades = sorted(int(word) for word in counts if word not in CODES and word.isdigit())
        if self.classes or len(grades) < len(counts.keys() - CODES) or len(grades) < _GRADES_AT_LEAST:
            return
        for code in sorted(CODES & counts.keys()):
            if not grades[0] <= int(code) <= grades[-1] + 1:
                detail = (
                    f"scans of the class '{code}' beside {grades[0]} to {grades[-1]}, a number that often "
                    "stands for nothing: where it does, copy this below `cohort:`: "
                    f"`missing: {as_yaml([code])}`"
                )
                yield Notice("class_apart", counts[code], detail)

    def agreed(self, values: Sequence[str]) -> str | None:
        """The value that different ones of one scan give together: none, unless there is one alone."""
        return values[0] if len(values) == 1 else None

    def in_words(self, value: str) -> str:
        """A value as a person is told of it: as it stands."""
        return value

    def named(self, value: str) -> tuple[str, ...]:
        """The class that a value is."""
        return (value,)

    def require(
        self, counts: Mapping[str, int], column: str, *, cell_of: Callable[[str], str], refuse: Refuse
    ) -> None:
        """Nothing, if the values of the column can be classes; `cell_of` says where one stands first.

        Raises:
            ConfigError: the column is another kind of question, or has words that `cohort.classes` doesn't
                know.
            DataError: errors or dates of a spreadsheet, or remarks.
        """
        if self.classes:
            require_all_mapped(self.unmapped(counts), refuse=refuse)
        else:
            require_question(counts, column, cell_of=cell_of, refuse=refuse)

    def unmapped(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Words that neither `classes` nor `missing` know, where there are classes."""
        known = set(self.classes.values())
        return {word: count for word, count in counts.items() if self.classes and word not in known}


def read_words(cells: Iterable[str], classes: Mapping[str, Sequence[str]], missing: Collection[str]) -> Words:
    """How a column with these cells is read, given the words that the YAML maps to classes and to nothing.

    Beside the words known everywhere, signs alone ('?', '--') stand for a missing value, and so do
    numbers such as -1 where all classes are words. Where a plus is a grade, a minus is one, too.
    """
    class_of = {normal(word): name for name, words in classes.items() for word in words}
    stated = {normal(word).casefold() for word in missing}
    words = {normal(cell) for cell in cells} - class_of.keys()
    words = {word for word in words if word.casefold() not in stated | MISSING}
    signs = {word for word in words if not any(letter.isalnum() for letter in word)}
    if any("+" in word for word in signs):
        signs = {word for word in signs if not _GRADES.issuperset(word)}
    meant = {*class_of.values(), *(words - signs - CODES)}
    codes = CODES & words if len(meant) > 1 and all(number(word) is None for word in meant) else frozenset()
    return Words(class_of, MISSING | stated | signs | codes)


def require_all_mapped(unmapped: Mapping[str, int], *, refuse: Refuse) -> None:
    """Nothing, if `cohort.classes` and `cohort.missing` know every word. Raises ConfigError with the rest."""
    if unmapped:
        raise refuse(
            ("cohort", "classes"),
            f"'classes' doesn't say what these words mean: {counted(unmapped)}. Add each to a class, or to "
            f"the words for missing: `missing: {as_yaml(sorted(unmapped))}`.",
        )
