"""A table of predictions from elsewhere whose truth is a measured number: each model's numbers, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pipeline.contracts.predictions import PREDICTED, TRUTH, Origin
from pipeline.errors import DataError, nearest
from pipeline.tables.words import NOT_AVAILABLE, number
from pipeline.tasks.regression.predictions import ENDS, Predictions, checked
from pipeline.tasks.sheet import Sheet, require_one_decimal_sign

if TYPE_CHECKING:
    import pandas as pd

Read = tuple[Predictions, tuple[str, ...]]
"""A checked table, and what was changed in reading."""

_FEW: Final = (
    20  # levels: of a truth in whole numbers, up to so many are classes unless it is predicted as one
)
_SCORE: Final = "score_"


def fits(sheet: Sheet) -> bool:
    """Whether the table is of a regression: its truth is a number of many levels, no class has a score."""
    column = sheet.columns.truth or TRUTH
    if column not in sheet.table.columns or sheet.columns.positive:
        return False
    words = {word for word in sheet.table.column(column) if word.casefold() not in NOT_AVAILABLE}
    if not words or any(number(word) is None for word in words):
        return False
    if any(_SCORE + word in sheet.table.columns for word in words):
        return False  # classes that are called by numbers
    whole = all(float(number(word) or 0).is_integer() for word in words)
    return len(words) > _FEW or not whole or (len(words) > 2 and PREDICTED in sheet.table.columns)


def require_table(sheet: Sheet) -> None:
    """Nothing, if a column holds what was predicted. Raises DataError with the command that names it."""
    for column in _columns(sheet).values():
        if column not in sheet.table.columns:
            there = [name for name in sheet.table.columns if name != (sheet.columns.truth or TRUTH)]
            example = sheet.command({"SCORE": "column"})
            raise DataError(
                f"{sheet.name}: a table of regression (the truth is a measured number), and there is no "
                f"column '{column}' ({nearest(column, there)}). Say which one holds the predicted number: "
                f"`{example}`."
            )


def read_table(sheet: Sheet, frame: pd.DataFrame) -> dict[str, Read]:
    """The numbers of each model by its name, "" for a single one; `frame` has the rows without them.

    Raises DataError (file, line, column, what to do) when the table can't be used.
    """
    if not (frame[TRUTH] != "").any():
        raise DataError(f"{sheet.name}: no row has a truth, so nothing can be measured.")
    origin = Origin(sheet.name, sheet.table.lines)
    return {name: _read(sheet, frame, column, origin) for name, column in _columns(sheet).items()}


def _columns(sheet: Sheet) -> dict[str, str]:
    """The column of each model's numbers, by its name."""
    there, given = sheet.table.columns, sheet.columns
    if given.models:
        return {name: name if name in there else f"{PREDICTED}_{name}" for name in given.models}
    return {"": given.score or PREDICTED}


def _read(sheet: Sheet, frame: pd.DataFrame, column: str, origin: Origin) -> Read:
    cells = {TRUTH: tuple(frame[TRUTH]), PREDICTED: sheet.column(column)}
    cells |= {
        name: sheet.column(name) for name in ENDS if name in sheet.table.columns and column == PREDICTED
    }
    called = {TRUTH: sheet.columns.truth or TRUTH, PREDICTED: column}
    for name, words in cells.items():
        require_one_decimal_sign(sheet, called.get(name, name), words)
    commas = [name for name, words in cells.items() if any("," in word for word in words)]
    notes: tuple[str, ...] = (f"decimal commas were read in {', '.join(commas)}",) if commas else ()
    plain = {name: _with_points(words) for name, words in cells.items()}
    failed = [not word for word in plain[PREDICTED]]
    if "status" not in frame and any(failed):
        plain["status"] = ["failed" if none else "ok" for none in failed]
        notes += (f"{sum(failed)} rows without a predicted number count as failed",)
    return checked(frame.assign(**plain), origin), notes


def _with_points(words: Sequence[str]) -> list[str]:
    """The words, numbers with a decimal point."""
    return [word if (value := number(word)) is None else f"{value:.15g}" for word in words]
