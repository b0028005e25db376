from __future__ import annotations

import doctest

import pytest

from pipeline.contracts.metrics import Metric
from pipeline.page import facts
from pipeline.page.facts import (
    Fact,
    count,
    of_metric,
    printed,
    recorded,
    setting,
    shown_value,
    small_count,
)


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(facts).failed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.91249, "0.912"),
        (1.0, "1.000"),
        (-0.0712, "−0.071"),
        (23.4176, "23.42"),
        (61.0, "61.00"),
        (174.898, "174.9"),
        (9999, "9999"),
        (174898, "174\u202f898"),
        ("0.300000", "0.300000"),
        (None, "–"),
    ],
)
def test_a_number_is_printed_with_the_digits_that_its_size_deserves(value: float | None, text: str) -> None:
    assert shown_value(value) == text


def test_a_measure_is_printed_with_three_digits_and_a_setting_as_it_was_set() -> None:
    assert printed(recorded("field", 47.58, "mm").to_json()) == "47.6"
    assert printed(setting("goal", 0.9).to_json()) == "0.9"


def test_groups_of_one_to_four_patients_are_hidden_and_say_so() -> None:
    hidden = small_count("sex_F", 4, "test")
    assert (hidden.value, hidden.reason) == (None, "fewer than 5 patients")
    assert [small_count("sex_F", number, "test").value for number in (0, 5)] == [0, 5]


def test_a_metric_becomes_a_fact_with_its_class_as_target() -> None:
    metric = Metric("recall", "test", "patient", 0.5, class_="nodule", reason="no interval")
    fact = Fact("recall", 0.5, unit="patient", part="test", target="nodule", reason="no interval")
    assert of_metric(metric) == fact


def test_a_count_says_why_it_has_no_interval() -> None:
    assert count("cases", 7, "cases").reason == "a count, not an estimate"
