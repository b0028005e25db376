"""Quantiles and tails by printed tables and by counting."""

from __future__ import annotations

import math

import pytest

from pipeline.statistics.laws import (
    beta_quantile,
    f_quantile,
    fair_coin,
    normal_quantile,
    normal_tail,
    poisson_tail,
    student_quantile,
)


def test_the_normal_law_is_that_of_the_tables() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963985, abs=1e-9)
    assert normal_quantile(0.5) == 0
    assert normal_tail(1.644853627) == pytest.approx(0.05, abs=1e-9)
    assert normal_tail(-1.0) == pytest.approx(0.841344746, abs=1e-9)


@pytest.mark.parametrize(
    ("freedom", "value"), [(1, 12.706204736), (4, 2.776445105), (10, 2.228138852), (1e9, 1.959963987)]
)
def test_students_law_is_that_of_the_tables(freedom: float, value: float) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(value, abs=1e-8)
    assert student_quantile(0.025, freedom) == pytest.approx(-value, abs=1e-8)


def test_the_f_law_is_that_of_the_tables_and_the_square_of_students() -> None:
    assert f_quantile(0.95, 5, 10) == pytest.approx(3.325834530, abs=1e-8)
    assert f_quantile(0.95, 1, 7.5) == pytest.approx(student_quantile(0.975, 7.5) ** 2)


def test_the_beta_law_of_no_failure_is_a_power() -> None:
    assert beta_quantile(0.025, 20, 1) == pytest.approx(0.025 ** (1 / 20))
    assert beta_quantile(0.5, 3, 3) == pytest.approx(0.5)


def test_the_tail_of_rare_events_is_what_their_terms_leave() -> None:
    assert poisson_tail(0, 2.0) == pytest.approx(1 - math.exp(-2))
    assert poisson_tail(2, 1.5) == pytest.approx(1 - math.exp(-1.5) * (1 + 1.5 + 1.5**2 / 2))
    assert poisson_tail(3, 0.0) == 0


def test_throws_of_a_coin_are_counted() -> None:
    assert fair_coin(0, 5) == (pytest.approx(1 / 32), 1 / 32)
    assert fair_coin(2, 7) == (pytest.approx((1 + 7 + 21) / 128), 21 / 128)
    at_most, exactly = fair_coin(30_000, 61_000)
    assert 0 < exactly < at_most < 1
