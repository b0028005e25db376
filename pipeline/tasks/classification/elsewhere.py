"""A table of predictions from elsewhere: each model's classes and scores, as a checked table."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import numpy as np

from pipeline.contracts.predictions import SCORE, Origin
from pipeline.errors import DataError
from pipeline.tasks.classification.classes import finding
from pipeline.tasks.classification.other_tables import refuse_other_tasks
from pipeline.tasks.classification.predictions import LOGIT, Predictions, checked
from pipeline.tasks.classification.scored_columns import Scored, models_of, usual_positive
from pipeline.tasks.classification.written_scores import probabilities
from pipeline.tasks.sheet import Sheet

if TYPE_CHECKING:
    import pandas as pd

Read = tuple[Predictions, tuple[str, ...]]
"""A checked table, and what was changed in reading."""


def fits(sheet: Sheet) -> bool:
    """True: what isn't of another task is read as a classification, or refused as one."""
    return True


def require_table(sheet: Sheet) -> None:
    """Nothing, if the columns are those of a classification. Raises DataError by the name of the question."""
    refuse_other_tasks(sheet)


def read_table(sheet: Sheet, frame: pd.DataFrame) -> dict[str, Read]:
    """The predictions of each model by its name, "" for a single one; `frame` has the rows without scores.

    Raises DataError (file, line, column, what to do) when the table can't be used.
    """
    words = sorted(set(frame["truth"]) - {""})
    if not words:
        raise DataError(f"{sheet.name}: no row has a truth, so nothing can be measured.")
    return {
        name: _predictions(sheet, frame, scored, keep_logits=not name)
        for name, scored in models_of(sheet, words).items()
    }


def _predictions(sheet: Sheet, frame: pd.DataFrame, scored: Scored, *, keep_logits: bool) -> Read:
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
    return checked(frame.assign(**more), origin), (*notes, *_which_is_looked_for(sheet, scored))


def _which_is_looked_for(sheet: Sheet, scored: Scored) -> tuple[str, ...]:
    """That of two classes the last one counts as the finding, where only the order of the columns says so."""
    classes = scored.classes
    if finding(len(classes)) is None or len(scored.columns) == 1 or sheet.columns.positive:
        return ()
    if usual_positive(classes):
        return ()
    # Not the whole command: notes stand in the report, which names no path.
    other = f"POSITIVE={shlex.quote(classes[0])}"
    return (
        f"'{classes[-1]}' counts as the finding that is looked for; if it is the other, add `{other}` "
        "to the command",
    )


def _text(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))
