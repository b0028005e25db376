from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.statistics import confusion, thresholds

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=20).filter(
    lambda rows: len({truth for truth, _ in rows}) == 2
)


def arrays(rows: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([int(truth) for truth, _ in rows]), np.array([score / 8 for _, score in rows])


def rates_at(truth: np.ndarray, score: np.ndarray, threshold: float) -> dict[str, float]:
    return confusion.rates(confusion.confusion(truth, score >= threshold))


@settings(max_examples=60)
@given(ROWS, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_no_higher_threshold_keeps_the_sensitivity(rows: list[tuple[bool, int]], target: float) -> None:
    truth, score = arrays(rows)
    chosen = thresholds.choose(truth, score, thresholds.Rule("sensitivity", target))
    assert rates_at(truth, score, chosen)["sensitivity"] >= target - 1e-12
    for higher in score[score > chosen]:
        assert rates_at(truth, score, higher)["sensitivity"] < target - 1e-12


@settings(max_examples=60)
@given(ROWS, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_no_lower_threshold_keeps_the_specificity(rows: list[tuple[bool, int]], target: float) -> None:
    truth, score = arrays(rows)
    chosen = thresholds.choose(truth, score, thresholds.Rule("specificity", target))
    assert rates_at(truth, score, chosen)["specificity"] >= target - 1e-12
    for lower in score[score < chosen]:
        assert rates_at(truth, score, lower)["specificity"] < target - 1e-12


@settings(max_examples=60)
@given(ROWS)
def test_no_threshold_costs_less_than_the_chosen_one(rows: list[tuple[bool, int]]) -> None:
    truth, score = arrays(rows)
    rule = thresholds.Rule("cost", cost_false_negative=3, cost_false_positive=1, prevalence=0.2)

    def cost(threshold: float) -> float:
        rates = rates_at(truth, score, threshold)
        return 0.2 * (1 - rates["sensitivity"]) * 3 + 0.8 * (1 - rates["specificity"])

    chosen = thresholds.choose(truth, score, rule)
    assert cost(chosen) <= min(cost(each) for each in [*score, math.inf]) + 1e-12


def test_equal_gains_go_to_the_more_sensitive_threshold() -> None:
    # Youden's index is 0.5 at 0.9 (1 of 2 found, no alarm) and at 0.5 (both found, 1 of 2 alarmed).
    truth, score = np.array([1, 0, 1, 0]), np.array([0.9, 0.7, 0.5, 0.1])
    assert thresholds.choose(truth, score, thresholds.Rule("youden")) == 0.5


def test_a_specificity_that_no_score_reaches_puts_the_threshold_above_all() -> None:
    truth, score = np.array([0, 1]), np.array([0.9, 0.1])
    assert thresholds.choose(truth, score, thresholds.Rule("specificity", 1.0)) == math.inf


def test_nineteen_of_twenty_reach_a_target_of_95_percent() -> None:
    truth = np.array([1] * 20 + [0])
    score = np.append(np.arange(20) / 20, 0.5)
    assert thresholds.choose(truth, score, thresholds.Rule("sensitivity", 0.95)) == 1 / 20


def test_one_class_alone_has_no_threshold() -> None:
    with pytest.raises(ValueError, match="both classes"):
        thresholds.choose(np.ones(3, dtype=int), np.arange(3.0), thresholds.Rule("youden"))
