"""The table of predictions, `predictions.csv`, of ours or from elsewhere: what it has whatever the task.

One row a case: `case_id, patient_id, part, truth, predicted, status, reason, by_*`, and the task's scores.
With several targets there are `truth_TARGET` and `predicted_TARGET`. An absent `part` is "external", of a
table that tells folds "out-of-fold".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

OUT_OF_FOLD: Final = "out-of-fold"
"""The part of cases that one of several networks answered: the one that didn't learn from their fold."""
PARTS = ("train", "validation", "test", OUT_OF_FOLD, "external", "new")
IDENTITY: Final = ("case_id", "patient_id")
TRUTH, PREDICTED, GROUP = "truth", "predicted", "by_"
FOLD: Final = "fold"
"""In which fold of a cross-validation a case was held out: a column of some tables from elsewhere."""
SCORE: Final = "score_"
"""What stands before an answer's name in the column of its score, where answers have one."""
COLUMNS: Final = ("case_id", "patient_id", "part", TRUTH, PREDICTED, "status")
"""What every table of ours has, beside its scores."""

FILE: Final = TableFile("predictions.csv", COLUMNS, rewritten_by("evaluate"), several=(TRUTH, PREDICTED))
_FIRST_LINE = 2  # the line after the header, as an editor counts


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


def read(path: Path, needed: Collection[str]) -> tuple[pd.DataFrame, Origin]:
    """The table in the CSV file `path`, as text, with what an absent column stands for.

    Raises DataError (file, line, column, what to do) when it is no table, lacks one of the columns `needed`
    beside its identities, or names its cases, parts or states wrongly.
    """
    frame = _text(path)
    columns = [str(column) for column in frame.columns]
    for name in (*IDENTITY, *needed):
        if name not in columns:
            raise DataError(f"{path.name}: no column '{name}' ({nearest(name, columns)}). Rename the column.")
    origin = Origin(path.name, range(_FIRST_LINE, len(frame) + _FIRST_LINE))
    return checked(frame, origin), origin


def checked(frame: pd.DataFrame, origin: Origin) -> pd.DataFrame:
    """The rows with all columns of every table. Raises DataError (file, line) when they can't be used."""
    frame = _with_defaults(frame)
    _check_identities(origin, frame)
    return frame


def measurable(frame: pd.DataFrame, part: str) -> NDArray[np.bool_]:
    """Which rows of a part have both a prediction and a known truth, shape (cases,)."""
    rows = (frame["part"] == part) & (frame["status"] == "ok") & (frame[TRUTH] != "")
    return np.asarray(rows, dtype=np.bool_)


def groups(frame: pd.DataFrame) -> list[str]:
    """The names of the columns that group rows: by_*, and that of the folds."""
    columns = [str(column) for column in frame.columns]
    return [column for column in columns if column.startswith(GROUP) or column == FOLD]


def numbers(origin: Origin, frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column as numbers, nan where the prediction failed. Raises DataError (file, line) for a word."""
    import pandas as pd

    values = np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=np.float64)
    ok = frame["status"] == "ok"
    origin.refuse_first(ok & ~np.isfinite(values), f"'{column}' is not a number")
    return np.where(ok, values, np.nan)


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


def _with_defaults(frame: pd.DataFrame) -> pd.DataFrame:
    part = OUT_OF_FOLD if FOLD in frame else "external"
    defaults = {"part": part, "predicted": "", "status": "ok", "reason": ""}
    absent = {name: value for name, value in defaults.items() if name not in frame}
    return frame.assign(**absent)


def _check_identities(origin: Origin, frame: pd.DataFrame) -> None:
    for name in IDENTITY:
        origin.refuse_first(frame[name] == "", f"'{name}' is empty. Every case needs one")
    repeated = frame["case_id"].duplicated()
    origin.refuse_first(repeated, "'case_id' occurs a second time. Give one row a case")
    wrong = ~frame["part"].isin(PARTS)
    origin.refuse_first(wrong, f"'part' must be one of {', '.join(PARTS)}")
    origin.refuse_first(~frame["status"].isin(("ok", "failed")), "'status' must be ok or failed")
