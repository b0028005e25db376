"""A threshold chosen by a rule fixed beforehand, among the distinct scores and "above them all".

Highest threshold that keeps a sensitivity, lowest that keeps a specificity, Youden's index (1950),
or expected cost (Metz 1978); ties go to the lowest threshold, the more sensitive one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.statistics.ranking import rank
from pipeline.statistics.vectors import Floats, Integers

GUARD = 1e-12  # a rate such as 19/20 must reach a target of 0.95


@dataclass(frozen=True)
class Rule:
    """How a threshold is chosen; `at_least` is the target of the rules sensitivity and specificity.

    `prevalence` weighs the cost rule; None takes that of the cases.
    """

    name: str
    at_least: float = 0.0
    cost_false_negative: float = 1.0
    cost_false_positive: float = 1.0
    prevalence: float | None = None


def choose(truth: Integers, score: Floats, rule: Rule) -> float:
    """The threshold that the rule picks; infinity when it is "above every score".

    Raises ValueError when only one class is present.
    """
    positives = int((truth == 1).sum())
    if positives in (0, truth.size):
        raise ValueError("a threshold needs both classes")
    ranking = rank(truth, score, np.arange(truth.size))
    counts = ranking.counts(np.ones(truth.size))
    candidates = np.append(np.inf, ranking.thresholds)
    sensitivity = counts.tp / positives
    specificity = 1 - counts.fp / (truth.size - positives)
    return float(candidates[_PICK[rule.name](sensitivity, specificity, rule, positives / truth.size)])


def _keep_sensitivity(sensitivity: Floats, specificity: Floats, rule: Rule, share: float) -> int:
    return int(np.flatnonzero(sensitivity >= rule.at_least - GUARD)[0])


def _keep_specificity(sensitivity: Floats, specificity: Floats, rule: Rule, share: float) -> int:
    return int(np.flatnonzero(specificity >= rule.at_least - GUARD)[-1])


def _youden(sensitivity: Floats, specificity: Floats, rule: Rule, share: float) -> int:
    return _last_largest(sensitivity + specificity)


def _cost(sensitivity: Floats, specificity: Floats, rule: Rule, share: float) -> int:
    prevalence = share if rule.prevalence is None else rule.prevalence
    missed = prevalence * (1 - sensitivity) * rule.cost_false_negative
    false_alarms = (1 - prevalence) * (1 - specificity) * rule.cost_false_positive
    return _last_largest(-missed - false_alarms)


def _last_largest(values: Floats) -> int:
    return int(np.flatnonzero(values >= values.max() - GUARD)[-1])


_PICK: dict[str, Callable[[Floats, Floats, Rule, float], int]] = {
    "cost": _cost,
    "sensitivity": _keep_sensitivity,
    "specificity": _keep_specificity,
    "youden": _youden,
}
