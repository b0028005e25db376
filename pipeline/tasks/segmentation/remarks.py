"""What a reader of a segmentation's report must know, and what limits its result."""

from __future__ import annotations

from typing import Any, Final

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count
from pipeline.page.section import remark
from pipeline.page.wording import percent
from pipeline.statistics.small_sample import FULL
from pipeline.tasks.segmentation.sections.tested import view_of

Row = dict[str, Any]
OFTEN: Final = 0.05
"""A structure that is missed in more patients than this is one that people will meet (a choice)."""


def warnings(artifacts: Artifacts) -> list[Row]:
    """Structures that are missed or invented too often, volumes that are off, and predictions that failed."""
    rows = _failed(artifacts)
    for name in artifacts.question.names:
        for kind in ("missed", "invented"):
            share = artifacts.metric(kind, target=name)
            if share.low is not None and share.low > OFTEN:
                text = f"“{name}” is shown to be {kind} in more than {percent(OFTEN)} of patients"
                rows.append(remark(text, share, "presence"))
        bias = artifacts.metric("volume_bias", target=name)
        if bias.low is not None and bias.high is not None and not bias.low <= 0 <= bias.high:
            side = "large" if bias.low > 0 else "small"
            text = f"Volumes of “{name}” are too {side} on the whole: the interval of the bias excludes 0"
            rows.append(remark(text, bias, "volumes"))
    return rows


def limits(artifacts: Artifacts) -> list[Row]:
    """The structures of which the test part has few patients, who are what numbers rest on."""
    rows = []
    for name in artifacts.question.names:
        patients = artifacts.test_patients("present", name)
        if patients < FULL:
            text = f"“{name}” is in fewer than {FULL} test patients: its numbers are anecdotes."
            rows.append(remark(text, count(f"test_{name}", patients, "patients", "test"), "structures"))
    return rows


def _failed(artifacts: Artifacts) -> list[Row]:
    view = view_of(artifacts)
    failed = 0 if view is None else int(view.failed.sum())
    if not failed:
        return []
    fact = count("failed_counted", failed, f"{artifacts.unit}s", artifacts.part)
    return [remark("Predictions failed, and what they should have marked counts as missed", fact, "presence")]
