"""What a test means where the disease has another prevalence than in the sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import expit, logit

from pipeline.statistics.confusion import Confusion, ratio
from pipeline.statistics.estimate import Estimate, missing, quantile

SCALES = (1_000, 10_000, 100_000)
LEAST_DISEASED = 10  # a choice: of fewer, found and missed in whole people would say little
LOGIT, LOG = "logit interval", "log interval"


@dataclass(frozen=True)
class Population:
    """Whole numbers of people that add up to `scale`: found, missed, falsely alarmed, rightly left alone."""

    scale: int
    diseased: int
    tp: int
    fn: int
    fp: int
    tn: int


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> tuple[float, float]:
    """PPV and NPV by Bayes; nan where nobody would be flagged, or nobody cleared."""
    detected, missed = sensitivity * prevalence, (1 - sensitivity) * prevalence
    alarmed, cleared = (1 - specificity) * (1 - prevalence), specificity * (1 - prevalence)
    return ratio(detected, detected + alarmed), ratio(cleared, cleared + missed)


def predictive_value_estimates(
    counts: Confusion, prevalence: float, *, level: float
) -> tuple[Estimate, Estimate]:
    """PPV and NPV with logit intervals (Mercaldo, Lau & Zhou 2007, Stat Med 26:2170).

    Each row is another patient. No interval when one of the four counts is zero.
    """
    tp, fp, fn, tn = counts
    values = predictive_values(ratio(tp, tp + fn), ratio(tn, tn + fp), prevalence)
    if min(counts) == 0:
        return _without_interval(values[0]), _without_interval(values[1])
    variances = fn / (tp * (tp + fn)) + tn / (fp * (tn + fp)), tp / (fn * (tp + fn)) + fp / (tn * (tn + fp))
    ppv, npv = (_logit_interval(v, s, level=level) for v, s in zip(values, variances, strict=True))
    return ppv, npv


def likelihood_ratios(counts: Confusion, *, level: float) -> tuple[Estimate, Estimate]:
    """LR+ and LR- with log intervals (Simel, Samsa & Matchar 1991, J Clin Epidemiol 44:763).

    Each row is another patient. No interval where a count in it is zero.
    """
    tp, fp, fn, tn = counts
    positives, negatives = tp + fn, tn + fp
    return (
        _log_ratio((tp, positives), (fp, negatives), level=level),
        _log_ratio((fn, positives), (tn, negatives), level=level),
    )


def population(sensitivity: float, specificity: float, prevalence: float, *, scale: int) -> Population:
    """Of `scale` people how many fall in each cell; halves round up, the rest by subtraction."""
    diseased = _halves_up(scale * prevalence)
    tp = _halves_up(diseased * sensitivity)
    tn = _halves_up((scale - diseased) * specificity)
    return Population(scale, diseased, tp, diseased - tp, scale - diseased - tn, tn)


def scale_for(prevalence: float) -> int:
    """The smallest of 1000, 10 000 and 100 000 people among whom at least ten are diseased."""
    return next((scale for scale in SCALES if scale * prevalence >= LEAST_DISEASED), SCALES[-1])


def _halves_up(number: float) -> int:
    # Rounded first: 0.5005 * 1000 is 500.49999999999994 in binary.
    return math.floor(round(number, 9) + 0.5)


def _without_interval(value: float) -> Estimate:
    if math.isnan(value):
        return missing("nobody is in the denominator", LOGIT)
    return Estimate(value, method=LOGIT, reason="a count of the confusion matrix is zero: no interval")


def _logit_interval(value: float, variance: float, *, level: float) -> Estimate:
    half = quantile(level) * math.sqrt(variance)
    return Estimate(value, float(expit(logit(value) - half)), float(expit(logit(value) + half)), LOGIT)


def _log_ratio(upper: tuple[float, float], lower: tuple[float, float], *, level: float) -> Estimate:
    """The ratio of two proportions, each given as (part, whole)."""
    if lower[0] == 0 or upper[1] == 0:
        return missing("zero in the denominator", LOG)
    value = (upper[0] / upper[1]) / (lower[0] / lower[1])
    if upper[0] == 0:
        return Estimate(value, method=LOG, reason="a count is zero: no interval")
    half = quantile(level) * math.sqrt(1 / upper[0] - 1 / upper[1] + 1 / lower[0] - 1 / lower[1])
    return Estimate(value, value * math.exp(-half), value * math.exp(half), LOG)
