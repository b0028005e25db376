"""In which fold of a cross-validation each row of a table was held out: numbered, and checked by patient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pipeline.contracts.predictions import FOLD, Origin
from pipeline.errors import DataError
from pipeline.tasks.sheet import Sheet

if TYPE_CHECKING:
    import pandas as pd

FEWEST: Final = 2
_LEARNT_FROM: Final = ("train", "validation")
"""The parts whose rows were not held out."""
_OTHERWISE: Final = "If the column tells something else, give it another name"


def column_of(sheet: Sheet) -> str:
    """The column of the folds, by its usual name or the one that was given; empty without one."""
    return sheet.columns.fold or (FOLD if FOLD in sheet.table.columns else "")


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """The folds by number, empty ones left empty: a fold may be called by a patient's name.

    Those that are numbered from 0 or from 1 on keep their numbers.

    >>> numbered(["0", "2", "1", ""]), numbered(["b", "a", "b"]), numbered(["7", "30", "7"])
    (('0', '2', '1', ''), ('2', '1', '2'), ('1', '2', '1'))
    """
    known = sorted({name for name in names if name}, key=_natural)
    first = 0 if [_whole(name) for name in known] == list(range(len(known))) else 1
    number_of = {name: str(number) for number, name in enumerate(known, start=first)}
    return tuple(number_of.get(name, "") for name in names)


def require_apart(sheet: Sheet, frame: pd.DataFrame) -> None:
    """Nothing, if every row that was held out has its fold, and every patient one; `frame` is checked.

    Raises DataError (file, line, column, what to do).
    """
    column, origin = column_of(sheet), Origin(sheet.name, sheet.table.lines)
    held_out = ~frame["part"].isin(_LEARNT_FROM)
    origin.refuse_first(
        held_out & (frame[FOLD] == ""),
        f"'{column}' is empty. Say in which fold the case was held out. {_OTHERWISE}",
    )
    rows = frame[held_out]
    if rows[FOLD].nunique() < FEWEST:
        raise DataError(
            f"{sheet.name}: '{column}' names one fold only, and a cross-validation has {FEWEST} or more. "
            "Take the column out: the rows are then scored as those of one network."
        )
    crossing = rows.groupby("patient_id")[FOLD].nunique()
    origin.refuse_first(
        held_out & frame["patient_id"].isin(crossing[crossing > 1].index),
        f"the patient has rows in another fold ('{column}'), too, so a network was asked about a patient "
        f"whom it had learned from. Draw the folds by patient, train and predict anew. {_OTHERWISE}",
    )


def _natural(name: str) -> tuple[bool, int, str]:
    whole = _whole(name)
    return whole is None, whole or 0, name.casefold()


def _whole(name: str) -> int | None:
    """The whole number that a name is, also as a spreadsheet writes it."""
    return int(name.partition(".")[0]) if re.fullmatch(r"\d{1,9}(\.0+)?", name) else None
