"""How much it proves that a column's values are identifiers of scans.

Counts, ages and scores are whole numbers, and so are many identifiers: where patients are numbered from 1
to 40, every age below 41 is the ID of somebody. So whole numbers that would be found by chance prove
nothing by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import IntEnum
from typing import Final

from pipeline.cohort.join import Join, Known
from pipeline.spelling import whole
from pipeline.tables import Table
from pipeline.tables.words import is_date, number

CHANCE: Final = 0.01
"""Numbers of which more than this share would be an identifier by chance prove nothing: a choice."""

_SMALL: Final = 10_000
"""Ages, scores, years and most row numbers are below it: a choice."""

_LETTERS: Final = 2
"""Words as short as this stand for a sex, a side or a site as well."""

_UNNAMED: Final = re.compile(
    r"column \d+|Unnamed: \d+(\.\d+)*|\.\.\.\d+|V\d+|X(\.\d+)?|index|level_\d+", re.IGNORECASE
)
"""What programs write where a column has no name."""

_LONGEST: Final = 64
"""Identifiers have at most so many characters (PS3.5 6.2)."""

_DISTINCT: Final = 0.9
"""A column identifies where more than this share of its values stand once: remarks and UIDs, not ages.

A choice: a few patients may have two rows.
"""

_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_FILE: Final = ("sop", "path", "name", "stem")
_KINDS_OF_WORD: Final[dict[str, tuple[str, ...]]] = {
    "patient": ("patient",), "patienten": ("patient",), "patientid": ("patient",), "pat": ("patient",),
    "patid": ("patient",), "pid": ("patient",), "mrn": ("patient",), "subject": ("patient",),
    "subj": ("patient",), "person": ("patient",), "participant": ("patient",), "proband": ("patient",),
    "accession": ("accession",), "acc": ("accession",), "accessionnumber": ("accession",),
    "study": ("study",), "series": ("series",), "sop": ("sop",), "instance": ("sop",), "image": _FILE,
    "scan": _FILE, "file": _FILE, "filename": _FILE, "path": _FILE, "filepath": _FILE, "dicom": _FILE,
}  # fmt: skip
"""What a word of a header says that the column names."""
_IDENTIFIES: Final = frozenset({"id", "ids", "identifier", "uid", "key", "case", "caseid"})


class Evidence(IntEnum):
    """How much a join proves."""

    NOTHING = 0
    """Whole numbers that may as well be counts or ages."""
    HEADER = 1
    """The same in the only column that can identify anything, under a header that says that it does."""
    PROOF = 2
    """Values that don't match by chance, or numbers under a header that says what they name."""


def evidence_of(join: Join, table: Table, known: Known, columns: Collection[str]) -> Evidence:
    """How much the join of one of `columns` proves."""
    key = join.keys[0]
    if not by_chance(join, table, known):
        return Evidence.PROOF
    if is_unnamed(table, key.column):
        return Evidence.NOTHING
    if key.names in _kinds_in_header(key.column):
        return Evidence.PROOF
    return (
        Evidence.HEADER
        if headed(join) and not _other_identifier(table, columns, key.column)
        else Evidence.NOTHING
    )


def headed(join: Join) -> bool:
    """Whether the header says that the column identifies, and nothing else than what it is taken for."""
    key = join.keys[0]
    kinds = _kinds_in_header(key.column)
    return key.names in kinds if kinds else bool(_IDENTIFIES.intersection(_words(key.column)))


def is_unnamed(table: Table, column: str) -> bool:
    """Whether a column has no header, or one that a program made up for it."""
    return column in table.unnamed or bool(_UNNAMED.fullmatch(column))


def by_chance(join: Join, table: Table, known: Known) -> bool:
    """Whether most values that match are such as others would match as well: letters, and whole numbers.

    Numbers are so where they are small, dense among the scans' identifiers, or consecutive.
    """
    key = join.keys[0]
    cells = table.column(key.column)
    matched = {cell for cell, cases in zip(cells, join.cases, strict=True) if cases}
    numbers = sorted(int(whole(cell)) for cell in matched if _is_whole(cell))
    letters = sum(len(cell) <= _LETTERS and not _is_whole(cell) for cell in matched)
    if 2 * letters > len(matched):
        return True
    if 2 * len(numbers) < len(matched) or not numbers:
        return False
    span = numbers[-1] - numbers[0] + 1
    small = numbers[len(numbers) // 2] < _SMALL
    return small or len(known.index.get(key.names, {})) > CHANCE * span or consecutive(cells)


def consecutive(cells: Sequence[str]) -> bool:
    """Whether the values are whole numbers without a gap, each once, in whatever order."""
    filled = [cell for cell in cells if cell]
    if not filled or not all(map(_is_whole, filled)):
        return False
    numbers = {int(whole(cell)) for cell in filled}
    return len(numbers) == len(filled) == max(numbers) - min(numbers) + 1


def _kinds_in_header(column: str) -> set[str]:
    """The kinds that a header says the column names."""
    return {kind for word in _words(column) for kind in _KINDS_OF_WORD.get(word, ())}


def _words(column: str) -> list[str]:
    return [word.casefold() for word in re.split(r"[\W_]+", _CAMEL.sub(" ", column)) if word]


def _other_identifier(table: Table, columns: Collection[str], column: str) -> bool:
    """Whether another named column has a value of its own in nearly every row: it may identify as well."""
    return any(
        _is_identifying(table.column(other))
        for other in columns
        if other != column and not is_unnamed(table, other)
    )


def _is_identifying(cells: Collection[str]) -> bool:
    """Whether most rows have a value of their own, and most values are neither dates nor have decimals."""
    filled = [cell for cell in cells if cell]
    if 2 * len(filled) < len(cells) or len(set(filled)) <= _DISTINCT * len(filled):
        return False
    return 2 * sum(
        is_date(cell) or (number(cell) is not None and not _is_whole(cell)) for cell in filled
    ) < len(cells)


def _is_whole(cell: str) -> bool:
    bare = whole(cell)
    return bare.isascii() and bare.isdigit() and len(bare) <= _LONGEST
