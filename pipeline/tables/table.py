"""Reads a table of labels (CSV, TSV or XLSX) as text, whatever made it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pipeline.errors import DataError, nearest
from pipeline.invisible import visible
from pipeline.tables import texts, workbook
from pipeline.tables.rows import Rows, column_letters, trimmed

HEADER_WITHIN: Final = 20
"""A header is looked for in so many rows: a title and a few remarks may stand above it: a choice."""

_WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm"})
_FOREIGN: Final = {
    b"\xd0\xcf\x11\xe0": "a .xls file",
    b"\x1f\x8b": "compressed (gzip)",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF file",
}
"""What the first bytes say of files that are no text and no workbook that is read here."""


_PLACEHOLDER: Final = re.compile(r"column \d+")


@dataclass(frozen=True)
class Table:
    """Rows of text, trimmed, without the empty ones; `lines[i]` is where row i stands in the file.

    `unnamed` are the columns that have no header, which go by `column 1`, `column 2` and so on; `sheet`
    is the sheet of a workbook. `joined` are columns made of others, which stand in no cell of the file.
    `hidden` are the lines that nobody sees who opens the workbook: all of a sheet that is hidden itself.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    unnamed: frozenset[str] = frozenset()
    sheet: str | None = None
    joined: frozenset[str] = frozenset()
    hidden: frozenset[int] = frozenset()

    def column(self, name: str) -> tuple[str, ...]:
        """The values of a column, one per row.

        Raises:
            DataError: there is no such column; the nearest is named.
        """
        if name not in self.columns:
            raise DataError(f"The table has no column '{name}' ({nearest(name, self.columns)}).")
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)

    def cell(self, column: str, line: int) -> str:
        """Where a value stands, told to a person: by cell in a workbook, by line in a text."""
        if self.sheet is None:
            return f"line {line}"
        if column in self.joined:
            return f"row {line} of the sheet '{self.sheet}'"
        letters = column_letters(self.columns.index(column))
        return f"cell {letters}{line} of the sheet '{self.sheet}'"

    def with_column(self, name: str, cells: Sequence[str]) -> Table:
        """The table with a further column that is made of others, one cell a row."""
        rows = tuple((*row, cell) for row, cell in zip(self.rows, cells, strict=True))
        return replace(self, columns=(*self.columns, name), rows=rows, joined=self.joined | frozenset({name}))


def read(path: Path, *, wanted: Collection[str] = (), sheet: str | None = None) -> Table:
    """The table in `path`, whose header is the first row that has all `wanted` columns, else the first row.

    Text may be UTF-8, UTF-16 or Windows-1252, the delimiter a comma, semicolon, tab or bar. A workbook
    gives the sheet named, else the one that has the wanted columns.

    Raises:
        DataError: not a table: no rows, a column twice, a row with more values than columns.
        SeveralSheets: more than one sheet has the wanted columns.
        NoSuchSheet: there is none of that name, or the file is no workbook.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    foreign_kind = next((kind for magic, kind in _FOREIGN.items() if start.startswith(magic)), None)
    suffix = path.suffix.lower()
    if foreign_kind or suffix in {".xls", ".ods"}:
        raise DataError(
            f"The table {path.name} is {foreign_kind or f'a {suffix} file'}. Save it as .xlsx or .csv."
        )

    def fits(head: Rows) -> bool:
        return _header_at(head, wanted) is not None

    if suffix in _WORKBOOKS or start == b"PK\x03\x04":
        chosen = workbook.sheet_of(path, sheet, fits)
        table = _table(chosen.rows(), path.name, wanted, sheet=chosen.name)
        return replace(table, hidden=frozenset(filter(chosen.hides, table.lines)))
    if sheet is not None:
        raise workbook.NoSuchSheet(f"{path.name} is no workbook and has no sheets. Leave `sheet` out.")
    return _table(texts.rows(path.read_bytes(), path.name, fits), path.name, wanted)


def is_placeholder(column: str) -> bool:
    """Whether this is what a column without a header goes by.

    >>> is_placeholder("column 2"), is_placeholder("label")
    (True, False)
    """
    return bool(_PLACEHOLDER.fullmatch(column))


def line_numbers(lines: Iterable[int]) -> str:
    """Line numbers for people: the first ten, and how many more.

    >>> line_numbers([7, 3])
    'lines 3, 7'
    """
    ordered = sorted(set(lines))
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return f"line{'s' if len(ordered) > 1 else ''} {', '.join(map(str, ordered[:10]))}{more}"


def _table(numbered: Rows, name: str, wanted: Collection[str], *, sheet: str | None = None) -> Table:
    filled = list(_filled(numbered))
    head = filled[:HEADER_WITHIN]
    at = _header_at(head, wanted)
    if at is None:
        at = _likely_header(head) if wanted else 0
    header = [_heading(value, wanted) for value in filled[at][1]] if filled else []
    body = filled[at + 1 :]
    if not body:
        raise DataError(f"The table {name} has no rows under its header.")
    while header and not header[-1]:
        header.pop()
    columns = tuple(value or f"column {place}" for place, value in enumerate(header, start=1))
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise DataError(f"The table {name} has the column '{twice[0]}' twice. Rename one of them.")
    long = [line for line, row in body if any(row[len(columns) :])]
    if long:
        raise DataError(
            f"The table {name} has more values than its {len(columns)} columns in {line_numbers(long)}. "
            "Put values that hold the delimiter in double quotes."
        )
    rows = tuple(tuple(row[: len(columns)] + [""] * (len(columns) - len(row))) for _, row in body)
    unnamed = frozenset(column for column, value in zip(columns, header, strict=True) if not value)
    return Table(columns, rows, tuple(line for line, _ in body), unnamed, sheet)


def _heading(value: str, wanted: Collection[str]) -> str:
    """A column's name as people see it, unless it is asked for as it stands."""
    return value if value in wanted else " ".join(visible(value).split())


def _filled(numbered: Rows) -> Iterator[tuple[int, list[str]]]:
    for line, row in numbered:
        values = [trimmed(value) for value in row]
        if any(values):
            yield line, values


def _header_at(head: Iterable[tuple[int, Sequence[str]]], wanted: Collection[str]) -> int | None:
    """Which of the first filled rows has all wanted columns, None where none has or none are wanted."""
    needed = set(wanted)
    if not needed:
        return None
    for at, (_, row) in enumerate(itertools.islice(_filled(head), HEADER_WITHIN)):
        if needed.issubset({_heading(value, wanted) for value in row}):
            return at
    return None


def _likely_header(head: Sequence[tuple[int, Sequence[str]]]) -> int:
    """The first row as wide as most, where no row has the wanted columns: what the error then names."""
    widths = [sum(map(bool, row)) for _, row in head]
    usual = Counter(widths).most_common(1)[0][0] if widths else 0
    return next((at for at, width in enumerate(widths) if width >= usual), 0)
