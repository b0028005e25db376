"""Two units that lie near each other are told by their groups, and nothing else is taken for them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from pipeline.tasks.regression.near_units import near_units

Values = np.ndarray


def found(values: Values, unit: str = "kg") -> bool:
    return near_units(Counter(np.abs(values).tolist()), unit) is not None


@pytest.mark.parametrize(
    ("unit", "middle", "spread", "factor", "like"),
    [("kg", 75, 0.14, 2.2046, "kg and lb"), ("LBS", 75, 0.14, 2.2046, "kg and lb"), ("cm", 70, 0.05, 2.54, "cm and inches"),
     ("mmHg", 12, 0.15, 7.5006, "kPa and mmHg"), ("", 68, 0.06, 2.54, "cm and inches")],
)  # fmt: skip
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_two_units_whose_groups_nearly_touch_are_told(
    unit: str, middle: float, spread: float, factor: float, like: str, share: float
) -> None:
    random = np.random.default_rng(4)
    values = (
        middle * np.exp(spread * random.normal(size=600)) * np.where(random.random(600) < share, factor, 1)
    )
    told = near_units(Counter(values.tolist()), unit)
    assert told is not None
    assert (told.like, told.times) == (like, round(factor, 2))
    assert told.large[2] == pytest.approx(600 * share, rel=0.15)


@pytest.mark.parametrize("unit", ["mm", "HU", "points"])
def test_a_unit_without_a_near_one_is_never_asked_about(unit: str) -> None:
    random = np.random.default_rng(4)
    assert not found(
        75 * np.exp(0.1 * random.normal(size=600)) * np.where(random.random(600) < 0.5, 2.2046, 1), unit
    )


def test_children_and_adults_are_no_two_units() -> None:
    random = np.random.default_rng(4)
    assert not found(np.concatenate([30 + 9 * random.normal(size=300), 78 + 14 * random.normal(size=300)]))


def ordinary(random: np.random.Generator, n: int) -> Values:
    """Values of one unit: of one kind of patients, or of two or three kinds whose ratio is anything."""
    ratio = np.exp(random.uniform(np.log(1.2), np.log(10)))
    second = random.random(n) < random.uniform(0.1, 0.9)
    one, other = random.uniform(0.04, 0.4, size=2)
    noise = random.normal(size=n)
    kinds = (
        lambda: 1 + one * noise,
        lambda: np.exp(4 * one * noise),
        lambda: random.gamma(random.uniform(0.5, 20), size=n) + 0.01,
        lambda: random.uniform(0.2, random.uniform(1, 10), size=n),
        lambda: random.beta(*random.uniform(0.4, 5, size=2), size=n) + 0.01,
        lambda: 1.0 + random.poisson(random.uniform(1, 40), size=n),
        lambda: np.maximum(np.round(9 + 30 * one * noise), 1),
        lambda: 1 + random.pareto(random.uniform(1.5, 6), size=n),
        lambda: np.where(second, ratio * (1 + other * noise), 1 + one * noise),
        lambda: np.where(second, ratio * np.exp(other * noise), np.exp(one * noise)),
        lambda: np.exp(random.uniform(0, 2.3, size=3))[random.integers(3, size=n)] * np.exp(one * noise),
    )
    return np.abs(kinds[random.integers(len(kinds))]()) * 10 ** random.uniform(-1, 3) + 1e-6


@pytest.mark.parametrize("n", [30, 120, 500, 5000])
def test_of_ordinary_columns_less_than_one_in_a_hundred_is_asked_about(n: int) -> None:
    random = np.random.default_rng(n)
    columns = 150 if n == 5000 else 600
    assert sum(found(ordinary(random, n)) for _ in range(columns)) < columns / 100
