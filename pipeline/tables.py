"""Reads a table that people bring (CSV, TSV or XLSX) as text, whatever made it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pipeline.errors import DataError, nearest

_DELIMITERS: Final = ",;\t|"
_SNIFFED_LINES: Final = 50
_DECLARED_DELIMITER: Final = re.compile(r"sep=(.)\r?\n")
_ALL_ZEROS: Final = re.compile(r"0+")


@dataclass(frozen=True)
class Table:
    """Rows of text, trimmed, without the empty ones; `lines[i]` is where row i stands in the file."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, name: str) -> tuple[str, ...]:
        """The values of a column, one per row.

        Raises:
            DataError: there is no such column; the nearest is named.
        """
        if name not in self.columns:
            raise DataError(f"The table has no column '{name}' ({nearest(name, self.columns)}).")
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)


def read(path: Path) -> Table:
    """The table in `path`; an XLSX file gives its first sheet.

    Text may be UTF-8, UTF-16 or Latin-1, the delimiter a comma, semicolon, tab or bar.

    Raises:
        DataError: not a table: no rows, a column twice, a row with more values than columns.
    """
    suffix = path.suffix.lower()
    if suffix in {".xls", ".ods"}:
        raise DataError(f"The table {path.name} is a {suffix} file. Save it as .xlsx or .csv.")
    return _table(_sheet_rows(path) if suffix == ".xlsx" else _text_rows(path.read_bytes()), path.name)


def lines_told(lines: Iterable[int]) -> str:
    """Line numbers for people: the first ten, and how many more.

    >>> lines_told([7, 3])
    'lines 3, 7'
    """
    ordered = sorted(set(lines))
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return f"line{'s' if len(ordered) > 1 else ''} {', '.join(map(str, ordered[:10]))}{more}"


def _table(numbered: Iterator[tuple[int, Sequence[str]]], name: str) -> Table:
    filled = [(line, [value.strip() for value in row]) for line, row in numbered]
    filled = [(line, row) for line, row in filled if any(row)]
    if len(filled) < 2:
        raise DataError(f"The table {name} has no rows under its header.")
    header = filled[0][1]
    while header and not header[-1]:
        header.pop()
    columns = tuple(value or f"column {place}" for place, value in enumerate(header, start=1))
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise DataError(f"The table {name} has the column '{twice[0]}' twice. Rename one of them.")
    long = [line for line, row in filled[1:] if any(row[len(columns) :])]
    if long:
        raise DataError(
            f"The table {name} has more values than its {len(columns)} columns in {lines_told(long)}. "
            "Put values that hold the delimiter in double quotes."
        )
    rows = tuple(tuple(row[: len(columns)] + [""] * (len(columns) - len(row))) for _, row in filled[1:])
    return Table(columns, rows, tuple(line for line, _ in filled[1:]))


def _text_rows(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    text = _decoded(data)
    declared = _DECLARED_DELIMITER.match(text)  # the first line some spreadsheets write
    delimiter = declared.group(1) if declared else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    for row in reader:
        if not (declared and start == 1):
            yield start, row
        start = reader.line_num + 1


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace")
    if data[:1] == b"\0":
        return data.decode("utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _delimiter(text: str) -> str:
    """The delimiter under which most rows have as many values as the header, and most columns."""
    head = "".join(text.splitlines(keepends=True)[:_SNIFFED_LINES])

    def fitness(delimiter: str) -> tuple[bool, float, int]:
        rows = [row for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter) if any(row)]
        width = len(rows[0]) if rows else 0
        same = sum(len(row) == width for row in rows) / max(1, len(rows))
        return width > 1, same, width

    return max(_DELIMITERS, key=fitness)


class _Cell(Protocol):
    value: object
    number_format: str


def _sheet_rows(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError):
        raise DataError(
            f"The table {path.name} is not a readable XLSX file. Save it again, or as CSV."
        ) from None
    try:
        for line, row in enumerate(book.worksheets[0].iter_rows(), start=1):
            yield line, [_cell_text(cell) for cell in row]
    finally:
        book.close()


def _cell_text(cell: _Cell) -> str:
    """A cell as the person saw it: 7 in a cell formatted `0000` is 0007, 123.0 is 123."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        width = len(cell.number_format) if _ALL_ZEROS.fullmatch(cell.number_format or "") else 0
        return str(value).zfill(width)
    return str(value)
