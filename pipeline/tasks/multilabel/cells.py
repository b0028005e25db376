"""How one cell says which findings a scan has: a yes or no in a column each, or the findings in a list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.config import Cohort
from pipeline.contracts import targets
from pipeline.tables import yes_no
from pipeline.tables.words import MISSING, NO_FINDING, NOT_AVAILABLE, normal
from pipeline.tasks.multilabel.labels import NO, UNKNOWN, YES

PRESENT, ABSENT = "present", "absent"
"""The keys of `cohort.classes`: words that say that a finding is there, or that it isn't."""

_WRITTEN: Final = re.compile(r"\[(.*)\]|\{(.*)\}|\((.*)\)", re.DOTALL)
"""A list as programs write it, each word in quotes."""
Word = tuple[str, str]
"""A word as it stands in the table, and the column that it is about."""


@dataclass(frozen=True)
class Columns:
    """A column each: a word says that the finding is there (`yes`), that it isn't (`no`), or nothing.

    `known` are the words of `missing` of which nobody needs to be told: empty ones, and those of the YAML.
    """

    names: tuple[str, ...]
    yes: frozenset[str]
    no: frozenset[str]
    missing: frozenset[str]
    known: frozenset[str] = NOT_AVAILABLE

    def read(self, cell: str) -> list[str]:
        """The cell of each finding; unknown where the word can't be read."""
        return [self._cell_of(word) or UNKNOWN for word in _words(cell, len(self.names))]

    def unread(self, cell: str) -> list[Word]:
        """The words that can't be read."""
        words = _words(cell, len(self.names))
        if len(words) > len(self.names):  # a bar in a cell: the cells were joined by bars
            return [(cell, ", ".join(self.names))]
        return [
            (normal(word), name)
            for name, word in zip(self.names, words, strict=True)
            if self._cell_of(word) is None
        ]

    def guessed(self, cell: str) -> list[Word]:
        """The words that were taken to say nothing, though nobody said that they do, and their findings."""
        words = zip(self.names, map(normal, _words(cell, len(self.names))), strict=True)
        return [(word, name) for name, word in words if word.casefold() in self.missing - self.known]

    def _cell_of(self, word: str) -> str | None:
        said = normal(word).casefold()
        meanings = ((UNKNOWN, self.missing), (YES, self.yes), (NO, self.no))
        return next((cell for cell, words in meanings if said in words), None)


@dataclass(frozen=True)
class Listed:
    """One cell lists what there is, parted by `separator`: what isn't listed isn't there.

    `none` are words that name no finding that is asked for; where a word of `missing` stands, what isn't
    listed is unknown, as in an empty cell, unless that is one of `none`.
    """

    names: tuple[str, ...]
    column: str
    separator: str
    none: frozenset[str]
    missing: frozenset[str]

    def read(self, cell: str) -> list[str]:
        """The cell of each finding."""
        words = {word.casefold() for word in self._words(cell)}
        nothing = not words and "" not in self.none
        rest = UNKNOWN if nothing or words & self.missing else NO
        return [YES if normal(name).casefold() in words else rest for name in self.names]

    def unread(self, cell: str) -> list[Word]:
        """The words that name nothing that is known; a whole cell that contradicts itself."""
        if self.contradicts(cell):
            return [(normal(cell), self.column)]
        known = self._asked | self.none | self.missing
        return [(word, self.column) for word in self._words(cell) if word.casefold() not in known]

    def contradicts(self, cell: str) -> bool:
        """Whether a cell says that there is no finding, and lists one.

        >>> lists = Listed(("Edema",), "findings", "|", NO_FINDING, frozenset())
        >>> lists.contradicts("No Finding|Edema"), lists.contradicts("Edema")
        (True, False)
        """
        words = {word.casefold() for word in self._words(cell)}
        none = NO_FINDING & (self.none | self._asked)
        return bool(words & none and words & (self._asked - none))

    def guessed(self, cell: str) -> list[Word]:
        """None: a scan whose list says nothing has no label, which is told of it as a whole."""
        return []

    @property
    def _asked(self) -> frozenset[str]:
        return frozenset(normal(name).casefold() for name in self.names)

    def _words(self, cell: str) -> list[str]:
        """The words of a list, also of one that a program wrote, ['Edema', 'Mass']; of an empty one []."""
        written = _WRITTEN.fullmatch(cell.strip())
        text = next(filter(None, written.groups()), "") if written else cell
        signs = " '\"" if written else " "
        parts = [normal(part.strip(signs)) for part in text.split(self.separator)]
        return [word for word in parts if word] or ([normal(cell)] if written else [])


def how(cells: Iterable[str], choices: Cohort) -> Columns | Listed:
    """How cells are read, given the words that the YAML says; of several columns they are joined by bars.

    Signs alone ('?', '--') stand for an unknown finding, unless there is a plus among them.
    """
    stated = {key: frozenset(normal(word).casefold() for word in words) for key, words in _stated(choices)}
    missing = (MISSING | stated["missing"]) - stated[PRESENT] - stated[ABSENT]
    if choices.separator:
        none = (NO_FINDING | stated[ABSENT]) - stated["missing"]
        return Listed(choices.findings, choices.column, choices.separator, none, missing)
    words = {normal(word) for cell in set(cells) for word in cell.split("|")}
    signs = {word for word in words if word and not any(letter.isalnum() for letter in word)}
    missing |= frozenset() if any("+" in sign for sign in signs) else signs - stated[PRESENT] - stated[ABSENT]
    yes = (yes_no.YES | stated[PRESENT]) - stated[ABSENT] - missing
    no = (yes_no.NO | stated[ABSENT]) - stated[PRESENT] - missing
    return Columns(choices.target, yes, no, missing, NOT_AVAILABLE | stated["missing"])


def plain(names: tuple[str, ...]) -> Columns:
    """How the cells of a table from elsewhere are read, of which no YAML says anything."""
    return Columns(names, yes_no.YES, yes_no.NO, MISSING)


def _stated(choices: Cohort) -> list[tuple[str, Collection[str]]]:
    said: Mapping[str, Collection[str]] = choices.classes
    return [("missing", choices.missing), *((key, said.get(key, ())) for key in (PRESENT, ABSENT))]


def _words(cell: str, columns: int) -> list[str]:
    return targets.parted(cell, columns)
