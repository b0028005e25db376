"""Means of numbers that can't pass an end, such as shares and distances, with Student's interval.

The interval is made on a scale that has no such end, so that it doesn't pass it either. Of few patients the
percentiles of resampled means are too narrow: of 10 patients they hold 87 to 90 % of true means where these
hold 94 to 95 % (measured on overlaps of many shapes). Where patients recur, the error is that of their sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit

from pipeline.statistics.bootstrap import ROUNDING
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.laws import student_quantile
from pipeline.statistics.vectors import Floats, Integers


@dataclass(frozen=True)
class Scale:
    """A scale without ends: its name, the way there, its slope at a value, and the way back."""

    method: str
    there: Callable[[float], float]
    slope: Callable[[float], float]
    back: Callable[[float], float]


OF_SHARES: Final = Scale(
    "Student's t, logit scale", lambda mean: float(logit(mean)), lambda mean: mean * (1 - mean), expit
)
"""Of numbers from 0 to 1."""

OF_SIZES: Final = Scale("Student's t, log scale", math.log, lambda mean: mean, math.exp)
"""Of numbers of 0 or more."""


def mean(values: Floats, patient: Integers, scale: Scale, *, level: float) -> Estimate:
    """The mean of `values`, shape (rows,), whose patients have codes 0..patients-1, all of them known.

    By the delta method the error on the scale is that of the mean over the scale's slope there.
    """
    if not values.size:
        return missing("there is no number to take the mean of", scale.method)
    middle, patients = float(values.mean()), int(patient.max()) + 1
    if patients < 2:
        return Estimate(middle, method=scale.method, reason="one patient has no spread: no interval")
    sums = np.bincount(patient, values - middle, patients)
    error = math.sqrt(patients / (patients - 1) * float(sums @ sums)) / values.size
    if error <= ROUNDING * max(1.0, middle):
        return Estimate(middle, method=scale.method, reason="all patients have the same: no interval")
    half = student_quantile(0.5 + level / 2, patients - 1) * error / scale.slope(middle)
    at = scale.there(middle)
    return Estimate(middle, float(scale.back(at - half)), float(scale.back(at + half)), scale.method)
