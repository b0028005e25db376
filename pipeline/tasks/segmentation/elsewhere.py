"""A table from elsewhere with the agreement of masks, a row a case: each model's numbers, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.contracts.predictions import PREDICTED, TRUTH, Origin, checked
from pipeline.errors import DataError, nearest
from pipeline.tables import yes_no
from pipeline.tables.words import number
from pipeline.tasks.segmentation.predictions import DICE, MEASURED, VOLUME_PREDICTED, Predictions, of_frame
from pipeline.tasks.segmentation.structures import ABSENT, PRESENT, UNKNOWN
from pipeline.tasks.sheet import Sheet, require_one_decimal_sign, truths

if TYPE_CHECKING:
    import pandas as pd

Read = tuple[Predictions, tuple[str, ...]]
"""A checked table, and what was changed in reading."""

_HELD: Final = dict.fromkeys(["1.0", *yes_no.YES], PRESENT)
_ABSENT: Final = dict.fromkeys(["0.0", *yes_no.NO], ABSENT)
_SAID: Final = _HELD | _ABSENT


def fits(sheet: Sheet) -> bool:
    """Whether the table is of a segmentation: a structure has a column of truth and one of Dice."""
    prefixes = [f"{DICE}_", *(f"{model}_{DICE}_" for model in sheet.columns.models)]
    return any(f"{prefix}{name}" in sheet.table.columns for name in _names(sheet) for prefix in prefixes)


def require_table(sheet: Sheet) -> None:
    """Nothing, if each structure has a Dice. Raises DataError with the nearest name."""
    for prefix in _prefixes(sheet).values():
        for name in _names(sheet):
            column = f"{prefix}{DICE}_{name}"
            if column not in sheet.table.columns:
                raise DataError(
                    f"{sheet.name}: no column '{column}' ({nearest(column, sheet.table.columns)}), and there "
                    f"is '{TRUTH}_{name}'. Give the Dice of each structure that has a truth."
                )


def read_table(sheet: Sheet, frame: pd.DataFrame) -> dict[str, Read]:
    """The numbers of each model by its name, "" for a single one; `frame` has the rows without them.

    Raises DataError (file, line, column, what to do) when the table can't be used.
    """
    origin = Origin(sheet.name, sheet.table.lines)
    if not (frame[TRUTH] != "").any():
        raise DataError(f"{sheet.name}: no row has a truth, so nothing can be measured.")
    return {model: _read(sheet, frame, prefix, origin) for model, prefix in _prefixes(sheet).items()}


def _names(sheet: Sheet) -> tuple[str, ...]:
    return tuple(column.removeprefix(f"{TRUTH}_") for column in truths(sheet))


def _prefixes(sheet: Sheet) -> dict[str, str]:
    """What stands before the columns of each model, by its name."""
    return {model: f"{model}_" for model in sheet.columns.models} or {"": ""}


def _read(sheet: Sheet, frame: pd.DataFrame, prefix: str, origin: Origin) -> Read:
    names = _names(sheet)
    columns: dict[str, list[str]] = {}
    commas = set()
    for name in names:
        columns[f"{TRUTH}_{name}"] = _flags(sheet.column(f"{TRUTH}_{name}"), f"{TRUTH}_{name}", origin)
        for measure in MEASURED:
            column = f"{prefix}{measure}_{name}"
            if column in sheet.table.columns:
                words = sheet.column(column)
                require_one_decimal_sign(sheet, column, words)
                commas |= {column for word in words if "," in word}
                columns[f"{measure}_{name}"] = [_plain(word) for word in words]
    rows = frame.assign(**columns)
    notes = [f"decimal commas were read in {', '.join(sorted(commas))}"] if commas else []
    if "status" not in rows:
        rows, failed = _with_status(rows, names)
        notes += (
            [f"{failed} rows without a Dice count as failed: what they hold was missed"] if failed else []
        )
    for name in names:
        rows[f"{PREDICTED}_{name}"] = _predicted(sheet, rows, prefix, name, origin)
    return of_frame(checked(rows, origin), names, origin), tuple(notes)


def _with_status(rows: pd.DataFrame, names: tuple[str, ...]) -> tuple[pd.DataFrame, int]:
    """The rows with their state: those that lack the Dice of everything that the reference holds failed."""
    held = np.column_stack([np.asarray(rows[f"{TRUTH}_{name}"] == PRESENT) for name in names])
    given = np.column_stack([np.asarray(rows[f"{DICE}_{name}"] != "") for name in names])
    failed = held.any(axis=1) & ~(held & given).any(axis=1)
    return rows.assign(status=np.where(failed, "failed", "ok")), int(failed.sum())


def _predicted(sheet: Sheet, rows: pd.DataFrame, prefix: str, name: str, origin: Origin) -> list[str]:
    """Whether each prediction holds the structure: as the table says, else by its volume or its Dice."""
    failed = np.asarray(rows["status"] != "ok", dtype=np.bool_)
    column = f"{prefix}{PREDICTED}_{name}"
    if column in sheet.table.columns:
        cells = _flags(sheet.column(column), column, origin)
        return [ABSENT if none and not cell else cell for cell, none in zip(cells, failed, strict=True)]
    volume, dice = f"{VOLUME_PREDICTED}_{name}", f"{DICE}_{name}"
    volumes = list(rows[volume]) if volume in rows else [""] * len(rows)
    told = zip(map(number, volumes), map(number, rows[dice]), strict=True)
    cells = [_held_by(by_volume, by_dice) for by_volume, by_dice in told]
    unclear = np.array([not cell for cell in cells], dtype=np.bool_)
    origin.refuse_first(
        unclear & ~failed & np.asarray(rows[f"{TRUTH}_{name}"] != UNKNOWN),
        f"the Dice of {name} is 0 or empty, which doesn't tell whether anything was predicted. Give a column "
        f"'{column}' with 1 or 0, or '{prefix}{volume}'",
    )
    return [cell or ABSENT for cell in cells]


def _held_by(volume: float | None, dice: float | None) -> str:
    """The cell that a predicted volume, or else a Dice, stands for; empty where neither tells."""
    if dice or volume:
        return PRESENT
    return "" if volume is None else ABSENT


def _flags(words: tuple[str, ...], column: str, origin: Origin) -> list[str]:
    wrong = np.array([bool(word) and word.casefold() not in _SAID for word in words], dtype=np.bool_)
    first = next((word for word, bad in zip(words, wrong, strict=True) if bad), "")
    origin.refuse_first(wrong, f"'{column}' must be 1 or 0, or empty where it is unknown, and is '{first}'")
    return [_SAID.get(word.casefold(), "") for word in words]


def _plain(word: str) -> str:
    """The word as a number with a decimal point; a word for none as an empty cell."""
    if word.casefold() in ("nan", "na", "none"):
        return ""
    value = number(word)
    return word if value is None else f"{float(value):.15g}"
