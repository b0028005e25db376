"""A foreign table, read whole: each model's predictions as a checked table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline import tables
from pipeline.contracts.predictions import GROUP, LOGIT, SCORE, Origin, Predictions, checked
from pipeline.errors import DataError, UsageError
from pipeline.foreign import columns as named
from pipeline.foreign.columns import Columns, Sheet
from pipeline.foreign.models import Scored, models_of
from pipeline.foreign.questions import refuse_other_tasks, refuse_regression
from pipeline.foreign.scores import probabilities

if TYPE_CHECKING:
    import pandas as pd

_KEPT: Final = ("part", "status", "reason")


@dataclass(frozen=True)
class Foreign:
    """The predictions of each model by its name ("" for a single one), and what was changed in reading."""

    path: Path
    columns: Columns
    models: Mapping[str, Predictions]
    notes: tuple[str, ...]

    @property
    def first(self) -> Predictions:
        """Those of the first model."""
        return next(iter(self.models.values()))


def read(path: Path, columns: Columns) -> Foreign:
    """The table in `path` (CSV, TSV or XLSX).

    Raises UsageError when there is no such file, DataError (file, line, column, what to do) when the table
    can't be used, or answers another question than which class a case is of.
    """
    sheet = Sheet(path, _table(path), columns)
    refuse_other_tasks(sheet)
    frame, notes = _frame(sheet)
    words = sorted(set(frame["truth"]) - {""})
    refuse_regression(sheet, words)
    if not words:
        raise DataError(f"{sheet.name}: no row has a truth, so nothing can be measured.")
    found = {}
    for name, scored in models_of(sheet, words).items():
        found[name], told = _predictions(sheet, frame, scored, keep_logits=not name)
        notes += [f"{name}: {note}" if name else note for note in told]
    return Foreign(path, columns, found, tuple(dict.fromkeys(notes)))


def _table(path: Path) -> tables.Table:
    if not path.exists():
        raise UsageError(f"There is no table {path}. Mend the path.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder. Name one table: a CSV, TSV or XLSX file.")
    try:
        return tables.read(path)
    except OSError as error:
        raise UsageError(f"The table {path} can't be read: {error.strerror}.") from None


def _frame(sheet: Sheet) -> tuple[pd.DataFrame, list[str]]:
    """The rows under their usual names, without scores; and what was assumed."""
    import pandas as pd

    identities, notes = named.cases(sheet)
    there = {
        "case_id": identities,
        "patient_id": named.patients(sheet),
        "truth": named.truth(sheet),
        **{
            name: sheet.table.column(name)
            for name in sheet.table.columns
            if name in _KEPT or name.startswith(GROUP)
        },
    }
    return pd.DataFrame(there, dtype=str), list(notes)


def _predictions(
    sheet: Sheet, frame: pd.DataFrame, scored: Scored, *, keep_logits: bool
) -> tuple[Predictions, tuple[str, ...]]:
    origin = Origin(sheet.name, sheet.table.lines)
    given = np.asarray(frame.get("status", "ok") == "ok") & np.ones(len(frame), dtype=np.bool_)
    cells = {column: sheet.column(column) for column in scored.columns.values()}
    numbers, notes = probabilities(cells, origin, given=given)
    of_class = dict(zip(scored.columns, numbers.T, strict=True))
    for name in scored.classes:
        of_class.setdefault(name, 1 - next(iter(of_class.values())))
    more = {SCORE + name: [_text(value) for value in of_class[name]] for name in scored.classes}
    logits = [LOGIT + name for name in scored.classes]
    if keep_logits and all(name in sheet.table.columns for name in logits):
        more |= {name: list(sheet.table.column(name)) for name in logits}
    [(of, column), *others] = scored.columns.items()
    if not (others or column.endswith(of) or sheet.columns.positive):
        notes += (f"'{column}' is taken for the score of '{of}'",)
    return checked(frame.assign(**more), origin), notes


def _text(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))
