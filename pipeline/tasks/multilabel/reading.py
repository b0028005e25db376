"""How the columns of findings are read: every cell as the findings that it tells of, and nothing guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from pipeline.contracts.cohort import Notice
from pipeline.tables.words import NO_FINDING, counted, normal
from pipeline.tasks.contract import Refuse
from pipeline.tasks.multilabel.cells import Columns, Listed
from pipeline.tasks.multilabel.labels import NO, UNKNOWN, YES, cells_of, value_of
from pipeline.tasks.multilabel.unreadable import unreadable

_UNREAD: Final = "?"
"""What stands before a cell that can't be read; no value of a case begins so."""
_ENOUGH: Final = 3  # scans with each answer, a choice: fewer are alike by chance


@dataclass(frozen=True)
class Cells:
    """How the cells are read."""

    how: Columns | Listed

    @property
    def names(self) -> tuple[str, ...]:
        """The findings."""
        return self.how.names

    def value_of(self, cell: str) -> str:
        """The value that a cell stands for, empty where nothing is known."""
        return _UNREAD + cell if self.how.unread(cell) else value_of(self.how.read(cell))

    @property
    def on_missing(self) -> str:
        """What the YAML may say of a word that stands for nothing."""
        return "`cohort.classes` says what a word means"

    @property
    def on_conflict(self) -> str:
        """What else may be done about rows that list different findings of one scan."""
        if isinstance(self.how, Columns):
            return ""
        listed = self.how.separator.join(self.names[:2])
        return f"where each row tells one finding of a scan, write all of a scan into one cell: '{listed}'"

    def notices(self, cells: Mapping[str, int]) -> Iterator[Notice]:
        """Words that were taken for unknown, and findings that say the same of all scans.

        `cells` has the number of labelled scans of each cell.
        """
        guessed: dict[str, Counter[str]] = {name: Counter() for name in self.names}
        for cell, count in cells.items():
            for word, name in self.how.guessed(cell):
                guessed[name][word] += count
        for name, words in guessed.items():
            if words:
                detail = f"scans in which '{name}' was read as unknown: {counted(words)} ({self.on_missing})"
                yield Notice("finding_unknown", words.total(), detail)
        counts = Counter[str]()
        for cell, count in cells.items():
            counts[self.value_of(cell)] += count
        yield from _none_and_one(counts, self.names)
        yield from _alike(counts, self.names)

    def agreed(self, values: Sequence[str]) -> str | None:
        """The value that several of one scan give together, where none contradicts another in any finding."""
        said = [{cells_of(value, self.names)[name] for value in values} - {UNKNOWN} for name in self.names]
        if any(len(cells) > 1 for cells in said):
            return None
        return value_of([next(iter(cells), UNKNOWN) for cells in said])

    def named(self, value: str) -> frozenset[str]:
        """The findings that a value says are there."""
        return frozenset(name for name, cell in cells_of(value, self.names).items() if cell == YES)

    def in_words(self, value: str) -> str:
        """A value as a person is told of it.

        >>> Cells(Columns(("edema", "mass"), *[frozenset()] * 3)).in_words("1|0")
        'edema yes, mass no'
        """
        said = {YES: "yes", NO: "no", UNKNOWN: "unknown"}
        return ", ".join(f"{name} {said[cell]}" for name, cell in cells_of(value, self.names).items())

    def require(
        self, counts: Mapping[str, int], column: str, *, cell_of: Callable[[str], str], refuse: Refuse
    ) -> None:
        """Nothing, if every cell can be read; `cell_of` says where one stands first.

        Raises ConfigError with the words, how often and where they stand, and what to say of them.
        """
        unread = [value for value in sorted(counts) if value.startswith(_UNREAD)]
        if not unread:
            return
        words = Counter[str]()
        columns = dict.fromkeys(name for value in unread for _, name in self.how.unread(value[1:]))
        first = next(iter(columns))
        for value in unread:
            words.update({word: counts[value] for word, name in self.how.unread(value[1:]) if name == first})
        where = next(v for v in unread if first in {name for _, name in self.how.unread(v[1:])})
        raise unreadable(self.how, first, words, where=cell_of(where), refuse=refuse)


def _none_and_one(counts: Mapping[str, int], names: Sequence[str]) -> Iterator[Notice]:
    """Scans of which one column says that there is no finding, and another that there is one."""
    nothing = [name for name in names if normal(name).casefold() in NO_FINDING]
    found = dict.fromkeys(nothing, 0)
    for value, count in counts.items():
        there = {name for name, cell in cells_of(value, names).items() if cell == YES}
        for name in nothing:
            found[name] += count if name in there and len(there) > 1 else 0
    for name, scans in found.items():
        if scans:
            detail = (
                f"scans of which '{name}' and another finding are both said to be there: mend the table, or "
                f"take '{name}' out of `cohort.target` or `cohort.findings`, as it says what the others say"
            )
            yield Notice("finding_beside_none", scans, detail)


def _alike(counts: Mapping[str, int], names: Sequence[str]) -> Iterator[Notice]:
    """Two findings that say the same, or the opposite, of all scans in which both are known."""
    cells = [(cells_of(value, names), count) for value, count in counts.items()]
    for one, other in combinations(names, 2):
        pairs = Counter[tuple[str, str]]()
        for said, count in cells:
            if said[one] != UNKNOWN and said[other] != UNKNOWN:
                pairs[said[one], said[other]] += count
        for same, words in ((True, "say the same"), (False, "say the opposite of each other")):
            if len(pairs) == 2 and min(pairs.values()) >= _ENOUGH and all((a == b) is same for a, b in pairs):
                detail = (
                    f"scans of which '{one}' and '{other}' {words}, all in which both are known: one finding "
                    "in two columns counts twice in every mean (take one out where they are one)"
                )
                yield Notice("findings_alike", pairs.total(), detail)
