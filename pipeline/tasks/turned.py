"""Whether scores look like those of the other class: lower where the class is, beyond what chance does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.statistics.auroc import auroc, interval
from pipeline.statistics.sample import codes

if TYPE_CHECKING:
    import pandas as pd

_SURE: Final = 0.998
"""The level of the interval whose upper end is below 0.5: of a thousand useless scores one is asked about."""
_CHANCE: Final = 0.5


def looks_turned(there: pd.Series[bool], score: pd.Series[float], patients: Sequence[str]) -> float | None:
    """The area under the ROC curve, where it is below that of chance without doubt; else None."""
    truth = np.asarray(there, dtype=np.int64)
    if len(set(truth.tolist())) < 2:
        return None
    area = auroc(truth, np.asarray(score, dtype=np.float64), codes(list(patients)))
    high = interval(area, level=_SURE).high
    return area.value if high is not None and high < _CHANCE else None
