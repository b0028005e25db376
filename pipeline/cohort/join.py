"""Finds out which column of the table names the scans, and which scan each row is about.

Scans are known by keyed pseudonyms only, so a value of the table is made a pseudonym under the
same key and looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from pipeline.errors import DataError
from pipeline.tables import Table

KINDS: Final = {
    "sop": "SOP instance UID",
    "path": "path of the file",
    "series": "series instance UID",
    "name": "name of the file",
    "stem": "name of the file without its ending",
    "accession": "accession number",
    "study": "study instance UID",
    "patient": "patient ID",
}
"""What a column can name, the most specific first."""

ONE_SCAN: Final = frozenset({"sop", "path", "name", "stem"})
"""Kinds that name one file: a value that fits several scans names none of them."""

_WHOLE: Final = re.compile(r"(\d+)\.0+")
_PADDED_WIDTHS: Final = range(2, 17)
_NEARLY_AS_GOOD: Final = 0.5


@dataclass(frozen=True)
class Known:
    """The identifiers of all scans: `index[kind][pseudonym]` is a set of case_ids.

    `pseudonym(kind, value)` makes a value of the table comparable; `folder` is the table's folder
    as seen from RAW ("" when it lies elsewhere), for paths written from there.
    """

    index: Mapping[str, Mapping[str, frozenset[str]]]
    pseudonym: Callable[[str, str], str]
    folder: str = ""

    @cached_property
    def total(self) -> int:
        """How many scans have an identifier."""
        return len(frozenset[str]().union(*(ids for words in self.index.values() for ids in words.values())))

    def cases(self, kind: str, value: str) -> frozenset[str]:
        """The scans that `value` names as `kind`; the first of its spellings that is known counts."""
        index = self.index.get(kind)
        if not index:
            return frozenset()
        for spelling in _spellings(kind, value, self.folder):
            found = index.get(self.pseudonym(kind, spelling), frozenset())
            if len(found) == 1 or (found and kind not in ONE_SCAN):
                return found
        return frozenset()


@dataclass(frozen=True)
class Join:
    """Which scans each row of the table is about (case_ids, none where unknown), and how that was found."""

    column: str
    kind: str
    cases: tuple[frozenset[str], ...]
    note: str = ""

    @property
    def matched(self) -> int:
        """How many rows are about a scan."""
        return sum(bool(cases) for cases in self.cases)

    @property
    def reached(self) -> int:
        """How many scans have a row."""
        return len(frozenset[str]().union(*self.cases))

    def sentence(self) -> str:
        """The join, told to the person."""
        rows = f"{self.matched:,} of {len(self.cases):,} rows"
        return f"joined by column '{self.column}' ({KINDS[self.kind]}{self.note}): {rows}"


def join_by(table: Table, column: str, *, kind: str, known: Known) -> Join:
    """The join by a column and what it names.

    Raises:
        DataError: there is no such column, or none of its values is known.
    """
    join = _join(column, kind, table.column(column), known)
    if not join.matched:
        raise DataError(
            f"No value of the column '{column}' is the {KINDS[kind]} of a scan that was read. "
            "Check `cohort.id`, or set it to 'auto' to have the column found."
        )
    return join


def find_join(table: Table, columns: Sequence[str], *, known: Known) -> Join:
    """The best join by any of `columns`: the most specific kind that reaches nearly as many scans as any.

    Spreadsheets drop leading zeros: when nothing matches as written, numbers are also tried without
    leading zeros and filled up to a common width.

    Raises:
        DataError: no column names scans.
    """
    as_written = {column: table.column(column) for column in columns}
    joins = _candidates(as_written, known, note="")
    if not joins:
        joins = _candidates(_without_zeros(as_written), known, note=", without leading zeros")
    for width in _PADDED_WIDTHS:
        if not joins:
            joins = _candidates(_padded(as_written, width), known, note=f", filled to {width} digits")
    if not joins:
        raise DataError(_nothing_found(columns, known))
    best = max(join.reached for join in joins)
    good = [join for join in joins if join.reached >= _NEARLY_AS_GOOD * best]
    return min(
        good, key=lambda join: (list(KINDS).index(join.kind), -join.reached, columns.index(join.column))
    )


def _candidates(values: Mapping[str, Sequence[str]], known: Known, *, note: str) -> list[Join]:
    """The joins that match, most specific kind first, down to the first kind that can't be beaten."""
    joins: list[Join] = []
    for kind in KINDS:
        tried = [_join(column, kind, values[column], known, note) for column in values]
        joins += [join for join in tried if join.matched]
        if any(join.reached >= _NEARLY_AS_GOOD * known.total for join in tried):
            break
    return joins


def _join(column: str, kind: str, values: Sequence[str], known: Known, note: str = "") -> Join:
    found = {value: known.cases(kind, value) for value in set(values) if value}
    return Join(column, kind, tuple(found.get(value, frozenset()) for value in values), note)


def _without_zeros(values: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {
        column: [v.lstrip("0") if v.isdigit() else "" for v in column_values]
        for column, column_values in values.items()
    }


def _padded(values: Mapping[str, Sequence[str]], width: int) -> dict[str, list[str]]:
    return {
        column: [
            _whole(v).zfill(width) if _whole(v).isdigit() and len(_whole(v)) <= width else "" for v in given
        ]
        for column, given in values.items()
    }


def _spellings(kind: str, value: str, folder: str) -> Iterator[str]:
    """The ways one value may be written where `kind` is read from the scans."""
    if kind == "path":
        yield from _paths(value, folder)
    elif kind in {"name", "stem"}:
        name = PurePosixPath(value.replace("\\", "/")).name
        yield name
        if kind == "stem":
            yield PurePosixPath(name).stem
            yield f"{name}.nii"  # what is left of the name of a `.nii.gz` file without its last ending
    else:
        yield value
        if _whole(value) != value:
            yield _whole(value)


def _paths(value: str, folder: str) -> Iterator[str]:
    """The path from the table's folder, as it stands, and without each of its leading folders."""
    parts = [part for part in value.replace("\\", "/").split("/") if part not in {"", "."}]
    if folder:
        yield "/".join((folder, *parts))
    for start in range(len(parts)):
        yield "/".join(parts[start:])


def _whole(value: str) -> str:
    """123 for the 123.0 that spreadsheets make of it."""
    match = _WHOLE.fullmatch(value)
    return match.group(1) if match else value


def _nothing_found(columns: Sequence[str], known: Known) -> str:
    kinds = [KINDS[kind] for kind in KINDS if known.index.get(kind)]
    tried = ", ".join(f"'{column}'" for column in columns) or "none"
    return (
        f"No column of the table names the scans (tried {tried}). The scans can be named by their "
        f"{', '.join(kinds) or 'nothing: no scan was read'}. Add such a column, or check that the table "
        "belongs to these scans."
    )
