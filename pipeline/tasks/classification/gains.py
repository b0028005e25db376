"""What a candidate gains over a reference on the same patients: differences of metrics with their bounds.

Plus is always better. The area under the ROC curve of two classes with one score a patient has DeLong's
paired interval; every other gain is bootstrapped over whole patients, both models on the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from pipeline.statistics.auroc import paired_delong
from pipeline.statistics.bootstrap import Statistic
from pipeline.statistics.paired import bootstrap_difference
from pipeline.statistics.sample import Sample
from pipeline.tasks.classification import quality
from pipeline.tasks.classification.detection import mean_area, recalls, specificities
from pipeline.tasks.classification.pairs import Pairs, Scores
from pipeline.tasks.gain import DRAWS, Gain, of_resamples


def gain(metric: str, pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in a metric; `low` and `high` are each missed with probability `alpha`.

    Raises ValueError when the patients lack a class that the metric needs.
    """
    if metric == "auroc":
        return auroc_gain(pairs, alpha=alpha, seed=seed)
    return _bootstrapped(pairs, _STATISTICS[metric], alpha=alpha, seed=seed)


def auroc_gain(pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in area under the ROC curve (of more than two classes: the mean of one against the rest).

    `low` and `high` are each missed with probability `alpha`. Raises ValueError when only one class is
    present.
    """
    if pairs.positive is None or pairs.patients < len(pairs.names):
        return _bootstrapped(pairs, _area, alpha=alpha, seed=seed)
    chosen = pairs.positive
    result = paired_delong(
        (pairs.truth == chosen).astype(np.int64),
        pairs.reference.probability[:, chosen],
        pairs.candidate.probability[:, chosen],
        level=1 - 2 * alpha,
    )
    if result.low is None:
        reason = "both models order the patients alike, so the difference has no variance and no interval"
        return Gain(result.a, result.b, None, None, None, result.method, reason)
    return Gain(result.a, result.b, result.low, result.high, math.sqrt(result.variance), result.method)


StatisticOf = Callable[[Pairs, Scores], Statistic]


def _bootstrapped(pairs: Pairs, statistic_of: StatisticOf, *, alpha: float, seed: int) -> Gain:
    of_reference, of_candidate = (
        statistic_of(pairs, scores) for scores in (pairs.reference, pairs.candidate)
    )
    once = np.ones(pairs.patients)
    values = float(of_reference(once)["value"]), float(of_candidate(once)["value"])
    if not all(math.isfinite(value) for value in values):
        raise ValueError("the metric needs more classes than these patients have")
    resampled = bootstrap_difference(
        of_reference, of_candidate, pairs.membership(), resamples=DRAWS, seed=seed
    )
    return of_resamples(values, resampled, alpha=alpha, better=1)


def _area(pairs: Pairs, scores: Scores) -> Statistic:
    sample = _sample(pairs, scores)
    area = mean_area(sample, np.ones(sample.truth.size, dtype=np.bool_), _judged_classes(pairs))
    return lambda weights: {"value": area(weights)}


def _sensitivity(pairs: Pairs, scores: Scores) -> Statistic:
    """The mean of the judged classes' sensitivities."""
    recall = recalls(_sample(pairs, scores), scores.decided)
    judged = _judged_classes(pairs)
    return lambda weights: {"value": float(np.mean(recall(weights)[judged]))}


def _specificity(pairs: Pairs, scores: Scores) -> Statistic:
    """The mean of the judged classes' specificities."""
    spared = specificities(_sample(pairs, scores), scores.decided)
    judged = _judged_classes(pairs)
    return lambda weights: {"value": float(np.mean(spared(weights)[judged]))}


def _brier_skill(pairs: Pairs, scores: Scores) -> Statistic:
    measured = quality.statistic(_sample(pairs, scores))
    return lambda weights: {"value": measured(weights)["brier_skill"]}


_STATISTICS: Final[Mapping[str, StatisticOf]] = {
    "brier_skill": _brier_skill,
    "sensitivity": _sensitivity,
    "specificity": _specificity,
}


def _sample(pairs: Pairs, scores: Scores) -> Sample:
    return Sample(pairs.truth, scores.probability, pairs.patient)


def _judged_classes(pairs: Pairs) -> list[int]:
    if pairs.positive is not None:
        return [pairs.positive]
    return [index for index in range(pairs.reference.probability.shape[1]) if (pairs.truth == index).any()]
