"""The table of predictions of a regression: read, checked, turned to numbers.

Beside what every table has: `truth` and `predicted` in the unit, the ends `low` and `high` of the interval
where there is one, and `output`, the network's own number before any recalibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.contracts import predictions as contract
from pipeline.contracts.predictions import PREDICTED, TRUTH, Origin, numbers
from pipeline.errors import DataError
from pipeline.statistics.vectors import Flags, Floats

if TYPE_CHECKING:
    import pandas as pd

LOW, HIGH, OUTPUT = "low", "high", "output"
ENDS: Final = (LOW, HIGH)


@dataclass(frozen=True)
class Predictions:
    """A checked table; `frame` holds text, `predicted`, `low` and `high` numbers by row, shape (cases,).

    They are nan where the prediction failed, the ends also where there is no interval.
    """

    frame: pd.DataFrame
    predicted: Floats
    low: Floats
    high: Floats

    @property
    def groups(self) -> list[str]:
        """The names of the group columns."""
        return contract.groups(self.frame)

    def measurable(self, part: str) -> Flags:
        """Which rows of a part have both a prediction and a known truth, shape (cases,)."""
        return contract.measurable(self.frame, part)

    def truth(self, rows: Flags) -> Floats:
        """The number of each chosen row."""
        return np.asarray(self.frame[TRUTH][rows].astype(np.float64).to_numpy())


def read(path: Path) -> Predictions:
    """The checked table in the CSV file `path`.

    Raises DataError (file, line, column, what to do) when it can't be used.
    """
    return _predictions(*contract.read(path, (TRUTH, PREDICTED)))


def checked(frame: pd.DataFrame, origin: Origin) -> Predictions:
    """The table whose columns are there, as text. Raises DataError (file, line) when it can't be used."""
    return _predictions(contract.checked(frame, origin), origin)


def _predictions(frame: pd.DataFrame, origin: Origin) -> Predictions:
    import pandas as pd

    truth = pd.to_numeric(frame[TRUTH], errors="coerce")
    wrong = (frame[TRUTH] != "") & ~np.isfinite(truth.to_numpy(dtype=np.float64))
    origin.refuse_first(wrong, f"'{TRUTH}' is not a number. Leave it empty where it isn't known")
    predicted = numbers(origin, frame, PREDICTED)
    there = [name for name in ENDS if name in frame]
    if len(there) == 1:
        raise DataError(
            f"{origin.name}: there is a column '{there[0]}', and an interval needs both ends, 'low' and "
            "'high'. Give both, or leave it out."
        )
    if not there:
        nothing = np.full(len(frame), np.nan)
        return Predictions(frame, predicted, nothing, nothing)
    low, high = (_ends(origin, frame, name) for name in ENDS)
    origin.refuse_first(np.isnan(low) != np.isnan(high), "an interval needs both ends, 'low' and 'high'")
    origin.refuse_first(low > high, "'low' is above 'high'")
    return Predictions(frame, predicted, low, high)


def _ends(origin: Origin, frame: pd.DataFrame, column: str) -> Floats:
    """The ends of intervals, nan where the cell is empty."""
    import pandas as pd

    values = np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=np.float64)
    wrong = (frame[column] != "") & (frame["status"] == "ok") & ~np.isfinite(values)
    origin.refuse_first(wrong, f"'{column}' is not a number. Leave it empty where there is no interval")
    return values
