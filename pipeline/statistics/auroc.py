"""Area under the ROC curve with its variance: DeLong, paired DeLong, and Obuchowski for clustered cases.

The area is P(s+ > s-) + P(s+ = s-) / 2 (Hanley & McNeil 1982), computed from midranks in float64
(Sun & Xu 2014, IEEE Signal Process Lett 21:1389), so a run takes O(n log n).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from pipeline.statistics.estimate import Estimate, quantile, two_sided_p, wald
from pipeline.statistics.vectors import Flags, Floats, Integers


@dataclass(frozen=True)
class Auroc:
    """An area, the variance of its estimate and the method that gave the variance."""

    value: float
    variance: float
    method: str


@dataclass(frozen=True)
class Difference:
    """The difference b - a of two areas; interval, `z` and `p` are None where its variance is zero."""

    a: float
    b: float
    value: float
    variance: float
    low: float | None
    high: float | None
    z: float | None
    p: float | None
    method: str


def auroc(truth: Integers, score: Floats, patient: Integers) -> Auroc:
    """The area with the variance that fits the data: DeLong, or Obuchowski where a patient recurs."""
    if np.unique(patient).size == patient.size:
        return delong(truth, score)
    return obuchowski(truth, score, patient)


def delong(truth: Integers, score: Floats) -> Auroc:
    """The area with DeLong's variance (1988, Biometrics 44:837); every row is another patient.

    Raises ValueError when only one class is present.
    """
    positive, negative = _placements(truth == 1, score)
    variance = _variance(positive) / positive.size + _variance(negative) / negative.size
    return Auroc(float(positive.mean()), variance, "delong")


def obuchowski(truth: Integers, score: Floats, patient: Integers) -> Auroc:
    """The area with the variance for several rows a patient (Obuchowski 1997, Biometrics 53:567).

    With one row a patient it equals DeLong's. Raises ValueError when only one class is present.
    """
    is_positive = truth == 1
    positive, negative = _placements(is_positive, score)
    area = float(positive.mean())
    codes = np.unique(patient, return_inverse=True)[1]
    of_positive, of_negative = codes[is_positive], codes[~is_positive]
    clusters = int(codes.max()) + 1
    # Sums of the structural components of a patient, centred by the patient's own number of cases.
    sum_positive = np.bincount(of_positive, positive - area, minlength=clusters)
    sum_negative = np.bincount(of_negative, negative - area, minlength=clusters)
    variance = (
        _correction(np.unique(of_positive).size) * float(sum_positive @ sum_positive) / positive.size**2
        + _correction(np.unique(of_negative).size) * float(sum_negative @ sum_negative) / negative.size**2
        + 2 * _correction(clusters) * float(sum_positive @ sum_negative) / (positive.size * negative.size)
    )
    return Auroc(area, max(variance, 0.0), "obuchowski")


def interval(area: Auroc, *, level: float) -> Estimate:
    """The area with its Wald interval clipped to [0, 1]; no interval at zero variance."""
    raw = wald(area.value, math.sqrt(area.variance), level=level, method=area.method)
    if raw.low is None or raw.high is None:
        return raw
    return Estimate(area.value, max(raw.low, 0.0), min(raw.high, 1.0), area.method)


def paired_delong(truth: Integers, score_a: Floats, score_b: Floats, *, level: float) -> Difference:
    """The difference b - a of two models on the same patients, one row a patient (DeLong 1988).

    Raises ValueError when only one class is present.
    """
    positive_a, negative_a = _placements(truth == 1, score_a)
    positive_b, negative_b = _placements(truth == 1, score_b)
    # The variance of a difference of means of paired components needs no covariance matrix.
    variance = (
        _variance(positive_b - positive_a) / positive_a.size
        + _variance(negative_b - negative_a) / negative_a.size
    )
    areas = float(positive_a.mean()), float(positive_b.mean())
    return _difference(areas, variance, level=level, method="paired_delong")


def independent_difference(a: Auroc, b: Auroc, *, level: float) -> Difference:
    """The difference b - a of areas on two groups that share no patient."""
    return _difference(
        (a.value, b.value), a.variance + b.variance, level=level, method=f"independent_{a.method}"
    )


def _placements(is_positive: Flags, score: Floats) -> tuple[Floats, Floats]:
    """DeLong's structural components: of each positive the share of negatives below it, and the reverse.

    Shapes (positives,) and (negatives,); both have the area as their mean.
    """
    positives = int(is_positive.sum())
    negatives = is_positive.size - positives
    if positives == 0 or negatives == 0:
        raise ValueError("an area under the ROC curve needs both classes")
    score = np.asarray(score, dtype=np.float64)
    overall = rankdata(score)
    among_positives = rankdata(score[is_positive])
    among_negatives = rankdata(score[~is_positive])
    of_positives = (overall[is_positive] - among_positives) / negatives
    of_negatives = 1.0 - (overall[~is_positive] - among_negatives) / positives
    return of_positives, of_negatives


def _variance(components: Floats) -> float:
    """The sample variance (n - 1); zero for a single component, which tells nothing about spread."""
    return float(components.var(ddof=1)) if components.size > 1 else 0.0


def _correction(clusters: int) -> float:
    return clusters / (clusters - 1) if clusters > 1 else 0.0


def _difference(areas: tuple[float, float], variance: float, *, level: float, method: str) -> Difference:
    value = areas[1] - areas[0]
    # Equal rankings leave rounding of the order of 1e-33 where the variance is truly zero.
    if variance < 1e-24:
        return Difference(*areas, value, 0.0, None, None, None, None, method)
    error = math.sqrt(variance)
    half = quantile(level) * error
    z = value / error
    return Difference(*areas, value, variance, value - half, value + half, z, two_sided_p(z), method)
