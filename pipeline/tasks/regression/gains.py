"""What a candidate gains over a reference on the same patients: differences of errors with their bounds.

Plus is better: a smaller error. The gain in mean absolute error is a mean of paired differences, so it has
Student's bounds, which hold at the small alpha of a look where percentiles of resamples are too narrow; every
other gain is bootstrapped over whole patients, both models on the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from pipeline.statistics import agreement
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.bootstrap import METHOD, ROUNDING, Statistic
from pipeline.statistics.laws import student_quantile
from pipeline.statistics.paired import bootstrap_difference
from pipeline.statistics.vectors import Floats
from pipeline.tasks.gain import DRAWS, Gain
from pipeline.tasks.regression.pairs import Pairs

PAIRED: Final = "paired Student's t"
_ALIKE: Final = "both models do the same for every patient, so the difference has no variance and no interval"


def gain(metric: str, pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in a metric of which less is better; each bound is missed with probability `alpha`."""
    if metric == "mae":
        return mae_gain(pairs, alpha=alpha)
    return _bootstrapped(pairs, _STATISTICS[metric], alpha=alpha, seed=seed)


def mae_gain(pairs: Pairs, *, alpha: float) -> Gain:
    """The gain in mean absolute error, with one-sided bounds; where patients recur, by their sums."""
    before, after = (np.abs(rows.difference) for rows in pairs.rows())
    gained, patients = before - after, pairs.patients
    value = float(gained.mean())
    sums = np.bincount(pairs.patient, gained - value)
    error = math.sqrt(patients / (patients - 1) * float(sums @ sums)) / gained.size if patients > 1 else 0.0
    values = float(before.mean()), float(after.mean())
    if error < ROUNDING:
        return Gain(*values, None, None, None, PAIRED, _ALIKE, better=-1)
    half = float(-student_quantile(alpha, patients - 1)) * error
    return Gain(*values, value - half, value + half, error, PAIRED, better=-1)


def _bootstrapped(
    pairs: Pairs, of_rows: Callable[[Measurements], Statistic], *, alpha: float, seed: int
) -> Gain:
    reference, candidate = (of_rows(rows) for rows in pairs.rows())
    everybody = np.ones(pairs.patients)
    values = [float(of(everybody)["value"]) for of in (reference, candidate)]
    resampled = bootstrap_difference(
        candidate, reference, np.ones((pairs.patients, 1), dtype=np.bool_), resamples=DRAWS, seed=seed
    )
    estimate = resampled.estimate("value", level=1 - 2 * alpha)
    error = float(np.nanstd(resampled.values["value"], ddof=1))
    if error < ROUNDING or estimate.low is None or estimate.high is None:
        reason = _ALIKE if error < ROUNDING else estimate.reason
        return Gain(values[0], values[1], None, None, None, METHOD, reason, better=-1)
    return Gain(values[0], values[1], estimate.low, estimate.high, error, METHOD, better=-1)


def _rmse(rows: Measurements) -> Statistic:
    measured = agreement.statistic(rows)
    return lambda weights: {"value": measured(weights)["rmse"]}


def _absolute_bias(rows: Measurements) -> Statistic:
    measured = agreement.statistic(rows)

    def of(weights: Floats) -> dict[str, float | Floats]:
        return {"value": abs(float(measured(weights)["bias"]))}

    return of


_STATISTICS: Final[Mapping[str, Callable[[Measurements], Statistic]]] = {
    "absolute_bias": _absolute_bias,
    "rmse": _rmse,
}
