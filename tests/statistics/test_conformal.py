import numpy as np
import pytest

from pipeline.statistics import conformal
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.sample import Sample


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


def _classes(seed: int, counts: tuple[int, int], *, scans: int) -> Sample:
    """Patients of two classes whose scores are drawn about their class; a patient's scans go together."""
    generator = np.random.default_rng(seed)
    truth = np.repeat([0, 1], counts)
    of_patient = generator.normal(truth * 1.5, 1, truth.size)
    score = np.repeat(of_patient, scans) + generator.normal(0, 0.5, truth.size * scans)
    positive = 1 / (1 + np.exp(0.75 - score))
    return Sample(
        np.repeat(truth, scans),
        np.column_stack([1 - positive, positive]),
        np.repeat(np.arange(truth.size), scans),
    )


def _coverage_of_classes(counts: tuple[int, int], *, scans: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean share of new patients of each class all of whose scans are held, and its standard error."""
    shares = []
    for seed in range(draws):
        limits = conformal.least_probabilities(_classes(seed, counts, scans=scans), alpha=0.1)
        assert limits is not None
        new = _classes(10_000 + seed, (200, 200), scans=scans)
        held = (
            (new.probability >= limits)[np.arange(new.truth.size), new.truth].reshape(-1, scans).all(axis=1)
        )
        shares.append([held[:200].mean(), held[200:].mean()])
    table = np.array(shares)
    return table.mean(axis=0), table.std(axis=0, ddof=1) / np.sqrt(draws)


@pytest.mark.parametrize("scans", [1, 3])
@pytest.mark.parametrize("counts", [(25, 24), (89, 19)])
def test_each_class_is_held_in_nine_of_ten_new_patients_however_rare_it_is(
    counts: tuple[int, int], scans: int
) -> None:
    mean, error = _coverage_of_classes(counts, scans=scans, draws=200)
    # Exact expectation of split conformal: ceil(0.9 (n + 1)) / (n + 1), 0.90 to 0.92 for these n.
    expected = [np.ceil(round(0.9 * (n + 1), 9)) / (n + 1) for n in counts]
    assert np.all(np.abs(mean - expected) <= 2.6 * error)
    assert np.all(mean >= 0.9 - 2 * error)


def test_the_limit_is_the_second_least_probability_of_nineteen_patients() -> None:
    # The rank from below is 19 - ceil(20 * 0.9) + 1 = 2: one of nineteen lies outside.
    positive = np.arange(1, 20) / 20
    truth = np.repeat([0, 1], 19)
    both = np.concatenate([1 - positive, positive])
    sample = Sample(truth, np.column_stack([1 - both, both]), np.arange(38))
    limits = conformal.least_probabilities(sample, alpha=0.1)
    assert limits == pytest.approx([0.1, 0.1])


def test_a_patient_counts_once_in_a_class_by_the_least_likely_scan() -> None:
    positive = np.arange(1, 11) / 20
    both = np.concatenate([positive, [0.01], 1 - positive])  # the first patient of class 1 has a second scan
    truth = np.repeat([1, 0], [11, 10])
    patient = np.concatenate([np.arange(10), [0], np.arange(10, 20)])
    sample = Sample(truth, np.column_stack([1 - both, both]), patient)
    limits = conformal.least_probabilities(sample, alpha=0.1)
    assert limits is not None
    assert limits[1] == pytest.approx(0.01)


def test_nine_patients_of_a_class_make_no_set() -> None:
    sample = _classes(1, (30, 9), scans=1)
    assert conformal.least_probabilities(sample, alpha=0.1) is None
