"""What the page of a regression says in words, and that its charts are drawn from what report.json holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.page import canvas
from pipeline.page.facts import Fact
from pipeline.tasks.regression import page, remarks
from pipeline.tasks.regression.definitions import IN_UNIT, METRICS
from pipeline.tasks.regression.quantity import Quantity

DIAMETER = Quantity("diameter_mm", "mm", (12.5, 15.7))
FACTS = {
    "r2": Fact("r2", 0.1, -0.2, 0.3),
    "calibration_slope": Fact("calibration_slope", 0.5, 0.3, 0.7),
    "bias": Fact("bias", 2.0, 0.5, 3.5),
    "coverage": Fact("coverage", 0.7, 0.6, 0.8),
}


def _artifacts(**facts: Fact) -> Any:
    told = {"interval": {"factor": 2.0, "at_centre": 1.0, "slope": 0.0, "centre": 0.0, "least": 0.2, "patients": 20},
            "level": 0.9}  # fmt: skip
    known = FACTS | facts
    from pipeline.contracts.unopened import Unopened

    metrics = SimpleNamespace(choices=Unopened(told))
    return SimpleNamespace(metric=known.__getitem__, metrics=metrics, question=DIAMETER)


def test_a_reader_is_warned_of_what_an_interval_shows() -> None:
    said = [row["text"] for row in remarks.warnings(_artifacts())]
    assert said == [
        "Not shown to do better than always saying the mean: the interval of R² reaches 0 or less",
        "The predictions are too extreme: the interval of the calibration slope excludes 1",
        "Predictions are too high on the whole: the interval of the bias excludes 0",
        "Fewer intervals hold the measured number than the 90\u202f% that were promised",
    ]


def test_nobody_is_warned_of_what_no_interval_shows() -> None:
    sound = _artifacts(
        r2=Fact("r2", 0.6, 0.4, 0.8),
        calibration_slope=Fact("calibration_slope", 1.1, 0.9, 1.3),
        bias=Fact("bias", 0.2, -0.5, 0.9),
        coverage=Fact("coverage", 0.88, 0.8, 0.95),
    )
    assert remarks.warnings(sound) == []


def test_a_slope_around_nothing_says_little_about_the_quantity() -> None:
    slope = Fact("calibration_slope", 0.1, -0.2, 0.4)
    assert any(
        "say little or nothing about diameter" in row["text"]
        for row in remarks.warnings(_artifacts(calibration_slope=slope))
    )


def test_numbers_in_the_unit_have_it_and_pure_numbers_have_none() -> None:
    units = {name: page.measured_in(name, DIAMETER) for name in METRICS}
    assert {name for name, unit in units.items() if unit == "mm"} == IN_UNIT
    assert {unit for name, unit in units.items() if name not in IN_UNIT} == {""}


def test_the_lead_tells_the_error_beside_that_of_saying_the_mean() -> None:
    numbers = {"mae": Fact("mae", 1.995, 1.55, 2.44), "mae_ratio": Fact("mae_ratio", 0.2645)}
    assert page.lead(DIAMETER, "mae", numbers.__getitem__, unit="patient") == (
        "The predicted diameter is off by 2mm (plausibly 1.55 to 2.44) on average: 0.26 of the standard deviation "
        "among these patients, where always saying their mean would be off by about 0.8."
    ).replace("2mm", "2 mm")


def test_cases_are_counted_by_fifths_in_the_order_of_their_size() -> None:
    (grouped,) = page.population(["20", "10", "13"], DIAMETER)
    assert grouped.heading == "Measured diameter (mm)"
    assert list(grouped.of_cases) == [grouped.order[2], grouped.order[0], grouped.order[1]]


NUMBER = {"value": 1.0, "low": 0.5, "high": 1.5}
NONE = {"value": None, "low": None, "high": None}
POINT = {
    "mean": 12.0,
    "observed": 12.5,
    "low": 11.0,
    "high": 14.0,
    "error": 1.0,
    "error_low": 0.4,
    "error_high": 1.6,
}
NAMED = {"quantity": "diameter", "in_unit": " mm"}
CHARTS: dict[str, list[dict[str, Any]]] = {
    "scatter": [
        {"reference": [1.0, 2, 3], "prediction": [1.5, 2, 2.5], "lines": {"calibration_slope": line, "calibration_intercept": line}}
        for line in (NUMBER, NONE)
    ],
    "bland_altman": [
        {"reference": [1.0, 2, 3], "prediction": [1.5, 2, 2.5], "lines": dict.fromkeys(("bias", "limit_low", "limit_high"), line)}
        for line in (NUMBER, NONE)
    ],
    "calibration": [{"points": [POINT, {**POINT, "mean": 20.0}]}],
    "intervals": [{"truth": [1.0, 9.0], "prediction": [1.5, 2.0], "low": [0.0, 1.0], "high": [3.0, 4.0]}],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_a_chart_is_drawn_with_the_unit_and_has_the_same_bytes_twice(name: str) -> None:
    assert set(CHARTS) == set(page.FIGURES)
    for data in CHARTS[name]:
        with canvas.look():
            first, second = (canvas.svg(page.FIGURES[name]({**data, **NAMED}), name) for _ in range(2))
        assert first == second
        assert "(mm)" in first
