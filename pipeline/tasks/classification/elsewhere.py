"""A table of predictions from elsewhere: each model's classes and scores, as a checked table."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import numpy as np

from pipeline.contracts.predictions import SCORE, Origin
from pipeline.errors import DataError
from pipeline.tables.words import quoted
from pipeline.tasks.classification import twins
from pipeline.tasks.classification.classes import finding
from pipeline.tasks.classification.other_tables import refuse_other_tasks
from pipeline.tasks.classification.predictions import LOGIT, Predictions, checked
from pipeline.tasks.classification.scored_columns import THRESHOLDS, Scored, models_of, usual_positive
from pipeline.tasks.classification.written_scores import probabilities
from pipeline.tasks.sheet import Sheet
from pipeline.tasks.turned import looks_turned

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
    _require_no_twins(sheet, words)
    return {
        name: _predictions(sheet, frame, scored, keep_logits=not name)
        for name, scored in models_of(sheet, words).items()
    }


def _require_no_twins(sheet: Sheet, words: list[str]) -> None:
    """Raises DataError where two words of the truth say the same, and not each has a score of its own."""
    scored = [f"{SCORE}{word}" in sheet.table.columns for word in words]
    alike = [group for group in twins.groups(words) if len(group) > 1]
    if alike and not all(scored):
        raise DataError(
            f"{sheet.name}: words of the truth differ only in how they are written, or in language: "
            f"{'; '.join(quoted(group) for group in alike)}. Write those of one class alike, as its score "
            "column is called."
        )


def _thresholds(sheet: Sheet) -> tuple[str, ...]:
    """That somebody else's thresholds aren't those by which a table from elsewhere is decided."""
    named = {name: name.removeprefix(SCORE).casefold() for name in sheet.table.columns}
    found = [name for name, word in named.items() if word in THRESHOLDS]
    note = f"the column '{found[0]}' isn't read: of two classes the likelier is decided for" if found else ""
    return (note,) if found else ()


def _turned(read_in: Predictions, scored: Scored) -> tuple[str, ...]:
    """That a score of two classes is lower where its class is, beyond what chance does."""
    if finding(len(scored.classes)) is None:
        return ()
    other, positive = scored.classes
    frame = read_in.frame[(read_in.frame["status"] == "ok") & read_in.frame["truth"].isin(scored.classes)]
    told = looks_turned(
        frame["truth"] == positive, frame[SCORE + positive].astype(float), list(frame["patient_id"])
    )
    if told is None:
        return ()
    advice = f"call its column '{SCORE}{other}' and add `{_positive(positive)}` to the command"
    if len(scored.columns) > 1:
        advice = "exchange the names of both columns"
    return (
        f"the score of '{positive}' is lower where the truth is '{positive}' (area under the ROC curve "
        f"{told:.2f}): if it is that of '{other}', {advice}",
    )


def _positive(name: str) -> str:
    return f"POSITIVE={shlex.quote(name)}"


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
    read_in = checked(frame.assign(**more), origin)
    notes += (*_which_is_looked_for(sheet, scored), *_thresholds(sheet), *_turned(read_in, scored))
    return read_in, notes


def _which_is_looked_for(sheet: Sheet, scored: Scored) -> tuple[str, ...]:
    """That of two classes the last one counts as the finding, where only the order of the columns says so."""
    classes = scored.classes
    if finding(len(classes)) is None or len(scored.columns) == 1 or sheet.columns.positive:
        return ()
    if usual_positive(classes):
        return ()
    # Not the whole command: notes stand in the report, which names no path.
    other = _positive(classes[0])
    return (
        f"'{classes[-1]}' counts as the finding that is looked for; if it is the other, add `{other}` "
        "to the command",
    )


def _text(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))
