"""The table of predictions of several findings: read, checked, turned to numbers.

Beside what every table has it needs for each finding `truth_FINDING` and `score_FINDING`, and may have
`logit_FINDING`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts import predictions as contract
from pipeline.contracts.predictions import PREDICTED, SCORE, TRUTH, Origin, numbers
from pipeline.errors import DataError, nearest
from pipeline.statistics.vectors import Flags, Integers
from pipeline.tasks.classification.predictions import LOGIT
from pipeline.tasks.multilabel.labels import NO, UNKNOWN, YES, matrix, value_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Predictions:
    """A checked table; `frame` holds text, `probability` and `logit` numbers by row (nan: no prediction).

    In `frame` the truths of a case are one text, and so are the decisions. Shapes: `probability` and `logit`
    (cases, findings); `logit` is None where the table has none.
    """

    names: tuple[str, ...]
    frame: pd.DataFrame
    probability: NDArray[np.float64]
    logit: NDArray[np.float64] | None

    @property
    def groups(self) -> list[str]:
        """The names of the group columns."""
        return contract.groups(self.frame)

    def measurable(self, part: str) -> Flags:
        """Which rows of a part have a prediction and a finding that is known, shape (cases,)."""
        return contract.measurable(self.frame, part)

    def truth(self, rows: Flags) -> Integers:
        """What is known of the chosen rows, shape (rows, findings)."""
        return matrix(list(self.frame[TRUTH][rows]), len(self.names))


def read(path: Path) -> Predictions:
    """The checked table in the CSV file `path`.

    Raises DataError (file, line, column, what to do) when it can't be used.
    """
    frame, origin = contract.read(path, ())
    names = tuple(name.removeprefix(f"{TRUTH}_") for name in frame.columns if name.startswith(f"{TRUTH}_"))
    if not names:
        raise DataError(
            f"{path.name}: no column truth_FINDING, such as 'truth_edema'. Give one for each finding."
        )
    for name in names:
        wrong = ~frame[f"{TRUTH}_{name}"].isin((YES, NO, UNKNOWN))
        origin.refuse_first(wrong, f"'truth_{name}' must be 1, 0 or empty")
    frame[TRUTH] = _one_text(frame, TRUTH, names)
    if all(f"{PREDICTED}_{name}" in frame for name in names):
        frame[PREDICTED] = _one_text(frame, PREDICTED, names)
    return of_frame(frame, names, origin)


def of_frame(frame: pd.DataFrame, names: tuple[str, ...], origin: Origin) -> Predictions:
    """The table of these findings, whose truth stands as one text. Raises DataError (file, line)."""
    for name in names:
        if SCORE + name not in frame:
            scores = [column for column in frame.columns if column.startswith(SCORE)]
            raise DataError(
                f"{origin.name}: no column '{SCORE}{name}' ({nearest(SCORE + name, scores)}). Give the "
                f"probability of each finding that has a column truth_FINDING."
            )
    probability = np.column_stack([numbers(origin, frame, SCORE + name) for name in names])
    outside = ((probability < 0) | (probability > 1)).any(axis=1)
    origin.refuse_first(outside, "a score lies outside 0 to 1. Scores are probabilities")
    has_logits = all(LOGIT + name in frame for name in names)
    logits = [numbers(origin, frame, LOGIT + name) for name in names] if has_logits else []
    return Predictions(names, frame, probability, np.column_stack(logits) if logits else None)


def _one_text(frame: pd.DataFrame, column: str, names: tuple[str, ...]) -> list[str]:
    return [value_of(row) for row in frame[[f"{column}_{name}" for name in names]].to_numpy().tolist()]
