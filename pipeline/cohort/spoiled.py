"""What a spreadsheet did to a column of identifiers, told where rows name no scan; no identifier is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from pipeline.cohort.days import days_of
from pipeline.tables import UNCOMPUTED, Table
from pipeline.tables.words import is_date

_POWER: Final = re.compile(r"\d([.,]\d+)?[eE]\+\d+")
_LONG: Final = re.compile(r"\d{16,}")
_KEPT: Final = 15
"""Digits that a spreadsheet keeps of a number; those behind become zeros."""
_FEWEST: Final = 3  # different ones, a choice: a few identifiers may end in zeros


def what_happened(table: Table, columns: Collection[str], rows: Collection[int] | None = None) -> str:
    """A sentence, with a space before, on each kind of accident in these rows (None: all); empty without any.

    Of all rows, a column that holds days in most is one of days.
    """
    among = range(len(table.rows)) if rows is None else rows
    return "".join(_of_column(table, column, among, most=rows is not None) for column in columns)


def unread_days(table: Table, columns: Collection[str], rows: Collection[int]) -> str:
    """A sentence, with a space before, on the cells of these rows that hold no day that is read."""
    told = ""
    for column in columns:
        cells = table.column(column)
        days = days_of(cells, cell_of=_cells_of(table, column))
        unread = [row for row in rows if cells[row] and not days[row]]
        if unread:
            first = table.cell(column, table.lines[unread[0]])
            told += (
                f" The column '{column}' has days that can't be read ({len(unread):,} of {len(rows):,} such "
                f"rows, first {first}): write them as 2020-12-31, not as spreadsheets count days (45231) and "
                "not with a year of two digits."
            )
    return told


def _cells_of(table: Table, column: str) -> Callable[[int], str]:
    """What says where the cell of a row stands."""
    return lambda row: table.cell(column, table.lines[row])


def _of_column(table: Table, column: str, rows: Collection[int], *, most: bool) -> str:
    cells = table.column(column)
    days = [row for row in rows if is_date(cells[row])]
    told = {
        "numbers that a spreadsheet shortened, such as 1.23E+15": (
            [row for row in rows if _POWER.fullmatch(cells[row])],
            "format it as text, and export it again",
        ),
        "days where an identifier may have stood, as spreadsheets make of 3-4": (
            days if most or 2 * len(days) <= len(rows) else [],
            "format it as text, and write them anew from where they came",
        ),
        "formulas without their results": (
            [row for row in rows if cells[row] == UNCOMPUTED],
            "open and save the file in a spreadsheet program, or save it as CSV",
        ),
        f"long numbers that all end in zeros, as spreadsheets keep {_KEPT} digits": (
            _rounded(cells, rows),
            "format it as text, and write them anew from where they came",
        ),
    }
    return "".join(
        f" The column '{column}' has {what} ({len(found):,} of {len(rows):,} such rows, first "
        f"{table.cell(column, table.lines[found[0]])}): {advice}."
        for what, (found, advice) in told.items()
        if found
    )


def _rounded(cells: tuple[str, ...], rows: Collection[int]) -> list[int]:
    long = [row for row in rows if _LONG.fullmatch(cells[row])]
    zeros = all(not cells[row][_KEPT:].strip("0") for row in long)
    return long if zeros and len({cells[row] for row in long}) >= _FEWEST else []
