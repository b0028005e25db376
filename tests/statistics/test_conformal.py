import numpy as np
import pytest

from pipeline.statistics import conformal
from pipeline.statistics.agreement import Measurements


def _drawn(seed: int, patients: int, *, growing: bool) -> Measurements:
    """Patients whose errors have SD 1, or a tenth of what is predicted."""
    generator = np.random.default_rng(seed)
    prediction = generator.uniform(10, 30, patients)
    error = generator.normal(0, 1, patients) * (prediction / 10 if growing else 1)
    return Measurements(prediction + error, prediction, np.arange(patients))


def _coverage(patients: int, *, growing: bool) -> float:
    """The share of 40 000 new patients whose number lies in an interval made from so many others."""
    shares = []
    for seed in range(400):
        drawn = _drawn(seed, patients + 100, growing=growing)
        known = np.arange(patients + 100) < patients
        width = conformal.width(drawn.where(known), alpha=0.1)
        assert width is not None
        new = drawn.where(~known)
        shares.append(np.mean(np.abs(new.difference) <= width.half(new.prediction)))
    return float(np.mean(shares))


@pytest.mark.parametrize("growing", [False, True])
@pytest.mark.parametrize("patients", [10, 40])
def test_nine_of_ten_new_patients_lie_in_their_interval(patients: int, growing: bool) -> None:
    # 400 draws of 100: the share is known to 0.01; ten patients can only give the largest score.
    assert 0.89 < _coverage(patients, growing=growing) < 0.95


def test_intervals_are_wider_where_errors_are_larger() -> None:
    width = conformal.width(_drawn(3, 200, growing=True), alpha=0.1)
    assert width is not None
    small, large = width.half(np.array([10.0, 30.0]))
    assert large > 2 * small


def test_the_width_is_the_quantile_of_the_patients_scores() -> None:
    # Ten errors of 1 to 10 on one prediction: the rank is ceil(11 * 0.8) = 9, expected are the others' means.
    errors = np.arange(1.0, 11.0)
    width = conformal.width(Measurements(errors, np.zeros(10), np.arange(10)), alpha=0.2)
    assert width is not None
    assert width.factor == pytest.approx(9 / ((55 - 9) / 9))
    assert width.half(np.zeros(1)) == pytest.approx([5.5 * 9 / ((55 - 9) / 9)])


def test_a_patient_gives_the_score_of_the_worst_scan() -> None:
    errors = np.arange(1.0, 11.0)
    twice = Measurements(np.append(errors, 1.0), np.zeros(11), np.append(np.arange(10), 9))
    width = conformal.width(twice, alpha=0.2)
    assert width is not None
    assert width.patients == 10
    assert width.factor == pytest.approx(9 / ((55 + 1 - 9) / 10))


def test_too_few_patients_give_no_interval() -> None:
    assert conformal.fewest_patients(0.1) == 10
    assert conformal.fewest_patients(0.15) == 7
    assert conformal.width(_drawn(1, 9, growing=False), alpha=0.1) is None
    assert conformal.width(_drawn(1, 10, growing=False), alpha=0.1) is not None


def test_predictions_without_an_error_give_no_interval_of_no_width() -> None:
    assert conformal.width(Measurements(np.arange(20.0), np.arange(20.0), np.arange(20)), alpha=0.1) is None


def test_an_expected_residual_never_falls_to_nothing() -> None:
    prediction = np.linspace(0, 10, 40)
    width = conformal.width(Measurements(2 * prediction, prediction, np.arange(40)), alpha=0.1)
    assert width is not None
    assert (width.half(np.array([-5.0, 0.0])) > 0).all()
