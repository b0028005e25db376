from __future__ import annotations

import numpy as np
import pytest
from least_seconds import least_seconds

from pipeline.statistics import bootstrap, ranking
from pipeline.statistics.paired import bootstrap_difference


def two_classes(positives: int, negatives: int) -> np.ndarray:
    positive = np.arange(positives + negatives) < positives
    return np.column_stack([~positive, positive])


def mean_of(values: np.ndarray) -> bootstrap.Statistic:
    return lambda weights: {"mean": float(weights @ values / weights.sum())}


def test_the_same_seed_gives_the_same_resamples_and_another_seed_others() -> None:
    statistic, membership = mean_of(np.arange(30.0)), two_classes(15, 15)
    first, again, other = (
        bootstrap.resample(statistic, membership, resamples=50, seed=seed).values["mean"]
        for seed in (7, 7, 8)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_every_resample_draws_as_many_patients_as_there_are() -> None:
    drawn = bootstrap.resample(
        lambda weights: {"patients": weights.sum()}, two_classes(10, 10), resamples=20, seed=1
    )
    assert set(drawn.values["patients"]) == {20.0}


def test_the_interval_lies_between_the_percentiles_of_the_resamples() -> None:
    drawn = bootstrap.resample(mean_of(np.arange(40.0)), two_classes(20, 20), resamples=400, seed=3)
    estimate = drawn.estimate("mean", level=0.9)
    assert estimate.value == 19.5
    low, high = np.quantile(drawn.values["mean"], [0.05, 0.95])
    assert (estimate.low, estimate.high) == (pytest.approx(low), pytest.approx(high))


def test_resamples_of_one_class_are_drawn_again_and_counted() -> None:
    membership = two_classes(1, 9)
    drawn = bootstrap.resample(lambda weights: {"positives": weights[0]}, membership, resamples=300, seed=1)
    assert drawn.values["positives"].min() >= 1
    # A draw of ten patients misses the only positive one with probability 0.9 ** 10 = 0.349.
    assert drawn.lost_share("positives") == pytest.approx(0.349, abs=0.06)
    estimate = drawn.estimate("positives", level=0.95)
    assert estimate.low is None
    assert "undefined in" in str(estimate.reason)


def test_a_sample_of_one_class_is_resampled_as_it_is() -> None:
    drawn = bootstrap.resample(mean_of(np.arange(10.0)), np.ones((10, 1), dtype=bool), resamples=20, seed=1)
    assert drawn.redrawn == 0


def test_an_interval_that_lost_two_percent_is_flagged_and_six_percent_withheld() -> None:
    values = np.arange(100.0)
    few, many = values.copy(), values.copy()
    few[:2], many[:6] = np.nan, np.nan
    flagged = bootstrap.percentile_interval(50.0, few, lost_share=0.02, level=0.95)
    withheld = bootstrap.percentile_interval(50.0, many, lost_share=0.06, level=0.95)
    assert flagged.low is not None
    assert flagged.flag
    assert withheld.low is None
    assert withheld.value == 50.0


@pytest.mark.parametrize("different", [0, 3])
def test_resamples_that_do_not_differ_give_no_interval_but_the_reason(different: int) -> None:
    values = np.ones(200)
    values[:different] = 0.5
    found = bootstrap.percentile_interval(1.0, values, lost_share=0.0, level=0.95)
    assert (found.value, found.low, found.high) == (1.0, None, None)
    assert found.reason == "95% or more of the resamples of patients give one number: no interval"


def test_rounding_is_no_width() -> None:
    values = np.where(np.arange(200) % 2, 0.1 + 0.2, 0.3)
    assert bootstrap.percentile_interval(0.3, values, lost_share=0.0, level=0.95).low is None
    values = np.where(np.arange(200) % 2, 0.3001, 0.3)
    assert bootstrap.percentile_interval(0.3, values, lost_share=0.0, level=0.95).low == 0.3


def test_a_band_has_no_ends_where_the_curve_is_rarely_defined() -> None:
    def statistic(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"curve": np.array([weights[0], np.nan if weights[0] == 0 else 1.0])}

    drawn = bootstrap.resample(statistic, two_classes(5, 5), resamples=200, seed=1)
    low, high = drawn.band("curve", level=0.95)
    assert np.isfinite([low[0], high[0]]).all()
    assert np.isnan([low[1], high[1]]).all()


def test_one_band_for_all_is_as_wide_as_the_largest_deviation_asks() -> None:
    """Deviations are 1 and 2, and both standard errors 1/0.866 of them: at every level the ends lie there."""
    values = np.array([[-1.0, -2.0], [1.0, 2.0], [-1.0, 2.0], [1.0, -2.0]])
    drawn = bootstrap.Resampled({"curve": np.zeros(2)}, {"curve": values}, 0)
    low, high = drawn.simultaneous("curve", level=0.95)
    assert low == pytest.approx([-1, -2])
    assert high == pytest.approx([1, 2])


def test_one_band_for_all_holds_whole_curves_where_pointwise_ends_lose_them() -> None:
    generator = np.random.default_rng(5)
    values = generator.normal(size=(4000, 30))
    drawn = bootstrap.Resampled({"curve": np.zeros(30)}, {"curve": values}, 0)
    low, high = drawn.simultaneous("curve", level=0.95)
    within = ((values > low) & (values < high)).all(axis=1).mean()
    assert within == pytest.approx(0.95, abs=0.01)
    low, high = drawn.band("curve", level=0.95)
    assert ((values > low) & (values < high)).all(axis=1).mean() < 0.3


def test_one_band_for_all_has_no_ends_where_resamples_do_not_differ_or_are_lost() -> None:
    values = np.array([[0.0, 0.5, np.nan], [1.0, 0.5, 0.2], [2.0, 0.5, 0.3]])
    drawn = bootstrap.Resampled({"curve": np.array([1.0, 0.5, 0.2])}, {"curve": values}, 0)
    low, high = drawn.simultaneous("curve", level=0.95)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, True, True]


def test_the_p_value_doubles_the_rarer_side_and_is_never_zero() -> None:
    assert bootstrap.two_sided_p(np.array([-1.0, 1, 2, 3, 4, 5, 6, 7, 8])) == pytest.approx(2 * 2 / 10)
    assert bootstrap.two_sided_p(np.ones(99)) == pytest.approx(2 / 100)


def test_both_models_see_the_same_resamples() -> None:
    a, b = np.arange(30.0), np.arange(30.0) + 5
    drawn = bootstrap_difference(mean_of(a), mean_of(b), two_classes(15, 15), resamples=50, seed=1)
    assert drawn.values["mean"] == pytest.approx(np.full(50, 5.0))


def test_a_resample_costs_less_than_sorting_the_scores_anew() -> None:
    generator = np.random.default_rng(1)
    truth = (generator.random(10_000) < 0.3).astype(int)
    score = generator.random(10_000) + 0.5 * truth
    order = ranking.rank(truth, score, np.arange(10_000))
    membership = np.column_stack([truth == 0, truth == 1])

    def hundred() -> None:
        bootstrap.resample(
            lambda weights: {"area": ranking.area(order.counts(weights))}, membership, resamples=100, seed=1
        )

    def sorts() -> None:
        for _ in range(100):
            np.argsort(score)

    assert least_seconds(hundred) < 2 * least_seconds(
        sorts
    )  # a third of it; to rank anew takes ten times as long
