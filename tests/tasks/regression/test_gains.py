import numpy as np
import pytest
from scipy import stats

from pipeline.tasks.gain import PAIRED
from pipeline.tasks.regression.gains import gain
from pipeline.tasks.regression.pairs import Pairs
from pipeline.tasks.regression.verdict import GUARDS, HEADLINE, too_few


def _pairs(seed: int = 0, units: int = 40, *, better_by: float = 0.5, patients: int | None = None) -> Pairs:
    """A reference that errs by 2 in the mean, and a candidate that errs less."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(50, 10, units)
    before = generator.normal(0, 2.5, units)
    patient = np.arange(units) if patients is None else np.arange(units) % patients
    after = before * (1 - better_by) + generator.normal(0, 0.3, units)
    return Pairs(tuple(map(str, range(units))), patient, truth, truth + before, truth + after)


def test_the_gain_in_error_is_that_of_a_paired_t_test() -> None:
    pairs = _pairs()
    before, after = (np.abs(rows.difference) for rows in pairs.rows())
    oracle = stats.ttest_rel(before, after)
    ends = oracle.confidence_interval(0.98)
    found = gain("mae", pairs, alpha=0.01, seed=1)
    assert found.value == pytest.approx(before.mean() - after.mean())
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.method == PAIRED


def test_less_error_is_a_gain_and_more_a_loss() -> None:
    assert gain("mae", _pairs(better_by=0.5), alpha=0.05, seed=1).value > 0
    assert gain("mae", _pairs(better_by=-0.5), alpha=0.05, seed=1).value < 0


def test_a_promotion_by_chance_is_as_rare_as_the_look_allows() -> None:
    # Two models of the same skewed errors, 30 patients: the bound lies above 0 in 1 % of 2000 studies.
    above = 0
    for seed in range(2000):
        generator = np.random.default_rng(seed)
        errors = generator.exponential(2, (2, 30)) * generator.choice([-1, 1], (2, 30))
        truth = np.zeros(30)
        pairs = Pairs(tuple(map(str, range(30))), np.arange(30), truth, errors[0], errors[1])
        above += (gain("mae", pairs, alpha=0.01, seed=1).low or -1) > 0
    assert above / 2000 == pytest.approx(0.01, abs=0.005)


def test_patients_who_recur_count_once_in_the_error_of_the_gain() -> None:
    once, recurring = _pairs(), _pairs(patients=10)
    one, other = (gain("mae", pairs, alpha=0.05, seed=1) for pairs in (once, recurring))
    assert one.value == other.value
    assert one.standard_error != other.standard_error


@pytest.mark.parametrize("metric", [guard.metric for guard in GUARDS])
def test_guards_have_bounds_around_their_gain(metric: str) -> None:
    found = gain(metric, _pairs(), alpha=0.05, seed=1)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


@pytest.mark.parametrize("metric", [HEADLINE, *(guard.metric for guard in GUARDS)])
def test_models_that_do_the_same_have_no_interval_of_no_width(metric: str) -> None:
    pairs = _pairs(better_by=0)
    alike = Pairs(pairs.names, pairs.patient, pairs.truth, pairs.reference, pairs.reference)
    found = gain(metric, alike, alpha=0.05, seed=1)
    assert (found.value, found.low, found.high) == (0.0, None, None)
    assert found.reason


def test_fewer_than_fifteen_patients_give_no_answer() -> None:
    assert too_few(_pairs(units=14)) == "it has 14 patients, fewer than 15"
    assert too_few(_pairs(units=15)) is None
