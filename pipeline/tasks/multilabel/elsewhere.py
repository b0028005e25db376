"""A table of predictions from elsewhere with several findings a case, as a checked table a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.contracts.predictions import SCORE, TRUTH, Origin, checked
from pipeline.errors import DataError, nearest
from pipeline.tables.words import quoted
from pipeline.tasks.classification.predictions import LOGIT
from pipeline.tasks.classification.written_scores import probabilities
from pipeline.tasks.multilabel.cells import plain
from pipeline.tasks.multilabel.labels import NOT_KNOWN, PRESENT, UNKNOWN, matrix, value_of
from pipeline.tasks.multilabel.predictions import Predictions, of_frame
from pipeline.tasks.sheet import Sheet, truths
from pipeline.tasks.turned import looks_turned

if TYPE_CHECKING:
    import pandas as pd

Read = tuple[Predictions, tuple[str, ...]]
"""A checked table, and what was changed in reading."""

_SEVERAL: Final = 2


def fits(sheet: Sheet) -> bool:
    """Whether the table is of several findings: it has two columns truth_FINDING at least."""
    return len(truths(sheet)) >= _SEVERAL and not sheet.columns.score and not sheet.columns.positive


def require_table(sheet: Sheet) -> None:
    """Nothing, if each finding has a column of scores. Raises DataError with the nearest name."""
    for columns in _columns(sheet).values():
        for name, column in columns.items():
            if column not in sheet.table.columns:
                raise DataError(
                    f"{sheet.name}: no column '{column}' ({nearest(column, sheet.table.columns)}), and there "
                    f"is '{TRUTH}_{name}'. Give the probability of each finding that has a truth."
                )


def read_table(sheet: Sheet, frame: pd.DataFrame) -> dict[str, Read]:
    """The predictions of each model by its name, "" for a single one; `frame` has the rows without scores.

    Raises DataError (file, line, column, what to do) when the table can't be used.
    """
    origin = Origin(sheet.name, sheet.table.lines)
    names = _names(sheet)
    values = _values(names, list(frame[TRUTH]), origin)
    if not any(values):
        raise DataError(f"{sheet.name}: no row has a truth, so nothing can be measured.")
    rows = checked(frame.assign(**{TRUTH: values}), origin)
    return {
        model: _predictions(sheet, rows, columns, keep_logits=not model)
        for model, columns in _columns(sheet).items()
    }


def _names(sheet: Sheet) -> tuple[str, ...]:
    return tuple(column.removeprefix(f"{TRUTH}_") for column in truths(sheet))


def _columns(sheet: Sheet) -> dict[str, dict[str, str]]:
    """The column of each finding's scores, by the model's name."""
    names, there = _names(sheet), sheet.table.columns
    if not sheet.columns.models:
        return {"": {name: SCORE + name for name in names}}
    columns = {}
    for model in sheet.columns.models:
        stem = f"{model}_" if any(f"{model}_{name}" in there for name in names) else f"{SCORE}{model}_"
        columns[model] = {name: stem + name for name in names}
    return columns


def _values(names: tuple[str, ...], cells: list[str], origin: Origin) -> list[str]:
    how = plain(names)
    unread = {cell: how.unread(cell) for cell in set(cells)}
    wrong = np.array([bool(unread[cell]) for cell in cells], dtype=np.bool_)
    words = sorted({word for each in unread.values() for word, _ in each})
    origin.refuse_first(
        wrong, f"{quoted(words)} says neither yes nor no. Write 1, 0, or nothing where a finding is unknown"
    )
    return [value_of(how.read(cell)) if cell else UNKNOWN for cell in cells]


def _predictions(sheet: Sheet, frame: pd.DataFrame, columns: dict[str, str], *, keep_logits: bool) -> Read:
    origin = Origin(sheet.name, sheet.table.lines)
    given = np.asarray(frame["status"] == "ok")
    more: dict[str, list[str]] = {}
    notes: tuple[str, ...] = ()
    for name, column in columns.items():
        numbers, told = probabilities({column: sheet.column(column)}, origin, given=given)
        more[SCORE + name] = ["" if np.isnan(value) else repr(float(value)) for value in numbers[:, 0]]
        notes += told
    logits = [LOGIT + name for name in columns]
    if keep_logits and all(name in sheet.table.columns for name in logits):
        more |= {name: list(sheet.table.column(name)) for name in logits}
    notes += tuple(_turned(frame, columns, more))
    return of_frame(frame.assign(**more), tuple(columns), origin), tuple(dict.fromkeys(notes))


def _turned(frame: pd.DataFrame, columns: dict[str, str], scores: dict[str, list[str]]) -> Iterator[str]:
    """The findings whose score is lower where they are, beyond what chance does."""
    truth = matrix(list(frame[TRUTH]), len(columns))
    for at, (name, column) in enumerate(columns.items()):
        rows = (truth[:, at] != NOT_KNOWN) & np.array([bool(cell) for cell in scores[SCORE + name]])
        there = frame.assign(there=truth[:, at] == PRESENT, score=scores[SCORE + name])[rows]
        told = looks_turned(there["there"], there["score"].astype(float), list(there["patient_id"]))
        if told is not None:
            yield (
                f"'{column}' is lower where '{name}' is there (area under the ROC curve {told:.2f}): if it "
                "is the probability that it isn't, give 1 less it"
            )
