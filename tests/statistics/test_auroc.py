from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from least_seconds import least_seconds
from numpy.polynomial import Polynomial
from scipy.stats import brunnermunzel, norm, t
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


@settings(max_examples=60)
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


@settings(max_examples=40)
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
    assert auroc.auroc(truth, score, np.arange(truth.size)).method == "DeLong"
    assert auroc.auroc(truth, score, np.arange(truth.size) // 2).method == "Obuchowski"


def test_variance_and_degrees_of_freedom_are_those_of_brunner_and_munzels_test() -> None:
    truth, score, _ = noisy(8, n=40)
    area = auroc.delong(truth, score)
    statistic = (area.value - 0.5) / area.variance**0.5
    oracle = brunnermunzel(score[truth == 0], score[truth == 1], distribution="t")
    assert statistic == pytest.approx(oracle.statistic, rel=1e-9)
    assert 2 * t.sf(abs(statistic), area.degrees_of_freedom) == pytest.approx(oracle.pvalue, rel=1e-9)


def test_the_interval_is_symmetric_in_log_odds_and_stays_between_0_and_1() -> None:
    # 15 of 16 pairs are in order, so the odds are 15; Wald's interval would reach beyond 1.
    area = auroc.delong(*cohort([3, 5, 6, 7], [1, 2, 0, 4]))
    found = auroc.interval(area, level=0.95)
    assert (found.low / (1 - found.low)) * (found.high / (1 - found.high)) == pytest.approx(15**2)
    assert 0 < found.low < found.value < found.high < 1
    assert found.value + 1.96 * area.variance**0.5 > 1
    assert found.method == "DeLong, logit interval"


@pytest.mark.parametrize(
    ("value", "patients"), [(1.0, (10, 10)), (0.0, (3, 9)), (0.5, (7, 7)), (0.9, (5, 60))]
)
def test_newcombes_interval_holds_the_areas_that_solve_his_equation(value: float, patients: Any) -> None:
    m, n = patients
    z, others = 1.959963984540054, (m + n) / 2 - 1
    v = Polynomial([0, 1])
    both = (2 - v) * (1 + v)
    spread = both + others * (1 - v) * (1 + v) + others * v * (2 - v)
    roots = ((value - v) ** 2 * both * m * n - z**2 * v * (1 - v) * spread).roots()
    inside = sorted(root.real for root in roots if abs(root.imag) < 1e-9 and -1e-9 <= root.real <= 1 + 1e-9)
    found = auroc.newcombe(value, patients, level=0.95)
    assert (found.low, found.high) == pytest.approx((inside[0], inside[-1]), abs=1e-9)


@pytest.mark.parametrize(
    ("low", "high", "area"), [([0, 1], [2, 3], 1.0), ([2, 3], [0, 1], 0.0), ([1, 1], [1, 1], 0.5)]
)
def test_scores_without_variance_have_an_interval_with_a_width(low: Any, high: Any, area: float) -> None:
    found = auroc.interval(auroc.delong(*cohort(high, low)), level=0.95)
    assert (found.value, found.method) == (area, "Newcombe, score interval")
    assert found.high - found.low > 0.4
    assert found.low <= area <= found.high


def test_where_patients_recur_it_is_they_who_give_an_area_of_1_its_interval() -> None:
    truth, score = np.repeat([1, 0], 20), np.repeat([2.0, 1.0], 20)
    once = auroc.interval(auroc.auroc(truth, score, np.arange(40)), level=0.95)
    of_ten = auroc.interval(auroc.auroc(truth, score, np.arange(40) // 4), level=0.95)
    assert of_ten.low == auroc.newcombe(1.0, (5, 5), level=0.95).low
    assert of_ten.low < once.low == auroc.newcombe(1.0, (20, 20), level=0.95).low


def test_a_class_of_a_single_patient_tells_no_variance() -> None:
    area = auroc.delong(*cohort([3], [1, 2, 4]))
    assert area.degrees_of_freedom is None
    assert auroc.interval(area, level=0.95).method == "Newcombe, score interval"


def test_a_patient_counts_once_in_the_degrees_of_freedom() -> None:
    truth, score, _ = noisy(9, n=60)
    once = auroc.delong(truth, score).degrees_of_freedom
    twice = auroc.obuchowski(np.tile(truth, 2), np.tile(score, 2), np.tile(np.arange(60), 2))
    assert twice.degrees_of_freedom == pytest.approx(once)


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
    a = auroc.Auroc(0.8, 0.0009, "DeLong", (0.0004, 0.0005), (40, 40))
    b = auroc.Auroc(0.9, 0.0016, "Obuchowski", (0.0008, 0.0008), (20, 20))
    found = auroc.independent_difference(a, b, level=0.95)
    assert found.method == auroc.independent_difference(b, a, level=0.95).method == "Obuchowski, two groups"
    assert found.value == pytest.approx(0.1)
    assert found.z == pytest.approx(2.0)  # 0.1 / sqrt(0.0025)
    assert found.p == pytest.approx(0.045500263896)


def covered(auc: float, patients: int, *, recur: bool, sets: int) -> float:
    """In what share of binormal samples, half of whose patients are positive, the interval holds the truth.

    Where patients `recur` they have one to four rows, one of ten with the other label, correlated by 0.6.
    """
    generator = np.random.default_rng(round(auc * 1000) + patients)
    hits = 0
    for _ in range(sets):
        rows = generator.integers(1, 5, size=patients) if recur else 1
        patient = np.repeat(np.arange(patients), rows)
        truth = (patient % 2).astype(int)
        truth ^= recur * (generator.random(patient.size) < 0.1)
        own, shared = generator.normal(size=patient.size), generator.normal(size=patients)[patient]
        score = truth * np.sqrt(2) * norm.ppf(auc) + np.sqrt(0.4) * own + np.sqrt(0.6) * shared
        found = auroc.interval(auroc.auroc(truth, score, patient), level=0.95)
        hits += found.low <= auc <= found.high
    return hits / sets


def test_the_interval_of_thirty_patients_holds_a_large_area() -> None:
    # Wald's interval holds 0.95 in 82 % of such samples, 6 standard errors below the bound.
    assert covered(0.95, 30, recur=False, sets=300) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("recur", [False, True], ids=["patients", "cases"])
@pytest.mark.parametrize("patients", [30, 50, 100])
@pytest.mark.parametrize("auc", [0.7, 0.8, 0.9, 0.95])
def test_the_interval_holds_the_truth_as_often_as_it_says(auc: float, patients: int, recur: bool) -> None:
    # Nominally 95 %; at 30 patients the logit scale is a little wide. 2000 samples have an error of 0.5 %.
    assert 0.925 <= covered(auc, patients, recur=recur, sets=2000) <= 0.99


def test_the_time_grows_with_the_patients_and_not_with_their_pairs() -> None:
    def seconds(patients: int) -> float:
        truth, score, generator = noisy(7, n=patients)
        other = score + generator.normal(size=score.size)
        return least_seconds(lambda: auroc.paired_delong(truth, score, other, level=0.95))

    assert seconds(100_000) < 30 * seconds(10_000)  # some 12 times; with pairs it would be a hundred times
