"""What a reader of a report on several findings must know, and what limits its result."""

from __future__ import annotations

from typing import Any, Final

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count
from pipeline.page.section import remark
from pipeline.statistics.small_sample import FULL

Row = dict[str, Any]
CHANCE: Final = 0.5
"""The area under the ROC curve of a score that says nothing."""


def warnings(artifacts: Artifacts) -> list[Row]:
    """The findings that may be told apart by chance alone, and those with wrong probabilities."""
    rows = []
    for name in artifacts.question.names:
        area = artifacts.metric("auroc", target=name)
        if area.low is not None and area.low <= CHANCE:
            text = f"“{name}” is not shown to be told apart better than by chance"
            rows.append(remark(text, area, "findings"))
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
    """The findings of which the test part has few patients, who are what numbers rest on."""
    rows = []
    for name in artifacts.question.names:
        patients = artifacts.test_patients("present", name)
        if patients < FULL:
            text = f"“{name}” is in fewer than {FULL} test patients: its numbers are anecdotes."
            rows.append(remark(text, count(f"test_{name}", patients, "patients", "test"), "findings"))
    return rows
