"""What a candidate gains over a reference on the same patients: differences of metrics with their bounds.

Plus is always better. The area under the ROC curve of two classes with one score a patient has DeLong's
paired interval; every other gain is bootstrapped over whole patients, both models on the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.statistics.auroc import paired_delong
from pipeline.statistics.bootstrap import METHOD, ROUNDING, Resampled
from pipeline.statistics.paired import bootstrap_difference
from pipeline.statistics.ranking import area, rank
from pipeline.statistics.vectors import Floats
from pipeline.tasks.classification.pairs import Pairs, Scores

DRAWS = 5000


@dataclass(frozen=True)
class Gain:
    """Both values of a metric, their difference, its one-sided bounds and standard error.

    Bounds and error are None together, with a `reason`.
    """

    reference: float
    candidate: float
    low: float | None
    high: float | None
    standard_error: float | None
    method: str
    reason: str | None = None

    @property
    def value(self) -> float:
        """The candidate's gain."""
        return self.candidate - self.reference


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


def sensitivity_gain(pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in sensitivity of the decisions (of equal classes: the mean of their sensitivities)."""
    return _bootstrapped(pairs, _sensitivity, alpha=alpha, seed=seed)


def brier_skill_gain(pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in Brier skill: 1 - Brier score / Brier score of always saying the prevalence."""
    return _bootstrapped(pairs, _brier_skill, alpha=alpha, seed=seed)


Statistic = Callable[[Floats], dict[str, float | Floats]]
StatisticOf = Callable[[Pairs, Scores], Statistic]


def _bootstrapped(pairs: Pairs, statistic_of: StatisticOf, *, alpha: float, seed: int) -> Gain:
    of_reference, of_candidate = (
        statistic_of(pairs, scores) for scores in (pairs.reference, pairs.candidate)
    )
    once = np.ones(pairs.patients)
    values = [float(of(once)["value"]) for of in (of_reference, of_candidate)]
    if not all(math.isfinite(value) for value in values):
        raise ValueError("the metric needs more classes than these patients have")
    drawn = bootstrap_difference(of_reference, of_candidate, pairs.membership(), resamples=DRAWS, seed=seed)
    return _with_bounds(*values, drawn=drawn, alpha=alpha)


def _with_bounds(reference: float, candidate: float, *, drawn: Resampled, alpha: float) -> Gain:
    estimate = drawn.estimate("value", level=1 - 2 * alpha)
    error = float(np.nanstd(drawn.values["value"], ddof=1))
    if error < ROUNDING:
        reason = (
            "both models do the same for every patient, so the difference has no variance and no interval"
        )
        return Gain(reference, candidate, None, None, None, METHOD, reason)
    if estimate.low is None or estimate.high is None:
        return Gain(reference, candidate, None, None, None, METHOD, estimate.reason)
    return Gain(reference, candidate, estimate.low, estimate.high, error, METHOD)


def _area(pairs: Pairs, scores: Scores) -> Statistic:
    rankings = [
        rank((pairs.truth == index).astype(np.int64), scores.probability[:, index], pairs.patient)
        for index in _judged_classes(pairs)
    ]

    def statistic(weights: Floats) -> dict[str, float | Floats]:
        return {"value": float(np.mean([area(ranking.counts(weights)) for ranking in rankings]))}

    return statistic


def _sensitivity(pairs: Pairs, scores: Scores) -> Statistic:
    patients = pairs.patients
    of_class = [pairs.truth == index for index in _judged_classes(pairs)]
    cases = [np.bincount(pairs.patient[flags], minlength=patients) for flags in of_class]
    found = [
        np.bincount(pairs.patient[flags & (scores.decided == pairs.truth)], minlength=patients)
        for flags in of_class
    ]

    def statistic(weights: Floats) -> dict[str, float | Floats]:
        with np.errstate(invalid="ignore"):
            shares = [
                np.divide(weights @ hit, weights @ all_) for hit, all_ in zip(found, cases, strict=True)
            ]
        return {"value": float(np.mean(shares))}

    return statistic


def _brier_skill(pairs: Pairs, scores: Scores) -> Statistic:
    truth = np.eye(scores.probability.shape[1])[pairs.truth]
    squares = np.bincount(
        pairs.patient, ((scores.probability - truth) ** 2).sum(axis=1), minlength=pairs.patients
    )
    counts = np.stack(
        [np.bincount(pairs.patient, column, minlength=pairs.patients) for column in truth.T], axis=1
    )

    def statistic(weights: Floats) -> dict[str, float | Floats]:
        shares = weights @ counts / (weights @ counts).sum()
        score = weights @ squares / (weights @ counts).sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"value": float(1 - np.divide(score, 1 - shares @ shares))}

    return statistic


def _judged_classes(pairs: Pairs) -> list[int]:
    if pairs.positive is not None:
        return [pairs.positive]
    return [index for index in range(pairs.reference.probability.shape[1]) if (pairs.truth == index).any()]
