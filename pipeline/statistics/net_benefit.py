"""Net benefit of acting on a score (Vickers & Elkin 2006, Med Decis Making 26:565)."""

from __future__ import annotations

import numpy as np

from pipeline.statistics.vectors import Floats


def net_benefit(sensitivity: Floats, specificity: Floats, prevalence: float, *, threshold: Floats) -> Floats:
    """Benefit per patient of acting at or above each threshold probability; acting on none has 0.

    Shapes (thresholds,); thresholds below 1.
    """
    odds = threshold / (1 - threshold)
    return np.asarray(sensitivity * prevalence - (1 - specificity) * (1 - prevalence) * odds)


def treat_all(prevalence: float, *, threshold: Floats) -> Floats:
    """Benefit per patient of acting on everybody."""
    return net_benefit(np.ones_like(threshold), np.zeros_like(threshold), prevalence, threshold=threshold)
