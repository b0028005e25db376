"""How the columns of findings are read: every cell as the findings that it tells of, and nothing guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.errors import ConfigError, nearest
from pipeline.tables.words import as_yaml, counted
from pipeline.tasks.contract import Refuse
from pipeline.tasks.multilabel.cells import ABSENT, PRESENT, Columns, Listed
from pipeline.tasks.multilabel.labels import NO, UNKNOWN, YES, cells_of, value_of

_UNREAD: Final = "?"
"""What stands before a cell that can't be read; no value of a case begins so."""
_DOUBT: Final = "-1"


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
        raise _unreadable(self.how, first, words, where=cell_of(where), refuse=refuse)


def _unreadable(
    how: Columns | Listed, column: str, words: Counter[str], *, where: str, refuse: Refuse
) -> ConfigError:
    listed = as_yaml(sorted(words))
    if isinstance(how, Listed):
        word = words.most_common(1)[0][0]
        return refuse(
            ("cohort", "findings"),
            f"the column '{column}' lists what is none of `findings`: {counted(words)} (first {where}; "
            f"{nearest(word, how.names)}). Add it to `findings`; or copy this below `cohort:`, where it says "
            f"that a scan has none of them: `classes: {{{ABSENT}: {listed}}}`, or where it says nothing of "
            f"them: `missing: {listed}`.",
        )
    doubt = f" ({_DOUBT} often marks doubt, which is unknown only if you say so)" if _DOUBT in words else ""
    return refuse(
        ("cohort", "target"),
        f"the column '{column}' has words that are neither yes nor no: {counted(words)} (first {where})"
        f"{doubt}. Copy one of these below `cohort:`, or parts of each: `missing: {listed}` where they leave "
        f"a finding unknown, `classes: {{{PRESENT}: {listed}}}` where it is there, `classes: {{{ABSENT}: "
        f"{listed}}}` where it isn't.",
    )
