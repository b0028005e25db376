"""A workbook's sheets as rows of text, each cell as a person sees it."""

from __future__ import annotations

import datetime
import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from pipeline.errors import DataError, UsageError, nearest
from pipeline.tables.rows import Fits

UNCOMPUTED: Final = "#UNCOMPUTED!"
"""The text of a formula's cell whose result the file doesn't hold."""

_ALL_ZEROS: Final = re.compile(r"0+")
_PERCENT: Final = re.compile(r"^[0#.,]*%$")
_FORMULA: Final = re.compile(rb"<f[ >/]")
_MERGED: Final = re.compile(rb"<mergeCell |<row [^>]*hidden=")
"""What is told of a sheet only where it is read as a whole: merged cells and hidden rows."""
_TRIED_ROWS: Final = 200
"""The header is looked for among the first filled rows; so many rows are searched for those: a choice."""


class NoSuchSheet(UsageError):
    """The sheet that was named isn't there."""


class SeveralSheets(UsageError):
    """More than one sheet has the columns, and nobody said which is meant; `names` are those."""

    def __init__(self, names: Sequence[str], hidden: Sequence[str]) -> None:
        listed = " and ".join(f"{name!r}{' (hidden)' if name in hidden else ''}" for name in names)
        super().__init__(f"the sheets {listed} all have the columns, and `cohort.sheet` names none")
        self.names = tuple(names)


class _Cell(Protocol):
    value: object
    number_format: str
    data_type: str


def sheet_of(path: Path, wanted: str | None, fits: Fits) -> Sheet:
    """The sheet named `wanted`, else the one whose first rows fit, else the first that has rows.

    Raises:
        DataError: no readable workbook.
        NoSuchSheet: there is none of that name; the nearest is named.
        SeveralSheets: the first rows of several fit.
    """
    sheets = _Workbook(path).sheets()
    if wanted is not None:
        if wanted not in sheets:
            raise NoSuchSheet(f"{path.name} has no sheet '{wanted}' ({nearest(wanted, sheets)}).")
        return sheets[wanted]
    filled = [name for name, sheet in sheets.items() if any(any(row) for _, row in sheet.head())]
    fitting = [name for name in filled if fits(sheets[name].head())]
    if len(fitting) > 1:
        raise SeveralSheets(fitting, hidden=[name for name in fitting if sheets[name].is_hidden])
    if not sheets:
        raise DataError(f"The table {path.name} has no sheet of rows. Save it again, or as CSV.")
    return sheets[next(iter([*fitting, *filled, *sheets]))]


class _Workbook:
    """An open workbook; formulas and merged cells cost a second reading only where there are any."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        try:
            formulas, merged = _contents(data)
            self._values = _load(data, data_only=True, read_only=not merged)
            self._formulas = _load(data, data_only=False, read_only=True) if formulas else None
        except (OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, zipfile.BadZipFile):
            # what the library trips over where a part is missing, empty or no XML
            raise DataError(
                f"The table {path.name} is not a readable XLSX file. Save it again, or as CSV."
            ) from None

    def sheets(self) -> Mapping[str, Sheet]:
        """The sheets by name, in their order."""
        formulas = self._formulas
        return {
            sheet.title: Sheet(sheet, None if formulas is None else formulas[sheet.title])
            for sheet in self._values.worksheets
        }


class Sheet:
    """One sheet: the values, and the formulas where the workbook has any."""

    def __init__(self, values: Any, formulas: Any) -> None:
        self._values, self._formulas = values, formulas
        self.name: str = values.title
        self.is_hidden = getattr(values, "sheet_state", "visible") != "visible"
        for sheet in (values, formulas):
            if hasattr(sheet, "reset_dimensions"):  # some programs write a wrong size
                sheet.reset_dimensions()
        self._merged = {
            (row, area.min_col): area.min_row
            for area in getattr(getattr(values, "merged_cells", None), "ranges", ())
            for row in range(area.min_row + 1, area.max_row + 1)
            if area.min_col == area.max_col  # one value for several rows; across columns it is a title
        }

    def hides(self, line: int) -> bool:
        """Whether nobody sees a row who opens the workbook."""
        rows = getattr(self._values, "row_dimensions", {})
        return self.is_hidden or (line in rows and bool(rows[line].hidden))

    def head(self) -> list[tuple[int, list[str]]]:
        """The first rows, enough to find a header."""
        return list(itertools.islice(self.rows(), _TRIED_ROWS))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row as text."""
        formulas = self._formulas.iter_rows() if self._formulas is not None else itertools.repeat(())
        above: dict[int, str] = {}
        for line, (row, written) in enumerate(zip(self._values.iter_rows(), formulas, strict=False), start=1):
            texts = [_text(cell) for cell in row]
            for place, cell in enumerate(written):
                if place < len(texts) and not texts[place] and cell.data_type == "f":
                    texts[place] = UNCOMPUTED
            for place in range(len(texts)):
                if (line, place + 1) in self._merged:
                    texts[place] = above.get(place, "")
            above = dict(enumerate(texts)) if self._merged else above
            yield line, texts


def _load(data: bytes, *, data_only: bool, read_only: bool) -> Any:
    import openpyxl

    return openpyxl.load_workbook(io.BytesIO(data), data_only=data_only, read_only=read_only)


def _contents(data: bytes) -> tuple[bool, bool]:
    """Whether any sheet has formulas, and whether any has merged cells or hidden rows."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
    return any(_FORMULA.search(sheet) for sheet in sheets), any(_MERGED.search(sheet) for sheet in sheets)


def _text(cell: _Cell) -> str:
    """A cell as the person saw it: 7 in a cell formatted `0000` is 0007, 123.0 is 123, 0.5 in `0%` 50%."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, float | int) and _PERCENT.search(cell.number_format or ""):
        return f"{value * 100:.12g}%"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        width = len(cell.number_format) if _ALL_ZEROS.fullmatch(cell.number_format or "") else 0
        return str(value).zfill(width)
    return str(value)
