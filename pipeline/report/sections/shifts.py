"""Whether the score stays when the image moves by a few pixels."""

from __future__ import annotations

from dataclasses import replace

from pipeline.contracts.insights import Shift, Shifts
from pipeline.contracts.objects import plain
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, recorded
from pipeline.page.section import Section, not_available

KEY, TITLE = "shifts", "Does the answer survive a shift of the image?"
SHOWN_PIXELS = (1, 4, 8)

Ends = tuple[float | None, float | None, float | None]
"""A value and the ends of its interval."""


def build(artifacts: Artifacts) -> Section:
    """The curve, and three of its points as facts."""
    if artifacts.insights is None or not artifacts.insights.shifts.points:
        reason = artifacts.insights.shifts.reason if artifacts.insights else ""
        return not_available(KEY, TITLE, reason or "the evaluation did not measure it")
    stored, spacing = artifacts.insights.shifts, artifacts.model.spacing
    points, said = stored.points, artifacts.task.page.score(artifacts.question)
    facts = {"stride": recorded("stride_pixels", stored.stride_pixels, "pixels")}
    for point in points:
        if point.pixels in SHOWN_PIXELS:
            facts[f"change_{point.pixels}"] = _change(point, stored, said.measured_in)
            facts[f"flipped_{point.pixels}"] = _flipped(point, stored)
    data = {
        "points": [plain(point) for point in points],
        "measured_in": said.measured_in,
        "mm_per_pixel": spacing[-1] if spacing else None,
        "stride_pixels": stored.stride_pixels,
        "method": "same cases moved right, down, left, up in turn; edge repeated",
        "patients": stored.patients,
        "level": stored.level,
    }
    return Section(KEY, TITLE, facts, charts={"shifts": data})


def _change(point: Shift, stored: Shifts, measured_in: str) -> Fact:
    ends = (point.change, point.change_low, point.change_high)
    fact = _fact(f"change_{point.pixels}", ends, stored, "mean, normal interval")
    return replace(fact, unit="mean absolute change of the score", measured_in=measured_in)


def _flipped(point: Shift, stored: Shifts) -> Fact:
    ends = (point.flipped, point.flipped_low, point.flipped_high)
    return replace(
        _fact(f"flipped_{point.pixels}", ends, stored, "Wilson"), unit="share of decisions that change"
    )


def _fact(name: str, ends: Ends, stored: Shifts, method: str) -> Fact:
    value, low, high = ends
    missing = "no spread, so no interval" if value is not None else "nothing is decided"
    return Fact(
        name,
        value,
        low,
        high,
        None if low is None else stored.level,
        method=method,
        part="test",
        cases=stored.cases,
        patients=stored.patients,
        reason=missing if low is None else "",
    )
