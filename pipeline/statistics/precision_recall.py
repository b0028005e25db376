"""Average precision and the precision-recall curve as steps; tied scores enter together.

No straight line is drawn between points: precision doesn't interpolate so (Davis & Goadrich 2006).
"""

from __future__ import annotations

import numpy as np

from pipeline.statistics.ranking import Counts
from pipeline.statistics.vectors import Floats


def average_precision(counts: Counts) -> float:
    """The mean of the precision over the positives found; nan without positives."""
    if counts.tp[-1] == 0:
        return float("nan")
    return float((np.diff(counts.tp) * _precision(counts)[1:]).sum() / counts.tp[-1])


def precision_at(counts: Counts, recalls: Floats) -> Floats:
    """The precision at the highest threshold that reaches each recall; nan without positives."""
    if counts.tp[-1] == 0:
        return np.full(recalls.shape, np.nan)
    # The guard keeps a recall such as 3 * 0.1 from missing the point at 0.3.
    reached = np.searchsorted(counts.tp / counts.tp[-1], recalls - 1e-12, side="left")
    return _precision(counts)[np.maximum(reached, 1)]


def _precision(counts: Counts) -> Floats:
    """The precision at every threshold, 1 by convention where nothing is flagged."""
    flagged = counts.tp + counts.fp
    return np.divide(counts.tp, flagged, out=np.ones_like(flagged), where=flagged > 0)
