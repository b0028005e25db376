"""A table as text: its encoding, its delimiter, its rows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Final

from pipeline.errors import DataError
from pipeline.tables.rows import Fits, Rows

_DELIMITERS: Final = ",;\t|"
_SNIFFED_LINES: Final = 50  # a choice: enough for a delimiter to show by the same count in each line
_LONGEST_VALUE: Final = 1 << 24
"""A remark may be long; Python's own bound of 131 072 characters would end the reading."""
_DECLARED_DELIMITER: Final = re.compile(r"sep=(.)\r?\n")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")


def rows(data: bytes, name: str, fits: Fits) -> Rows:
    """The rows of a text; of the delimiters, one under which the wanted header `fits` is taken first.

    Raises:
        DataError: a double quote is never closed, so that the rest of the file would be one value; or a value
            is longer than any text in a table.
    """
    text = _decoded(data)
    declared = _DECLARED_DELIMITER.match(text)  # the first line some spreadsheets write
    delimiter = declared.group(1) if declared else _delimiter(text, fits)
    _require_closed_quotes(text, delimiter, name)
    try:
        numbered = _numbered(text, delimiter)
    except csv.Error:
        raise DataError(
            f"The table {name} is no text of rows and columns. Save it as .csv or .xlsx."
        ) from None
    return numbered[1:] if declared else numbered


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return data.decode("utf-32", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace")
    if data[:1] == b"\0":
        return data.decode("utf-16-be", "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _delimiter(text: str, fits: Fits) -> str:
    """The delimiter under which the header fits, most rows are equally wide, and wide at all."""
    head = "".join(
        match.group() for _, match in zip(range(_SNIFFED_LINES), _LINE.finditer(text), strict=False)
    )

    def fitness(delimiter: str) -> tuple[bool, bool, float, int]:
        filled = [(line, row) for line, row in _numbered(head, delimiter) if any(row)]
        width, same = Counter(len(row) for _, row in filled).most_common(1)[0] if filled else (0, 0)
        return width > 1, fits(filled), same / max(1, len(filled)), width

    return max(_DELIMITERS, key=fitness)


def _numbered(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """All rows, each with the line it begins in."""
    csv.field_size_limit(_LONGEST_VALUE)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    numbered = []
    start = 1
    for row in reader:
        numbered.append((start, row))
        start = reader.line_num + 1
    return numbered


def _require_closed_quotes(text: str, delimiter: str, name: str) -> None:
    """Nothing, unless the text ends within double quotes."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for _ in reader:
            start = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise DataError(
                f"The table {name} has a double quote in line {start} that is never closed, so that all "
                "that follows is one value. Close it, or write it twice where it belongs to the value."
            ) from None
