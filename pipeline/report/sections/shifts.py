"""Whether the score stays when the image moves by a few pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, recorded
from pipeline.page.section import Section, not_available

KEY, TITLE = "shifts", "Does the answer survive a shift of the image?"
SHOWN_PIXELS = (1, 4, 8)
_NO_DECISION = "nothing is decided"
_UNITS = {"change": "mean absolute change of the score", "flipped": "share of decisions that change"}


def build(artifacts: Artifacts) -> Section:
    """The curve, and three of its points as facts."""
    stored = artifacts.insights.get("shifts") or {}
    if not stored.get("points"):
        return not_available(KEY, TITLE, stored.get("reason", "the evaluation did not measure it"))
    spacing = artifacts.model.get("spacing")
    points, said = stored["points"], artifacts.task.page.score(artifacts.question)
    facts = {"stride": recorded("stride_pixels", stored["stride_pixels"], "pixels")}
    for point in points:
        if point["pixels"] in SHOWN_PIXELS:
            facts[f"change_{point['pixels']}"] = _change(point, stored, said.measured_in)
            facts[f"flipped_{point['pixels']}"] = _fact(point, "flipped", stored, "Wilson")
    data = {
        "points": points,
        "measured_in": said.measured_in,
        "mm_per_pixel": spacing[-1] if spacing else None,
        "stride_pixels": stored["stride_pixels"],
        "method": "same cases moved right, down, left, up in turn; edge repeated",
        "patients": stored["patients"],
        "level": stored["level"],
    }
    return Section(KEY, TITLE, facts, charts={"shifts": data})


def _change(point: dict[str, Any], stored: dict[str, Any], measured_in: str) -> Fact:
    return replace(_fact(point, "change", stored, "mean, normal interval"), measured_in=measured_in)


def _fact(point: dict[str, Any], key: str, stored: dict[str, Any], method: str) -> Fact:
    low, high = point[f"{key}_low"], point[f"{key}_high"]
    return Fact(
        f"{key}_{point['pixels']}",
        point[key],
        low,
        high,
        None if low is None else stored["level"],
        unit=_UNITS[key],
        method=method,
        part="test",
        cases=stored["cases"],
        patients=stored["patients"],
        reason="" if low is not None else _NO_DECISION if point[key] is None else "no spread, so no interval",
    )
