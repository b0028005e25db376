"""The table of predictions, `predictions.csv`, of ours or from elsewhere: read, checked, turned to numbers.

One row a case: `case_id, patient_id, part, truth, predicted, score_CLASS..., logit_CLASS..., status,
reason, by_*`. Needed are `case_id`, `patient_id`, `truth` and a score; an absent `part` is "external".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.tables import TableFile
from pipeline.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("train", "validation", "test", "external", "new")
NEEDED = ("case_id", "patient_id", "truth")
SCORE, LOGIT, GROUP = "score_", "logit_", "by_"
COLUMNS: Final = ("case_id", "patient_id", "part", "truth", "predicted", "status")
"""What every table of ours has, beside its scores."""

FILE: Final = TableFile("predictions.csv", COLUMNS, rewritten_by("evaluate"))
SUM_TOLERANCE = 1e-6  # scores have nine digits (`write_csv`), softmax in float32 seven
_FIRST_LINE = 2  # the line after the header, as an editor counts


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
        return [str(column) for column in self.frame.columns if str(column).startswith(GROUP)]

    def measurable(self, part: str) -> NDArray[np.bool_]:
        """Which rows of a part have both a prediction and a known truth, shape (cases,)."""
        frame = self.frame
        rows = (frame["part"] == part) & (frame["status"] == "ok") & (frame["truth"] != "")
        return np.asarray(rows, dtype=np.bool_)

    def truth(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The class index of each chosen row."""
        index = {name: number for number, name in enumerate(self.classes)}
        return np.array([index[name] for name in self.frame["truth"][rows]], dtype=np.int64)


@dataclass(frozen=True)
class Origin:
    """The name of the file that a table came from, and the line of each of its rows."""

    name: str
    lines: Sequence[int]

    def refuse_first(self, wrong: pd.Series[bool] | NDArray[np.bool_], message: str) -> None:
        """Raises DataError for the first row that is wrong, by its line in the file."""
        rows = np.flatnonzero(np.asarray(wrong, dtype=np.bool_))
        if rows.size:
            more = f" ({rows.size} rows in all)" if rows.size > 1 else ""
            raise DataError(f"{self.name}, line {self.lines[rows[0]]}: {message}{more}.")


def read(path: Path) -> Predictions:
    """The checked table in the CSV file `path`.

    Raises DataError (file, line, column, what to do) when it can't be used.
    """
    frame = _text(path)
    _need_columns(path, frame)
    return checked(frame, Origin(path.name, range(_FIRST_LINE, len(frame) + _FIRST_LINE)))


def checked(frame: pd.DataFrame, origin: Origin) -> Predictions:
    """The table whose columns are there, as text. Raises DataError (file, line) when it can't be used."""
    frame = _with_defaults(frame)
    _check_identities(origin, frame)
    classes = _classes(origin, frame)
    probability = np.column_stack([_numbers(origin, frame, SCORE + name) for name in classes])
    _check_scores(origin, probability)
    has_logits = all(LOGIT + name in frame for name in classes)
    logits = [_numbers(origin, frame, LOGIT + name) for name in classes] if has_logits else []
    return Predictions(classes, frame, probability, np.column_stack(logits) if logits else None)


def nine_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values as a table written with nine significant digits gives them back, so both are cut alike."""
    flat = [float(f"{value:.9g}") for value in values.ravel()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def _text(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"There is no table {path}.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: not a CSV table in UTF-8 with commas ({error}).") from None
    if frame.empty:
        raise DataError(f"{path.name}: the table has a header but no row.")
    return frame.apply(lambda column: column.str.strip())


def _need_columns(path: Path, frame: pd.DataFrame) -> None:
    columns = [str(column) for column in frame.columns]
    for name in NEEDED:
        if name not in columns:
            raise DataError(f"{path.name}: no column '{name}' ({nearest(name, columns)}). Rename the column.")
    if not any(column.startswith(SCORE) for column in columns):
        raise DataError(
            f"{path.name}: no score column. Name one score_CLASS for each class, such as 'score_pneumonia'."
        )


def _with_defaults(frame: pd.DataFrame) -> pd.DataFrame:
    defaults = {"part": "external", "predicted": "", "status": "ok", "reason": ""}
    absent = {name: value for name, value in defaults.items() if name not in frame}
    return frame.assign(**absent)


def _check_identities(origin: Origin, frame: pd.DataFrame) -> None:
    for name in ("case_id", "patient_id"):
        origin.refuse_first(frame[name] == "", f"'{name}' is empty. Every case needs one")
    repeated = frame["case_id"].duplicated()
    origin.refuse_first(repeated, "'case_id' occurs a second time. Give one row a case")
    wrong = ~frame["part"].isin(PARTS)
    origin.refuse_first(wrong, f"'part' must be one of {', '.join(PARTS)}")
    origin.refuse_first(~frame["status"].isin(("ok", "failed")), "'status' must be ok or failed")


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


def _numbers(origin: Origin, frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column as numbers, nan where the prediction failed."""
    import pandas as pd

    numbers = np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=np.float64)
    ok = frame["status"] == "ok"
    origin.refuse_first(ok & ~np.isfinite(numbers), f"'{column}' is not a number")
    return np.where(ok, numbers, np.nan)


def _check_scores(origin: Origin, probability: NDArray[np.float64]) -> None:
    outside = ((probability < 0) | (probability > 1)).any(axis=1)
    origin.refuse_first(outside, "a score lies outside 0 to 1. Scores are probabilities")
    off = np.abs(probability.sum(axis=1) - 1) > SUM_TOLERANCE
    origin.refuse_first(off, "the scores of the classes don't add up to 1")
