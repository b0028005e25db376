from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from pipeline.statistics import precision_recall, ranking

# A case: positive or not, a score with many ties, and how often its patient was drawn.
CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 3)), min_size=2, max_size=25)


def spelled_out(cases: list[tuple[bool, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """The same sample with every case written as often as it was drawn."""
    rows = [(truth, score) for truth, score, times in cases for _ in range(times)]
    return np.array([int(row[0]) for row in rows]), np.array([float(row[1]) for row in rows])


def counts_of(cases: list[tuple[bool, int, int]]) -> ranking.Counts:
    truth = np.array([int(case[0]) for case in cases])
    score = np.array([float(case[1]) for case in cases])
    order = ranking.rank(truth, score, np.arange(len(cases)))
    return order.counts(np.array([float(case[2]) for case in cases]))


@settings(max_examples=80)
@given(CASES)
def test_a_weight_counts_like_that_many_copies_of_the_patient(cases: list[tuple[bool, int, int]]) -> None:
    truth, score = spelled_out(cases)
    counts = counts_of(cases)
    if len(set(truth)) == 2:
        assert ranking.area(counts) == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
    else:
        assert np.isnan(ranking.area(counts))
    if truth.any():
        expected = average_precision_score(truth, score)
        assert precision_recall.average_precision(counts) == pytest.approx(expected, abs=1e-12)


def sample(seed: int) -> tuple[np.ndarray, np.ndarray, ranking.Ranking]:
    generator = np.random.default_rng(seed)
    truth = (generator.random(80) < 0.4).astype(int)
    score = np.round(generator.random(80) + 0.4 * truth, 1)
    return truth, score, ranking.rank(truth, score, np.arange(80))


def test_the_roc_curve_passes_through_the_points_of_scikit_learn() -> None:
    truth, score, order = sample(1)
    false_positive_rate, sensitivity, _ = roc_curve(truth, score, drop_intermediate=False)
    counts = order.counts(np.ones(80))
    # At a rate with a vertical step the upper end is read, as scikit-learn's last point of that rate.
    rates = np.unique(false_positive_rate)
    upper = [sensitivity[false_positive_rate == rate].max() for rate in rates]
    assert ranking.sensitivity_at(counts, rates) == pytest.approx(np.array(upper), abs=1e-12)


def test_precision_is_read_at_the_highest_threshold_that_reaches_the_recall() -> None:
    truth, score, order = sample(2)
    precision, recall, _ = precision_recall_curve(truth, score)
    counts = order.counts(np.ones(80))
    for value in np.unique(recall[recall > 0]):
        expected = precision[recall == value].max()
        found = precision_recall.precision_at(counts, np.array([value]))[0]
        assert found == pytest.approx(expected, abs=1e-12)


def test_a_position_counts_the_scores_at_or_above_the_threshold() -> None:
    order = ranking.rank(np.array([1, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.1]), np.arange(4))
    positions = order.positions(np.array([0.95, 0.9, 0.5, 0.05]))
    counts = order.counts(np.ones(4))
    assert counts.tp[positions].tolist() == [0, 1, 2, 2]
    assert counts.fp[positions].tolist() == [0, 0, 1, 2]


def test_all_cases_of_a_patient_have_its_weight() -> None:
    patient = np.array([0, 0, 1, 2])
    order = ranking.rank(np.array([1, 1, 0, 0]), np.array([0.4, 0.3, 0.2, 0.1]), patient)
    counts = order.counts(np.array([2.0, 1.0, 0.0]))
    assert (counts.tp[-1], counts.fp[-1]) == (4, 1)
