"""What a reader of a report on several findings must know, and what limits its result."""

from __future__ import annotations

from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count
from pipeline.page.section import remark
from pipeline.statistics.small_sample import FULL

Row = dict[str, Any]


def warnings(artifacts: Artifacts) -> list[Row]:
    """The findings whose probabilities can't be believed, where the slope's interval shows it."""
    rows = []
    for name in artifacts.question.names:
        slope = artifacts.metric("calibration_slope", target=name)
        if slope.low is None or slope.high is None or slope.low <= 1 <= slope.high:
            continue
        fault = "are too timid" if slope.low > 1 else "are too extreme"
        if slope.low <= 0:
            fault = "say little or nothing about it"
        text = f"The probabilities of “{name}” {fault}: the interval of the calibration slope excludes 1"
        rows.append(remark(text, slope, "finding_reliability"))
    return rows


def limits(artifacts: Artifacts) -> list[Row]:
    """The findings of which the test part has few cases."""
    rows = []
    for name, cases in artifacts.cohort.parts["test"].counts.items():
        if cases < FULL:
            text = f"“{name}” is in fewer than {FULL} test cases: its numbers are anecdotes."
            rows.append(remark(text, count(f"test_{name}", cases, "cases", "test"), "findings"))
    return rows
