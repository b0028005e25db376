"""A foreign table, read whole: each model's predictions as a checked table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline import tables
from pipeline.contracts.predictions import FOLD, GROUP, TRUTH
from pipeline.errors import DataError, UsageError
from pipeline.foreign import folds
from pipeline.tasks import sheet as named
from pipeline.tasks.contract import Predicted
from pipeline.tasks.registry import Task, task_of_table
from pipeline.tasks.sheet import Columns, Sheet

if TYPE_CHECKING:
    import pandas as pd

_AS_THEY_ARE: Final = ("part", "status", "reason")


@dataclass(frozen=True)
class Foreign:
    """The predictions of each model by its name ("" for a single one), and what was changed in reading."""

    path: Path
    columns: Columns
    task: Task
    models: Mapping[str, Predicted]
    notes: tuple[str, ...]

    @property
    def first(self) -> Predicted:
        """Those of the first model."""
        return next(iter(self.models.values()))


def read(path: Path, columns: Columns) -> Foreign:
    """The table in `path` (CSV, TSV or XLSX).

    Raises UsageError when there is no such file, DataError (file, line, column, what to do) when the table
    can't be used, or answers another question than which class a case is of.
    """
    sheet = Sheet(path, _table(path), columns)
    _require_own_column(sheet)
    task = task_of_table(sheet)
    task.answers.require_table(sheet)
    frame, notes = _frame(sheet)
    models = {}
    for name, (read_in, notes_of_model) in task.answers.read_table(sheet, frame).items():
        models[name] = read_in
        notes += [f"{name}: {note}" if name else note for note in notes_of_model]
    foreign = Foreign(path, columns, task, models, tuple(dict.fromkeys(notes)))
    if FOLD in frame:
        folds.require_apart(sheet, foreign.first.frame)
    return foreign


def _require_own_column(sheet: Sheet) -> None:
    """Raises DataError where one column is named as the truth and as what a model said."""
    given, truth = sheet.columns, sheet.columns.truth or TRUTH
    if truth in (given.score, *given.models):
        raise DataError(
            f"{sheet.name}: the column '{truth}' is named as the truth and as what a model said, which would "
            "then be right in every row. Name another one in one of the two."
        )


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

    identities, notes_on_cases = named.cases(sheet)
    truth, notes_on_truth = named.truth(sheet)
    patients, notes_on_patients = named.patients(sheet)
    fold = folds.column_of(sheet)
    columns = {
        "case_id": identities,
        "patient_id": patients,
        "truth": truth,
        **{
            name: sheet.table.column(name)
            for name in sheet.table.columns
            if name in _AS_THEY_ARE or (name.startswith(GROUP) and name != fold)
        },
    }
    if fold:
        columns[FOLD] = folds.numbered(sheet.column(fold))
    notes = [*notes_on_cases, *notes_on_truth, *notes_on_patients, *_hidden(sheet.table)]
    return pd.DataFrame(columns, dtype=str), notes


def _hidden(table: tables.Table) -> list[str]:
    """A note on rows that were read though nobody sees them who opens the workbook."""
    if not table.hidden:
        return []
    lines = tables.line_numbers(table.hidden)
    return [f"rows that are hidden in the sheet '{table.sheet}' were read like all others: {lines}"]
