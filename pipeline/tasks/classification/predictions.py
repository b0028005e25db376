"""The table of predictions of a classification: read, checked, turned to numbers.

Beside what every table has it needs `truth` and a score: `score_CLASS..., logit_CLASS...`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts import predictions as contract
from pipeline.contracts.predictions import SCORE, Origin, numbers
from pipeline.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd

LOGIT = "logit_"
SUM_TOLERANCE = 1e-6  # scores have nine digits (`write_csv`), softmax in float32 seven


@dataclass(frozen=True)
class Predictions:
    """A checked table; `frame` holds text, `probability` and `logit` numbers by row (nan: no prediction).

    `classes` are in the order of the score columns; of two, the second is the positive one. Shapes:
    `probability` and `logit` (cases, classes); `logit` is None where the table has none.
    """

    classes: tuple[str, ...]
    frame: pd.DataFrame
    probability: NDArray[np.float64]
    logit: NDArray[np.float64] | None

    @property
    def groups(self) -> list[str]:
        """The names of the group columns."""
        return contract.groups(self.frame)

    def measurable(self, part: str) -> NDArray[np.bool_]:
        """Which rows of a part have both a prediction and a known truth, shape (cases,)."""
        return contract.measurable(self.frame, part)

    def truth(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The class index of each chosen row."""
        index = {name: number for number, name in enumerate(self.classes)}
        return np.array([index[name] for name in self.frame["truth"][rows]], dtype=np.int64)


def read(path: Path) -> Predictions:
    """The checked table in the CSV file `path`.

    Raises DataError (file, line, column, what to do) when it can't be used.
    """
    frame, origin = contract.read(path, (contract.TRUTH,))
    if not any(str(column).startswith(SCORE) for column in frame.columns):
        raise DataError(
            f"{path.name}: no score column. Name one score_CLASS for each class, such as 'score_pneumonia'."
        )
    return _predictions(frame, origin)


def checked(frame: pd.DataFrame, origin: Origin) -> Predictions:
    """The table whose columns are there, as text. Raises DataError (file, line) when it can't be used."""
    return _predictions(contract.checked(frame, origin), origin)


def _predictions(frame: pd.DataFrame, origin: Origin) -> Predictions:
    classes = _classes(origin, frame)
    probability = np.column_stack([numbers(origin, frame, SCORE + name) for name in classes])
    _check_scores(origin, probability)
    has_logits = all(LOGIT + name in frame for name in classes)
    logits = [numbers(origin, frame, LOGIT + name) for name in classes] if has_logits else []
    return Predictions(classes, frame, probability, np.column_stack(logits) if logits else None)


def _classes(origin: Origin, frame: pd.DataFrame) -> tuple[str, ...]:
    """The classes of the score columns; a single score is that of the positive of two classes."""
    named = [str(column).removeprefix(SCORE) for column in frame.columns if str(column).startswith(SCORE)]
    known = sorted(set(frame["truth"]) - {""})
    if len(named) == 1:
        others = [name for name in known if name != named[0]]
        if len(others) != 1:
            raise DataError(
                f"{origin.name}: with the single score column '{SCORE}{named[0]}' the truth must be "
                f"'{named[0]}' or one other word, found {', '.join(known) or 'none'}."
            )
        frame[SCORE + others[0]] = _complement(frame[SCORE + named[0]])
        return (others[0], named[0])
    for word in known:
        if word not in named:
            wrong = frame["truth"] == word
            origin.refuse_first(wrong, f"the truth '{word}' has no score column ({nearest(word, named)})")
    return tuple(named)


def _complement(score: pd.Series[str]) -> pd.Series[str]:
    import pandas as pd

    numbers = pd.to_numeric(score, errors="coerce")
    return (1 - numbers).map(lambda value: "" if pd.isna(value) else repr(float(value))).astype(str)


def _check_scores(origin: Origin, probability: NDArray[np.float64]) -> None:
    outside = ((probability < 0) | (probability > 1)).any(axis=1)
    origin.refuse_first(outside, "a score lies outside 0 to 1. Scores are probabilities")
    off = np.abs(probability.sum(axis=1) - 1) > SUM_TOLERANCE
    origin.refuse_first(off, "the scores of the classes don't add up to 1")
