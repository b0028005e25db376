"""What a candidate gains over a reference on the same patients: a difference of a metric with its bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.statistics.bootstrap import METHOD, ROUNDING, Resampled
from pipeline.statistics.laws import student_quantile
from pipeline.statistics.vectors import Floats, Integers

DRAWS: Final = 5000
"""Resamples of whole patients behind a bootstrapped gain: at alpha 0.005 a bound still has 25 beyond it."""

PAIRED: Final = "paired Student's t"
_ALIKE: Final = "both models do the same for every patient, so the difference has no variance and no interval"


@dataclass(frozen=True)
class Gain:
    """Both values of a metric, their difference, its one-sided bounds and standard error; plus is better.

    `better` is 1 where more of the metric is better, -1 where less is. Bounds and error are None together,
    with a `reason`. `about` says what the gain is about, where the metric's name doesn't.
    """

    reference: float
    candidate: float
    low: float | None
    high: float | None
    standard_error: float | None
    method: str
    reason: str | None = None
    better: int = 1
    about: str = ""

    @property
    def value(self) -> float:
        """The candidate's gain."""
        return self.better * (self.candidate - self.reference)


@dataclass(frozen=True)
class Guard:
    """What vetoes on a shown loss over the whole test part: its rule, its metric, and its label."""

    rule: str
    metric: str
    label: str


@dataclass(frozen=True)
class Promise:
    """That a share `level` of new patients (of `class_`, of all where None) is held.

    So many `patients` of validation set the limit; `metric` says how many of the test part are.
    """

    metric: str
    class_: str | None
    level: float
    patients: int


def of_means(before: Floats, after: Floats, patient: Integers, *, alpha: float, better: int) -> Gain:
    """The gain in a mean of rows, shape (rows,), with Student's bounds; where patients recur, by their sums.

    `before` is the reference's and `after` the candidate's; `patient` is a code 0..patients-1. Student's
    bounds hold at the small alpha of a look, where percentiles of resamples are too narrow.
    """
    gained = better * (after - before)
    value, patients = float(gained.mean()), int(patient.max()) + 1
    sums = np.bincount(patient, gained - value)
    error = math.sqrt(patients / (patients - 1) * float(sums @ sums)) / gained.size if patients > 1 else 0.0
    values = float(before.mean()), float(after.mean())
    if error < ROUNDING:
        return Gain(*values, None, None, None, PAIRED, _ALIKE, better=better)
    half = -student_quantile(alpha, patients - 1) * error
    return Gain(*values, value - half, value + half, error, PAIRED, better=better)


def of_resamples(values: tuple[float, float], gained: Resampled, *, alpha: float, better: int) -> Gain:
    """The gain that was resampled as "value"; each bound is missed with probability `alpha`.

    `values` are those of the reference and of the candidate.
    """
    estimate = gained.estimate("value", level=1 - 2 * alpha)
    error = float(np.nanstd(gained.values["value"], ddof=1))
    if error < ROUNDING or estimate.low is None or estimate.high is None:
        reason = _ALIKE if error < ROUNDING else estimate.reason
        return Gain(*values, None, None, None, METHOD, reason, better=better)
    return Gain(*values, estimate.low, estimate.high, error, METHOD, better=better)
