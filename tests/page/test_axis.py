"""The axis of a metric: its range where it has one, and round numbers around the values where it has none."""

from __future__ import annotations

import doctest
import math

import pytest

from pipeline.page import axis as module
from pipeline.page.axis import Axis, axis
from pipeline.tasks.metric import UNBOUNDED, Metric

AUROC = Metric("auroc", "AUROC", "AUROC", "")
KAPPA = Metric("kappa", "kappa", "kappa", "", low=-1.0)
ERROR = Metric("mae", "Mean absolute error", "MAE", "", better=-1, high=UNBOUNDED, measured_in="mm")
BIAS = Metric("bias", "Bias", "bias", "", better=0, low=-UNBOUNDED, high=UNBOUNDED, measured_in="mm")


def printed(found: Axis) -> list[str]:
    return [words for _, words in found.ticks]


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_a_share_is_drawn_up_to_one_from_the_tick_before_its_interval() -> None:
    assert printed(axis(AUROC, [0.91, 0.86, None, 0.95])) == ["0.8", "0.9", "1.0"]
    assert printed(axis(AUROC, [0.82], margin=0.04)) == ["0.7", "0.8", "0.9", "1.0"]
    assert printed(axis(AUROC, [1.0])) == ["0.9", "1.0"]


def test_where_ticks_are_few_every_second_one_stands() -> None:
    assert printed(axis(AUROC, [0.31], most_ticks=6)) == ["0.2", "0.4", "0.6", "0.8", "1.0"]
    assert printed(axis(AUROC, [0.05], most_ticks=6)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]


def test_a_range_that_begins_below_nought_is_drawn_below_nought() -> None:
    assert printed(axis(KAPPA, [-0.15, 0.3])) == ["−0.2", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]


def test_an_error_in_millimetres_has_an_axis_of_round_millimetres_that_never_begins_below_nought() -> None:
    assert printed(axis(ERROR, [31.0, 44.0], most_ticks=6)) == ["30", "35", "40", "45"]
    assert axis(ERROR, [0.2, 40.0], margin=0.04).start == 0.0
    assert axis(BIAS, [-3.2, 1.1], most_ticks=6).start == -4.0


@pytest.mark.parametrize("metric", [AUROC, ERROR, BIAS], ids=lambda metric: metric.id)
@pytest.mark.parametrize("values", [[], [0.0], [0.5], [0.5, 0.5], [0.0, 1.0]], ids=str)
def test_an_axis_holds_its_values_between_its_first_and_its_last_tick(
    metric: Metric, values: list[float]
) -> None:
    found = axis(metric, values, margin=0.04)
    places = [value for value, _ in found.ticks]
    assert places == sorted(set(places))
    assert math.isclose(places[0], found.start, abs_tol=1e-9)
    assert math.isclose(places[-1], found.end, abs_tol=1e-9)
    assert all(found.start <= value <= found.end for value in values)


def test_a_value_beyond_the_axis_is_drawn_at_its_end() -> None:
    found = Axis(0.5, 1.0, 0.1)
    assert [found.at(value, 880) for value in (0.4, 0.75, 1.1)] == [0, 440, 880]
