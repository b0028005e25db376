"""What a candidate gains over a reference on the same patients: overlap, borders, volumes, what is missed.

Plus is better. Guards are parts of the structure's own size, so that one margin fits all of them: a distance
of the diameter, a volume of the volume, a count of the patients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.statistics.bootstrap import Statistic
from pipeline.statistics.masks import MM3_PER_ML
from pipeline.statistics.paired import bootstrap_difference
from pipeline.statistics.vectors import Floats
from pipeline.tasks.gain import DRAWS, Gain, of_means, of_resamples
from pipeline.tasks.segmentation.measuring import mean_by_weight
from pipeline.tasks.segmentation.pairs import Pairs
from pipeline.tasks.segmentation.view import View

DIAMETER, VOLUME, MISSED = "hd95_over_diameter", "volume_error", "missed"


def gain(metric: str, pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in a metric; `low` and `high` are each missed with probability `alpha`.

    Raises ValueError when no patient has a structure.
    """
    if not pairs.measured:
        raise ValueError("no patient has a structure")
    if metric == VOLUME:
        return _bootstrapped(pairs, volume_error, alpha=alpha, seed=seed)
    if metric == MISSED:
        return _bootstrapped(pairs, _missed, alpha=alpha, seed=seed)
    if metric == DIAMETER:
        return _of_means(pairs, over_diameter, alpha=alpha, better=-1)
    return _of_means(pairs, lambda view: view.scored.over_structures().dice, alpha=alpha, better=1)


def over_diameter(view: View) -> Floats:
    """HD95 over the diameter of a ball of the structure's volume, mean over structures, shape (rows,)."""
    diameter_mm = np.cbrt(6 * view.scored.volume_truth * MM3_PER_ML / math.pi)
    return replace(view.scored, hd95=view.scored.hd95 / diameter_mm).over_structures().hd95


def volume_error(view: View) -> Statistic:
    """The size of the bias of each structure's volume over its mean volume, mean over structures."""
    truth, said = view.scored.volume_truth, view.scored.volume_predicted
    known = ~np.isnan(truth) & ~np.isnan(said)
    sums = np.stack(
        [
            [
                np.bincount(view.patient[rows], values[rows, at], view.patients)
                for values in (said - truth, truth)
            ]
            for at, rows in enumerate(known.T)
        ]
    )  # (structures, 2, patients)

    def measured(weights: Floats) -> dict[str, float | Floats]:
        bias, volume = (sums @ weights).T
        held = volume > 0
        return {"value": float(np.mean(np.abs(bias[held]) / volume[held])) if held.any() else math.nan}

    return measured


def _missed(view: View) -> Statistic:
    """The share of rows with a structure of which one is missed."""
    values = view.scored.over_structures().missed
    held = ~np.isnan(values)
    mean = mean_by_weight(values[held], view.patient[held], view.patients)
    return lambda weights: {"value": mean(weights)}


def _of_means(pairs: Pairs, number: Callable[[View], Floats], *, alpha: float, better: int) -> Gain:
    before, after = number(pairs.reference), number(pairs.candidate)
    known = ~np.isnan(before)
    patient = np.unique(pairs.reference.patient[known], return_inverse=True)[1]
    return of_means(before[known], after[known], patient, alpha=alpha, better=better)


def _bootstrapped(
    pairs: Pairs, statistic_of: Callable[[View], Statistic], *, alpha: float, seed: int
) -> Gain:
    """The gain in a number of which less is better."""
    reference, candidate = statistic_of(pairs.reference), statistic_of(pairs.candidate)
    once, anybody = np.ones(pairs.patients), np.ones((pairs.patients, 1), dtype=np.bool_)
    values = float(reference(once)["value"]), float(candidate(once)["value"])
    resampled = bootstrap_difference(candidate, reference, anybody, resamples=DRAWS, seed=seed)
    return of_resamples(values, resampled, alpha=alpha, better=-1)
