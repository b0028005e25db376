from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit, softmax
from sklearn.metrics import log_loss

from pipeline.statistics import auroc, calibration


def outcomes(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are too extreme, and what happened."""
    generator = np.random.default_rng(seed)
    linear = generator.normal(size=n)
    truth = (generator.random(n) < expit(0.3 + 0.5 * linear)).astype(int)
    return truth, expit(linear)


def test_the_temperature_has_the_least_log_loss() -> None:
    truth, probability = outcomes(1)
    logits = np.column_stack([np.zeros(truth.size), logit(probability)])
    found = calibration.fit_temperature(logits, truth)
    for other in (0.9 * found.value, 1.1 * found.value):
        assert log_loss(truth, softmax(logits / other, axis=1)) > found.nll_after
    assert found.nll_before == pytest.approx(log_loss(truth, probability))
    assert not found.at_bound


def test_a_temperature_keeps_the_order_of_scores_and_their_ties() -> None:
    truth, probability = outcomes(2)
    logits = np.round(np.column_stack([np.zeros(truth.size), logit(probability)]), 1)
    temperature = calibration.fit_temperature(logits, truth).value
    before, after = (softmax(logits / t, axis=1)[:, 1] for t in (1.0, temperature))
    assert np.unique(after).size == np.unique(before).size
    assert auroc.delong(truth, after).value == auroc.delong(truth, before).value


def test_logits_without_meaning_drive_the_temperature_to_its_bound() -> None:
    generator = np.random.default_rng(3)
    truth = np.arange(200) % 2
    found = calibration.fit_temperature(100 * generator.normal(size=(200, 2)), truth)
    assert found.at_bound
    assert found.value == pytest.approx(20, rel=1e-3)


def test_the_brier_score_of_many_classes_is_the_sum_over_classes() -> None:
    probability = np.array([[0.5, 0.3, 0.2], [0.0, 0.0, 1.0]])
    losses = calibration.brier_losses(np.array([0, 0]), probability)
    # (0.5 - 1)^2 + 0.3^2 + 0.2^2 = 0.38, and 1 + 0 + 1 = 2, the worst there is.
    assert losses == pytest.approx([0.38, 2.0])


def test_certain_probabilities_have_a_calibration_error_by_chance_without_interval() -> None:
    found = calibration.calibration_error_by_chance(np.array([0.0, 1.0, 1.0]), level=0.95, seed=1)
    assert (found.value, found.low, found.high) == (0.0, None, None)
    assert "0 or 1" in str(found.reason)


def test_a_certain_but_wrong_answer_is_clipped_and_counted() -> None:
    losses, clipped = calibration.log_losses(np.array([1, 0]), np.array([[1.0, 0.0], [0.5, 0.5]]))
    assert losses == pytest.approx([-math.log(1e-7), math.log(2)])
    assert clipped == 1


def test_recalibration_agrees_with_statsmodels() -> None:
    truth, probability = outcomes(4)
    found = calibration.recalibrate(truth, probability, np.arange(truth.size), level=0.95)
    linear = logit(probability)
    slope = sm.GLM(truth, sm.add_constant(linear), family=sm.families.Binomial()).fit()
    offset = sm.GLM(truth, np.ones(truth.size), family=sm.families.Binomial(), offset=linear).fit()
    assert found.slope.value == pytest.approx(slope.params[1], abs=1e-7)
    assert (found.slope.low, found.slope.high) == pytest.approx(tuple(slope.conf_int()[1]), abs=1e-6)
    assert found.intercept.value == pytest.approx(offset.params[0], abs=1e-7)
    assert (found.intercept.low, found.intercept.high) == pytest.approx(tuple(offset.conf_int()[0]), abs=1e-6)


def test_the_sandwich_of_recurring_patients_agrees_with_statsmodels() -> None:
    truth, probability = outcomes(5)
    patient = np.arange(truth.size) // 4
    found = calibration.recalibrate(truth, probability, patient, level=0.95)
    fitted = sm.GLM(truth, sm.add_constant(logit(probability)), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": patient, "use_correction": False}
    )
    patients = 100  # statsmodels leaves out the correction patients / (patients - 1)
    error = fitted.bse[1] * math.sqrt(patients / (patients - 1))
    assert found.slope.method == "Wald, variance by patient"
    assert (found.slope.high - found.slope.low) / 2 == pytest.approx(1.959964 * error, rel=1e-5)


@pytest.mark.parametrize("spread", [1e-2, 1e-3, 1e-4])
def test_the_slope_of_probabilities_that_are_almost_alike_is_the_one_in_their_own_scale(
    spread: float,
) -> None:
    generator = np.random.default_rng(5)
    z = generator.normal(size=60)
    truth = (generator.random(60) < expit(-1 + 0.6 * z)).astype(int)
    patient = np.repeat(np.arange(30), 2)
    plain, alike = (
        calibration.recalibrate(truth, expit(-2 + scale * z), patient, level=0.95).slope
        for scale in (1.0, spread)
    )
    for end in ("value", "low", "high"):
        assert getattr(alike, end) == pytest.approx(getattr(plain, end) / spread, rel=1e-6)


def test_a_threshold_that_separates_the_classes_leaves_no_slope() -> None:
    truth, probability = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.4, 0.9])
    found = calibration.recalibrate(truth, probability, np.arange(4), level=0.95)
    assert found.slope.value is None
    assert "separates" in str(found.slope.reason)
    assert found.intercept.value is not None


def test_equal_probabilities_leave_no_slope() -> None:
    found = calibration.recalibrate(np.array([0, 1, 1]), np.full(3, 0.5), np.arange(3), level=0.95)
    assert found.slope.value is None
    # Two of three positive at logit 0: the intercept is log(2).
    assert found.intercept.value == pytest.approx(math.log(2), abs=1e-7)


def test_one_class_alone_is_not_recalibrated() -> None:
    found = calibration.recalibrate(np.ones(3, dtype=int), np.full(3, 0.5), np.arange(3), level=0.95)
    assert found.intercept.value is None
    assert found.intercept.reason


def test_a_probability_on_the_edge_of_a_bin_belongs_to_the_upper_bin() -> None:
    # In [0.3, 0.4): 0.3 and 0.35, one of them positive; in [0.9, 1]: 1.0, positive.
    found = calibration.calibration_error(np.array([0, 1, 1]), np.array([0.3, 0.35, 1.0]))
    # |0 + 1 - 0.65| = 0.35 and 0 over three cases; the largest mean gap is 0.35 / 2.
    assert found.expected == pytest.approx(0.35 / 3)
    assert found.largest == pytest.approx(0.175)


def test_perfect_probabilities_have_an_error_above_zero_that_shrinks_with_n() -> None:
    generator = np.random.default_rng(6)
    few, many = (
        calibration.calibration_error_by_chance(generator.random(n), level=0.95, seed=1) for n in (50, 5000)
    )
    assert few.value > 5 * many.value > 0
    assert few.low < few.value < few.high


def test_bins_of_equal_mass_keep_equal_probabilities_together() -> None:
    probability = np.array([0.0] * 15 + [0.5] * 3 + [0.9, 0.95])
    bins = calibration.equal_mass_bins(probability)
    assert len(set(bins[:15])) == 1
    assert set(bins) == set(range(bins.max() + 1))
    assert (np.diff(bins) >= 0).all()
