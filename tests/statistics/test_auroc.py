from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pipeline.statistics import auroc

SCORES = st.lists(st.integers(0, 6), min_size=1, max_size=12)


def pair_share(positive: list[int], negative: list[int]) -> float:
    """The definition: all pairs of a positive and a negative, ties one half."""
    won = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return won / (len(positive) * len(negative))


def cohort(positive: list[int], negative: list[int]) -> tuple[np.ndarray, np.ndarray]:
    truth = np.array([1] * len(positive) + [0] * len(negative))
    return truth, np.array(positive + negative, dtype=float)


def noisy(seed: int, n: int = 200) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    generator = np.random.default_rng(seed)
    truth = (generator.random(n) < 0.3).astype(int)
    return truth, np.round(generator.normal(size=n) + truth, 1), generator


@settings(max_examples=60, deadline=None)
@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_in_order(positive: list[int], negative: list[int]) -> None:
    truth, score = cohort(positive, negative)
    assert auroc.delong(truth, score).value == pytest.approx(pair_share(positive, negative), abs=1e-12)


def test_the_area_agrees_with_scikit_learn() -> None:
    truth, score, _ = noisy(1)
    assert auroc.delong(truth, score).value == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


def test_float32_scores_lose_nothing() -> None:
    truth, score, _ = noisy(2)
    assert auroc.delong(truth, score.astype(np.float32)).value == auroc.delong(truth, score).value


@settings(max_examples=40, deadline=None)
@given(SCORES, SCORES)
def test_with_one_case_a_patient_the_clustered_variance_is_delongs(a: list[int], b: list[int]) -> None:
    truth, score = cohort(a, b)
    clustered = auroc.obuchowski(truth, score, np.arange(truth.size))
    assert clustered.variance == pytest.approx(auroc.delong(truth, score).variance, abs=1e-12)


def test_repeating_every_case_of_a_patient_does_not_narrow_the_interval() -> None:
    truth, score, _ = noisy(3)
    twice = np.tile(truth, 2), np.tile(score, 2), np.tile(np.arange(truth.size), 2)
    once = auroc.delong(truth, score).variance
    assert auroc.obuchowski(*twice).variance == pytest.approx(once, rel=0.02)
    assert auroc.delong(*twice[:2]).variance == pytest.approx(once / 2, rel=0.02)


def test_the_method_follows_from_the_patients() -> None:
    truth, score, _ = noisy(4)
    assert auroc.auroc(truth, score, np.arange(truth.size)).method == "delong"
    assert auroc.auroc(truth, score, np.arange(truth.size) // 2).method == "obuchowski"


def test_a_score_that_separates_the_classes_has_no_interval_but_a_reason() -> None:
    estimate = auroc.interval(auroc.delong(*cohort([2, 3], [0, 1])), level=0.95)
    assert (estimate.value, estimate.low, estimate.high) == (1.0, None, None)
    assert estimate.reason


def test_one_class_alone_has_no_area() -> None:
    with pytest.raises(ValueError, match="both classes"):
        auroc.delong(np.ones(4, dtype=int), np.arange(4.0))


def test_the_difference_of_a_model_from_itself_has_no_p() -> None:
    truth, score, _ = noisy(5)
    difference = auroc.paired_delong(truth, score, 2 * score + 1, level=0.95)
    assert (difference.value, difference.p) == (0.0, None)


def test_the_paired_variance_is_that_of_the_covariance_formula() -> None:
    truth, a, generator = noisy(6)
    b = a + generator.normal(size=a.size)
    single = auroc.delong(truth, a).variance + auroc.delong(truth, b).variance
    # The components of both models, straight from their definition.
    v = [[kernel(truth, s, own=1), kernel(truth, s, own=0)] for s in (a, b)]
    covariance = sum(np.cov(v[0][side], v[1][side])[0, 1] / len(v[0][side]) for side in (0, 1))
    found = auroc.paired_delong(truth, a, b, level=0.95)
    assert found.variance == pytest.approx(single - 2 * covariance, abs=1e-12)


def kernel(truth: np.ndarray, score: np.ndarray, *, own: int) -> np.ndarray:
    mine, others = score[truth == own], score[truth != own]
    sign = 1 if own == 1 else -1
    difference = sign * (mine[:, None] - others[None, :])
    return ((difference > 0) + 0.5 * (difference == 0)).mean(axis=1)


def test_areas_of_different_patients_differ_with_the_sum_of_their_variances() -> None:
    a, b = auroc.Auroc(0.8, 0.0009, "delong"), auroc.Auroc(0.9, 0.0016, "delong")
    found = auroc.independent_difference(a, b, level=0.95)
    assert found.value == pytest.approx(0.1)
    assert found.z == pytest.approx(2.0)  # 0.1 / sqrt(0.0025)
    assert found.p == pytest.approx(0.045500263896)


@pytest.mark.slow
def test_a_hundred_thousand_patients_take_a_tenth_of_a_second() -> None:
    import time

    truth, score, generator = noisy(7, n=100_000)
    started = time.process_time()
    auroc.paired_delong(truth, score, score + generator.normal(size=score.size), level=0.95)
    assert time.process_time() - started <= 0.1
