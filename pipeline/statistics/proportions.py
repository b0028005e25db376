"""Intervals of a proportion in which every patient counts once."""

from __future__ import annotations

import math

from pipeline.statistics.estimate import Estimate, missing, quantile
from pipeline.statistics.laws import beta_quantile


def wilson(successes: float, trials: float, *, level: float) -> Estimate:
    """The proportion with Wilson's score interval (1927, JASA 22:209)."""
    if trials == 0:
        return missing("no case in the denominator", "Wilson")
    z = quantile(level)
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    # At the ends the formula gives exactly 0 or 1, but for rounding.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return Estimate(share, low, high, "Wilson")


def at_an_end(resampled: Estimate, patients: int, *, level: float) -> Estimate:
    """The resampled proportion, but at 0 and 1 Wilson's of the patients: there no resample differs."""
    if resampled.value is None or 0 < resampled.value < 1:
        return resampled
    return wilson(math.floor(resampled.value) * patients, patients, level=level)


def clopper_pearson(successes: float, trials: float, *, level: float) -> Estimate:
    """The proportion with the exact interval (Clopper & Pearson 1934, Biometrika 26:404)."""
    if trials == 0:
        return missing("no case in the denominator", "Clopper-Pearson")
    tail = (1 - level) / 2
    failures = trials - successes
    low = 0.0 if successes == 0 else beta_quantile(tail, successes, failures + 1)
    high = 1.0 if failures == 0 else beta_quantile(1 - tail, successes + 1, failures)
    return Estimate(successes / trials, low, high, "Clopper-Pearson")
