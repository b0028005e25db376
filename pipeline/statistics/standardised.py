"""Differences in units of the common standard deviation (Austin 2009, Stat Med 28:3083)."""

from __future__ import annotations

import math

import numpy as np

from pipeline.statistics.vectors import Floats

_ROUNDING = 1e-12  # spreads and differences below it are rounding of equal numbers


def of_means(one: Floats, other: Floats) -> float:
    """The mean of `one` minus that of `other`; infinite where neither varies and they differ.

    The common variance is the mean of the two sample variances (n - 1).
    """
    spread = math.sqrt((_variance(one) + _variance(other)) / 2)
    return _ratio(float(np.mean(one)) - float(np.mean(other)), spread)


def of_shares(one: float, other: float) -> float:
    """(p - q) / sqrt((p(1-p) + q(1-q)) / 2) of two shares; infinite where one is 0 and the other 1."""
    return _ratio(one - other, math.sqrt((one * (1 - one) + other * (1 - other)) / 2))


def _variance(values: Floats) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else 0.0


def _ratio(difference: float, spread: float) -> float:
    if spread > _ROUNDING * max(1.0, abs(difference)):
        return difference / spread
    return 0.0 if abs(difference) <= _ROUNDING else math.copysign(math.inf, difference)
