"""What the first layer looks for, and how much of the image decides one feature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pipeline.contracts.insights import Field, Insights
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, recorded
from pipeline.page.section import Section, not_available

KEY, TITLE = "network", "First filters and field of view"


def build(artifacts: Artifacts) -> Section:
    """Kernels of the first layer; the receptive field in pixels and millimetres."""
    model, insights = artifacts.model, artifacts.insights
    if insights is None or "filters" not in artifacts.pictures:
        return not_available(KEY, TITLE, "the evaluation did not look into the network")
    field, spacing, seen = insights.field, model.spacing or (), model.receptive_field_pixels
    theoretical = max(seen) if seen else None
    effective = field.effective_pixels
    facts = {
        "filters": recorded("filters", int(artifacts.pictures["filters"].shape[0]), "filters"),
        "theoretical_pixels": recorded("theoretical_pixels", theoretical, "pixels"),
        "theoretical_mm": recorded("theoretical_mm", _by_axis(_in_mm(seen, spacing)), "mm"),
        "effective_pixels": _effective("effective_pixels", effective, field, "pixels"),
        "effective_mm": _effective("effective_mm", _side_mm(effective, spacing), field, "mm"),
        "input": recorded("input", _by_axis(model.input_shape[:-1]), "pixels"),
        "rows": recorded("rows", model.input_shape[-3], "pixels"),
        "columns": recorded("columns", model.input_shape[-2], "pixels"),
        "parameters": recorded("parameters", model.parameters, "parameters"),
        "spacing": recorded("spacing", _by_axis(spacing), "mm"),
    }
    facts["networks"] = recorded("networks", len(model.members) or 1, "networks")
    distances = {"stem_distance": model.stem_distance_pixels, "distance": model.distance_pixels}
    for name, pixels in distances.items():
        facts[f"{name}_pixels"] = recorded(f"{name}_pixels", _by_axis(pixels), "pixels")
        facts[f"{name}_mm"] = recorded(f"{name}_mm", _by_axis(_in_mm(pixels, spacing)), "mm")
    words: dict[str, Any] = {
        "layer": insights.filters.layer,
        "picture": field.picture,
        "reason": field.reason,
    }
    words["patchwise"] = "normalization" in model.network
    words |= {"sample": _sample(insights), "volume": len(model.input_shape) == 4}
    return Section(KEY, TITLE, facts, words=words)


def _in_mm(pixels: Sequence[float], spacing: Sequence[float]) -> list[float]:
    """The lengths on each axis in mm; none where the spacing is not known."""
    return [length * step for length, step in zip(pixels, spacing, strict=True)] if spacing else []


def _by_axis(lengths: Sequence[float]) -> str | None:
    """One number an axis, as it is read: `4 × 10.8 × 10.8`."""
    return " × ".join(f"{length:.3g}" for length in lengths) or None


def _side_mm(pixels: float | None, spacing: Sequence[float]) -> float | None:
    """The side of the square (cube) as large as one of so many pixels a side."""
    return None if pixels is None or not spacing else float(pixels) * math.prod(spacing) ** (1 / len(spacing))


def _effective(name: str, value: float | None, field: Field, unit: str) -> Fact:
    if value is None or not math.isfinite(value):
        return Fact(name, None, unit=unit, reason=field.reason or "the spacing is not known")
    return Fact(
        name,
        float(value),
        unit=unit,
        method="effective field",
        part="test",
        cases=field.cases,
        reason=DESCRIBED,
    )


def _sample(insights: Insights) -> str | None:
    """The first picture of the gallery that may be shown, to draw the field on."""
    return next((item.picture for item in insights.gallery.items if item.picture), None)
