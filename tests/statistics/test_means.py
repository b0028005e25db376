"""Means of shares and sizes: against scipy, at their ends, and how often their intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from pipeline.statistics.means import OF_SHARES, OF_SIZES, mean


def drawn(patients: int = 12, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).beta(9, 1, patients)


def test_a_share_has_students_interval_on_the_logit_scale() -> None:
    values = drawn()
    found = mean(values, np.arange(12), OF_SHARES, level=0.9)
    middle = values.mean()
    half = stats.t.ppf(0.95, 11) * stats.sem(values) / (middle * (1 - middle))
    assert found.value == pytest.approx(middle)
    assert (found.low, found.high) == pytest.approx(
        tuple(special.expit(np.array([-half, half]) + special.logit(middle)))
    )


def test_a_size_has_students_interval_on_the_log_scale() -> None:
    values = 10 * drawn()
    found = mean(values, np.arange(12), OF_SIZES, level=0.95)
    half = stats.t.ppf(0.975, 11) * stats.sem(values) / values.mean()
    assert (found.low, found.high) == pytest.approx(tuple(values.mean() * np.exp([-half, half])))


def test_an_interval_never_passes_the_ends() -> None:
    near_one = np.array([1.0, 1.0, 1.0, 1.0, 0.2])
    found = mean(near_one, np.arange(5), OF_SHARES, level=0.95)
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < found.high < 1
    near_nothing = np.array([0.0, 0.0, 0.0, 0.0, 9.0])
    assert (mean(near_nothing, np.arange(5), OF_SIZES, level=0.95).low or 0) > 0


def test_rows_of_one_patient_are_no_further_patients() -> None:
    values, patients = drawn(6), np.arange(6)
    once = mean(values, patients, OF_SHARES, level=0.95)
    twice = mean(np.tile(values, 2), np.tile(patients, 2), OF_SHARES, level=0.95)
    assert (once.low, once.high) == pytest.approx((twice.low, twice.high))


@pytest.mark.parametrize(
    ("values", "patient", "reason"),
    [
        ([], [], "there is no number to take the mean of"),
        ([0.5, 0.7], [0, 0], "one patient has no spread: no interval"),
        ([1.0, 1.0, 1.0], [0, 1, 2], "all patients have the same: no interval"),
        ([0.0, 0.0, 0.0], [0, 1, 2], "all patients have the same: no interval"),
    ],
)
@pytest.mark.parametrize("scale", [OF_SHARES, OF_SIZES], ids=["shares", "sizes"])
def test_without_a_spread_there_is_no_interval_and_a_reason(
    values: list[float], patient: list[int], reason: str, scale: object
) -> None:
    found = mean(np.array(values), np.array(patient, dtype=np.int64), scale, level=0.95)
    assert (found.low, found.high, found.reason) == (None, None, reason)


@pytest.mark.parametrize("patients", [10, 20])
def test_the_interval_of_a_mean_overlap_holds_the_truth_as_often_as_it_says(patients: int) -> None:
    generator = np.random.default_rng(patients)
    held = 0
    for _ in range(2000):
        found = mean(generator.beta(45, 5, patients), np.arange(patients), OF_SHARES, level=0.95)
        held += (found.low or 0) <= 0.9 <= (found.high or 1)
    assert held / 2000 == pytest.approx(0.95, abs=0.015)
