"""What a reader of a classification's report must know, and what limits its result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count
from pipeline.page.section import remark
from pipeline.statistics.small_sample import CURVE_EVENTS, FULL
from pipeline.tasks.classification.sections import sets

Row = dict[str, Any]


def warnings(artifacts: Artifacts) -> list[Row]:
    """That the probabilities can't be believed, or the sets, where an interval shows it."""
    return [*_slope(artifacts), *sets.warnings(artifacts)]


def _slope(artifacts: Artifacts) -> list[Row]:
    slope = artifacts.metric("calibration_slope")
    if slope.low is None or slope.high is None or slope.low <= 1 <= slope.high:
        return []
    fault = _fault(slope.low, slope.high)
    text = f"The probabilities {fault}: the interval of the calibration slope excludes 1"
    return [remark(text, slope, "reliability")]


def _fault(low: float, high: float) -> str:
    if low > 1:
        return "are too timid"
    return "are too extreme" if low > 0 else "say little or nothing about the finding"


def limits(artifacts: Artifacts) -> list[Row]:
    """The classes of which the test part has few patients, who are what numbers rest on."""
    names = artifacts.question.names
    return [row for name in names for row in _few(f"Class “{name}”", artifacts.test_patients(name))]


def _few(name: str, patients: int) -> Iterator[Row]:
    fact = count(f"test_{name}", patients, "patients", "test")
    if patients < FULL:
        yield remark(
            f"{name} has fewer than {FULL} test patients: its numbers are anecdotes.", fact, "population"
        )
    elif patients < CURVE_EVENTS:
        yield remark(
            f"{name} has fewer than {CURVE_EVENTS} test patients: few for a reliability curve.",
            fact,
            "reliability",
        )
