from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.statistics import prevalence
from pipeline.statistics.confusion import Confusion, rates

SHARES = st.floats(0, 1)


@settings(max_examples=80)
@given(SHARES, SHARES, SHARES, st.sampled_from([1_000, 10_000, 100_000]))
def test_the_whole_numbers_add_up(sensitivity: float, specificity: float, share: float, scale: int) -> None:
    people = prevalence.population(sensitivity, specificity, share, scale=scale)
    assert people.tp + people.fn == people.diseased
    assert people.tp + people.fn + people.fp + people.tn == scale
    assert min(people.tp, people.fn, people.fp, people.tn) >= 0


def test_halves_round_up_in_spite_of_binary_fractions() -> None:
    # 0.5005 * 1000 is 500.49999999999994 in binary, 500.5 to people.
    assert prevalence.population(1, 1, 0.5005, scale=1000).diseased == 501


@pytest.mark.parametrize(
    ("share", "scale"), [(0.3, 1_000), (0.01, 1_000), (0.009, 10_000), (0.0005, 100_000), (1e-6, 100_000)]
)
def test_the_scale_grows_until_ten_are_diseased(share: float, scale: int) -> None:
    assert prevalence.scale_for(share) == scale


def test_at_the_prevalence_of_the_sample_bayes_gives_the_rates_of_the_sample() -> None:
    counts = Confusion(tp=30, fp=20, fn=10, tn=140)
    ppv, npv = prevalence.predictive_value_estimates(counts, 40 / 200, level=0.95)
    assert (ppv.value, npv.value) == pytest.approx((rates(counts)["ppv"], rates(counts)["npv"]))


def test_without_any_alarm_there_is_no_predictive_value() -> None:
    ppv, npv = prevalence.predictive_value_estimates(Confusion(0, 0, 5, 20), 0.1, level=0.95)
    assert ppv.value is None
    assert npv.value == pytest.approx(0.9)
    assert npv.low is None


def test_a_test_without_false_alarms_has_no_likelihood_ratio_of_an_alarm() -> None:
    positive, negative = prevalence.likelihood_ratios(Confusion(8, 0, 2, 20), level=0.95)
    assert positive.value is None
    assert negative.value == pytest.approx(0.2)


def test_a_test_that_misses_nobody_has_a_likelihood_ratio_of_zero_without_interval() -> None:
    _, negative = prevalence.likelihood_ratios(Confusion(8, 5, 0, 20), level=0.95)
    assert (negative.value, negative.low) == (0.0, None)


def test_nobody_diseased_and_nobody_flagged_leaves_the_ppv_open() -> None:
    ppv, npv = prevalence.predictive_values(0.9, 1.0, 0.0)
    assert math.isnan(ppv)
    assert npv == 1.0
