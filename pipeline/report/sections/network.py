"""What the first layer looks for, and how much of the image decides one feature."""

from __future__ import annotations

import math
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, recorded
from pipeline.page.section import Section, not_available

KEY, TITLE = "network", "First filters and field of view"


def build(artifacts: Artifacts) -> Section:
    """Kernels of the first layer; the receptive field in pixels and millimetres."""
    model, insights = artifacts.model, artifacts.insights
    if "filters" not in artifacts.pictures:
        return not_available(KEY, TITLE, "the evaluation did not look into the network")
    field = insights.get("field") or {}
    spacing = model.get("spacing")
    theoretical = _largest(model.get("receptive_field_pixels"))
    effective = field.get("effective_pixels")
    facts = {
        "filters": recorded("filters", int(artifacts.pictures["filters"].shape[0]), "filters"),
        "theoretical_pixels": recorded("theoretical_pixels", theoretical, "pixels"),
        "theoretical_mm": recorded("theoretical_mm", _mm(theoretical, spacing), "mm"),
        "effective_pixels": _effective("effective_pixels", effective, field, "pixels"),
        "effective_mm": _effective("effective_mm", _mm(effective, spacing), field, "mm"),
        "rows": recorded("rows", int(model["input_shape"][-3]), "pixels"),
        "columns": recorded("columns", int(model["input_shape"][-2]), "pixels"),
        "parameters": recorded("parameters", model.get("parameters"), "parameters"),
        "spacing": recorded("spacing", spacing[-1] if spacing else None, "mm per pixel"),
    }
    words: dict[str, Any] = {
        "layer": insights["filters"]["layer"],
        "picture": field.get("picture"),
        "reason": field.get("reason", ""),
    }
    words |= {"sample": _sample(artifacts), "volume": len(model["input_shape"]) == 4}
    return Section(KEY, TITLE, facts, words=words)


def _largest(pixels: Any) -> int | None:
    if pixels is None:
        return None
    return int(max(pixels)) if isinstance(pixels, list) else int(pixels)


def _mm(pixels: float | None, spacing: list[float] | None) -> float | None:
    return None if pixels is None or not spacing else float(pixels) * spacing[-1]


def _effective(name: str, value: float | None, field: dict[str, Any], unit: str) -> Fact:
    if value is None or not math.isfinite(value):
        return Fact(name, None, unit=unit, reason=field.get("reason") or "the spacing is not known")
    return Fact(
        name,
        float(value),
        unit=unit,
        method="effective field",
        part="test",
        cases=field["cases"],
        reason=DESCRIBED,
    )


def _sample(artifacts: Artifacts) -> str | None:
    """The first picture of the gallery that may be shown, to draw the field on."""
    items = artifacts.insights.get("gallery", {}).get("items", [])
    return next((item["picture"] for item in items if item.get("picture")), None)
