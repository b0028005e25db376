"""Every row of the rule on both sides of its bound, against intervals worked out another way.

The expected bounds are the gain plus and minus normal quantiles of the jackknife's standard error, which
leaves out one patient at a time (Efron & Tibshirani 1993 ch. 11); the metrics are scikit-learn's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from pipeline.compare.judge import judge
from pipeline.compare.rows import Evidence, rows
from pipeline.compare.rule import era_criterion
from pipeline.compare.verdict import Row
from pipeline.config import Compare
from pipeline.tasks.classification.gains import gain
from pipeline.tasks.classification.pairs import Pairs, Scores
from pipeline.tasks.registry import task_of

TASK = task_of("classification")
ALPHA = 0.01
"""Of one look; guards are judged at 0.05."""
MARGIN = 0.05
CLEAR = 0.25
"""Two ways to estimate a bound may differ by so many standard errors: 5000 resamples alone make 0.05."""

Metric = Callable[[np.ndarray, Scores, np.ndarray], float]


def _area(truth: np.ndarray, scores: Scores, weights: np.ndarray) -> float:
    """The share of pairs in order, ties a half."""
    score = scores.probability[:, 1]
    ahead = score[truth == 1][:, None] - score[truth == 0]
    of_one, of_other = weights[truth == 1], weights[truth == 0]
    return of_one @ ((np.sign(ahead) + 1) / 2) @ of_other / (of_one.sum() * of_other.sum())


def _sensitivity(truth: np.ndarray, scores: Scores, weights: np.ndarray) -> float:
    return np.average(scores.decided[truth == 1], weights=weights[truth == 1])


def _specificity(truth: np.ndarray, scores: Scores, weights: np.ndarray) -> float:
    return np.average(1 - scores.decided[truth == 0], weights=weights[truth == 0])


def _brier_skill(truth: np.ndarray, scores: Scores, weights: np.ndarray) -> float:
    prevalence = np.average(truth, weights=weights)
    score = np.average((truth - scores.probability[:, 1]) ** 2, weights=weights)
    return 1 - score / (prevalence * (1 - prevalence))


METRICS: dict[str, Metric] = {
    "auroc": _area,
    "sensitivity": _sensitivity,
    "specificity": _specificity,
    "brier_skill": _brier_skill,
}
GAINS = {name: partial(gain, name) for name in METRICS}


def graded(loss: float, patients: int = 160) -> Pairs:
    """A champion and a candidate whose scores of positives are lower by `loss`, half of them positive."""
    generator = np.random.default_rng(11)
    truth = np.arange(patients) % 2
    shared = generator.standard_normal(patients)
    scores = []
    for lowered in (0.0, loss):
        logit = (1.9 - lowered) * truth - 0.95 + shared + 0.6 * generator.standard_normal(patients)
        positive = expit(logit)
        scores.append(Scores(np.column_stack([1 - positive, positive]), (positive >= 0.5).astype(np.int64)))
    names = tuple(f"p{index:03d}" for index in range(patients))
    return Pairs(names, np.arange(patients), truth, 1, *scores)


def graded_for(metric: str, loss: float, patients: int = 160) -> Pairs:
    """Those that lose in a metric: of specificity the same with both classes exchanged."""
    pairs = graded(loss, patients)
    if metric != "specificity":
        return pairs
    reference, candidate = (
        Scores(each.probability[:, ::-1], 1 - each.decided) for each in (pairs.reference, pairs.candidate)
    )
    return Pairs(pairs.names, pairs.patient, 1 - pairs.truth, 1, reference, candidate)


@dataclass(frozen=True)
class Expected:
    """A gain and its standard error by the jackknife."""

    gain: float
    error: float

    def bounds(self, alpha: float) -> tuple[float, float]:
        z = norm.isf(alpha)
        return self.gain - z * self.error, self.gain + z * self.error


@cache
def expected(metric: str, loss: float, patients: int = 160) -> Expected:
    pairs, measure = graded_for(metric, loss, patients), METRICS[metric]

    def difference(weights: np.ndarray) -> float:
        of_candidate = measure(pairs.truth, pairs.candidate, weights)
        return of_candidate - measure(pairs.truth, pairs.reference, weights)

    n = pairs.patients
    without = [difference(one_left_out) for one_left_out in 1 - np.eye(n)]
    return Expected(
        difference(np.ones(n)), float(np.sqrt((n - 1) / n * ((without - np.mean(without)) ** 2).sum()))
    )


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.005])
@pytest.mark.parametrize("metric", sorted(METRICS))
def test_both_bounds_of_a_gain_lie_where_alpha_puts_them(metric: str, alpha: float) -> None:
    found = GAINS[metric](graded_for(metric, 0.2, patients=640), alpha=alpha, seed=1)
    wanted = expected(metric, 0.2, patients=640)
    assert found.value == pytest.approx(wanted.gain, abs=1e-12)
    assert found.standard_error == pytest.approx(wanted.error, rel=0.08)
    # the next alpha of the three is 0.25 to 0.68 standard errors away
    assert (found.low, found.high) == pytest.approx(wanted.bounds(alpha), abs=0.15 * wanted.error)


@dataclass(frozen=True)
class Rule:
    """What a row of the rule must ask: `gain > bound`, judged at `alpha`."""

    role: str
    metric: str
    bound: float
    alpha: float


RULES = {
    "non_inferior_core": Rule("require", "auroc", -MARGIN, ALPHA),
    "non_inferior_era": Rule("require", "auroc", -MARGIN, ALPHA),
    "superior_era": Rule("require", "auroc", 0.0, ALPHA),
    "non_inferior_anchor": Rule("require", "auroc", -MARGIN, ALPHA),
    "guard_sensitivity": Rule("guard", "sensitivity", -MARGIN, 0.05),
    "guard_specificity": Rule("guard", "specificity", -MARGIN, 0.05),
    "guard_brier": Rule("guard", "brier_skill", -MARGIN, 0.05),
    "guard_group": Rule("guard", "auroc", -MARGIN, 0.05),
}
LOSSES = [round(step * 0.1, 1) for step in range(-9, 11)]


@cache
def judged(metric: str, loss: float) -> dict[str, Row]:
    """Every row that a rule can have, by its name, all of the pairs that lose in the metric."""
    pairs = graded_for(metric, loss)
    everyone = frozenset(pairs.names)
    improve, maintain = (Compare(margin=MARGIN, objective=aim) for aim in ("improve", "maintain"))
    whole = Evidence(pairs, everyone, anchor=("0001", pairs), groups={"site = A": everyone})
    found = rows(TASK, maintain, whole, alpha=ALPHA, seed=1)
    eras = (
        judge(TASK, era_criterion(TASK.verdict, compare, alpha=ALPHA), pairs, seed=1)
        for compare in (improve, maintain)
    )
    return {row.rule: row for row in (*found, *eras)}


def outcome(rule: Rule, loss: float) -> str | None:
    """PASS, FAIL or UNKNOWN by the jackknife; None where a bound lies too near for another method."""
    wanted = expected(rule.metric, loss)
    low, high = wanted.bounds(rule.alpha)
    if min(abs(low - rule.bound), abs(high)) < CLEAR * wanted.error:
        return None
    if low > rule.bound:
        return "PASS"
    return "FAIL" if high < 0 else "UNKNOWN"


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_row_passes_and_fails_on_the_two_sides_of_its_bound(name: str) -> None:
    rule = RULES[name]
    told = {loss: found for loss in LOSSES if (found := outcome(rule, loss))}
    assert set(told.values()) == {"PASS", "FAIL", "UNKNOWN"}
    changes = [pair for pair in itertools.pairwise(told) if len({told[loss] for loss in pair}) == 2]
    for loss in {loss for pair in changes for loss in pair}:
        row = judged(rule.metric, loss)[name]
        assert row.outcome == told[loss], row.sentence
        assert (row.role, row.metric, row.bound) == (rule.role, rule.metric, rule.bound)
        assert row.level == pytest.approx(1 - 2 * rule.alpha)
        assert row.value == pytest.approx(expected(rule.metric, loss).gain, abs=1e-12)


def test_every_row_that_a_rule_can_have_is_among_those() -> None:
    pairs = graded(0.0)
    half = frozenset(pairs.names[::2])
    everything = Evidence(pairs, half, anchor=("0001", pairs), groups={"site = A": half})
    found = {
        row.rule
        for objective in ("improve", "maintain")
        for row in rows(TASK, Compare(objective=objective), everything, alpha=ALPHA, seed=1)
    }
    assert found == set(RULES)


def test_the_margin_of_the_settings_is_the_bound_of_all_rows_but_superiority() -> None:
    pairs = graded(0.0)
    evidence = Evidence(
        pairs, frozenset(pairs.names[::2]), ("0001", pairs), {"a = b": frozenset(pairs.names)}
    )
    found = rows(TASK, Compare(margin=0.125), evidence, alpha=ALPHA, seed=1)
    assert {row.rule: row.bound for row in found} == {
        name: 0.0 if name == "superior_era" else -0.125 for name in RULES if name != "non_inferior_era"
    }


def test_a_class_one_patient_short_of_the_least_leaves_every_row_open() -> None:
    pairs = graded(0.0)
    for least in (14, 15):
        few = pairs.chosen((pairs.truth == 0) | (np.cumsum(pairs.truth) <= least))
        names = frozenset(few.names)
        for core in (names, frozenset()):
            evidence = Evidence(few, core, anchor=("0001", few), groups={"site = A": names})
            asked = [row for row in rows(TASK, Compare(), evidence, alpha=ALPHA, seed=1) if row.patients]
            assert len(asked) == 6
            assert {row.value is None for row in asked} == {least == 14}


def test_a_group_one_patient_short_of_the_least_has_no_row() -> None:
    pairs = graded(0.0)
    groups = {f"size = {size}": frozenset(pairs.names[:size]) for size in (19, 20)}
    found = rows(TASK, Compare(), Evidence(pairs, frozenset(), groups=groups), alpha=ALPHA, seed=1)
    assert [row.part for row in found if row.rule == "guard_group"] == ["test, size = 20"]
