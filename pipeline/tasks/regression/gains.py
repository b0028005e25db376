"""What a candidate gains over a reference on the same patients: differences of errors with their bounds.

Plus is better: a smaller error. The gain in mean absolute error is a mean of paired differences, so it has
Student's bounds, which hold at the small alpha of a look where percentiles of resamples are too narrow; every
other gain is bootstrapped over whole patients, both models on the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from pipeline.statistics import agreement
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.bootstrap import Statistic
from pipeline.statistics.paired import bootstrap_difference
from pipeline.statistics.vectors import Floats
from pipeline.tasks.gain import DRAWS, Gain, of_means, of_resamples
from pipeline.tasks.regression.pairs import Pairs


def gain(metric: str, pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in a metric of which less is better; each bound is missed with probability `alpha`."""
    if metric == "mae":
        return mae_gain(pairs, alpha=alpha)
    return _bootstrapped(pairs, _STATISTICS[metric], alpha=alpha, seed=seed)


def mae_gain(pairs: Pairs, *, alpha: float) -> Gain:
    """The gain in mean absolute error, with one-sided bounds; where patients recur, by their sums."""
    before, after = (np.abs(rows.difference) for rows in pairs.rows())
    return of_means(before, after, pairs.patient, alpha=alpha, better=-1)


def _bootstrapped(
    pairs: Pairs, of_rows: Callable[[Measurements], Statistic], *, alpha: float, seed: int
) -> Gain:
    reference, candidate = (of_rows(rows) for rows in pairs.rows())
    everybody = np.ones(pairs.patients)
    values = float(reference(everybody)["value"]), float(candidate(everybody)["value"])
    resampled = bootstrap_difference(
        candidate, reference, np.ones((pairs.patients, 1), dtype=np.bool_), resamples=DRAWS, seed=seed
    )
    return of_resamples(values, resampled, alpha=alpha, better=-1)


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
