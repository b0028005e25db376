"""How the number that leads, and the decisions, change when scans are made worse step by step."""

from __future__ import annotations

from typing import Final

from pipeline.contracts.robustness import Curve, Point, Robustness
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, recorded, setting
from pipeline.page.section import Json, Section, not_available

KEY, TITLE = "robustness", "Does the answer survive a worse scan?"
PIXELS: Final = "pixels"
NAMES: Final = {
    "noise": "Noise",
    "blur": "Blur",
    "gain": "Contrast",
    "offset": "Brightness",
    "rotation": "Rotation",
    "shift": "Shift",
    "resolution": "Larger pixels",
    "jpeg": "JPEG",
    "lost_slices": "Lost slices",
}
"""What each change is called, in the order in which they are told."""


def build(artifacts: Artifacts) -> Section:
    """One row a kind of change with what its strongest level does, one a level, and a curve each."""
    found = artifacts.robustness
    if found is None or not found.curves or found.unchanged is None:
        reason = found.reason if found else ""
        return not_available(KEY, TITLE, reason or "the evaluation did not measure it")
    tried = [curve for curve in found.curves if curve.points]
    facts = {
        "unchanged": _metric(found.unchanged, found, artifacts),
        "goal": setting("goal", found.goal, measured_in=artifacts.measured_in(found.metric)),
        "patients": recorded("robustness_patients", found.patients, "patients"),
        "of": recorded("robustness_part_patients", found.part_patients, "patients"),
    }
    metric = artifacts.task.measures.METRICS[found.metric]
    words = {
        "metric": metric.short,
        "decides": found.unchanged.flipped is not None,
        "in_mm": found.mm_per_pixel is not None,
        "before": _before(found, metric.better),
        "left_out": [{"name": NAMES[each.key], "why": each.reason} for each in found.curves if each.reason],
    }
    tables = {
        "rows": [_row(curve, found, artifacts) for curve in tried],
        "levels": [_level(curve, point, found, artifacts) for curve in tried for point in curve.points],
    }
    return Section(KEY, TITLE, facts, tables, {"robustness": _chart(tried, found, artifacts)}, words)


def _before(found: Robustness, better: int) -> str:
    """Where the interval of the scans as they are lies: "beyond" the goal, "short" of it, or "across"."""
    point = found.unchanged
    if point is None or point.low is None or point.high is None or found.goal is None:
        return ""
    worst, best = sorted((better * point.low, better * point.high))
    if worst >= better * found.goal:
        return "beyond"
    return "short" if best < better * found.goal else "across"


def _row(curve: Curve, found: Robustness, artifacts: Artifacts) -> Json:
    strongest = curve.points[-1]
    return {
        "name": NAMES[curve.key],
        "unit": _unit(curve, found),
        "mildest": _strength(curve, curve.points[0].level, found),
        "strongest": _strength(curve, strongest.level, found),
        "metric": _metric(strongest, found, artifacts),
        "flipped": _flipped(strongest, found),
        "leaves": _strength(curve, curve.leaves, found),
        "misses": _strength(curve, curve.misses, found),
    }


def _level(curve: Curve, point: Point, found: Robustness, artifacts: Artifacts) -> Json:
    return {
        "name": NAMES[curve.key],
        "unit": _unit(curve, found),
        "strength": _strength(curve, point.level, found),
        "metric": _metric(point, found, artifacts),
        "flipped": _flipped(point, found),
    }


def _strength(curve: Curve, level: float | None, found: Robustness) -> Fact:
    """A level as people know it: pixels in mm where that can be said."""
    told = None if level is None else float(f"{level * _scale(curve, found):.3g}")
    return setting(f"{curve.key}_level", told, _unit(curve, found))


def _unit(curve: Curve, found: Robustness) -> str:
    return "mm" if curve.unit == PIXELS and found.mm_per_pixel else curve.unit


def _scale(curve: Curve, found: Robustness) -> float:
    return found.mm_per_pixel if curve.unit == PIXELS and found.mm_per_pixel else 1.0


def _metric(point: Point, found: Robustness, artifacts: Artifacts) -> Fact:
    return Fact(
        found.metric, point.value, point.low, point.high, None if point.low is None else found.level,
        method="as on the whole part", part="test", cases=found.patients, patients=found.patients,
        measured_in=artifacts.measured_in(found.metric),
        flag=point.flag, reason="" if point.low is not None else point.reason or "no spread, so no interval",
    )  # fmt: skip


def _flipped(point: Point, found: Robustness) -> Fact:
    return Fact(
        "flipped", point.flipped, point.flipped_low, point.flipped_high,
        None if point.flipped_low is None else found.level, unit="share of decisions that change",
        method="Wilson", part="test", cases=found.patients, patients=found.patients,
        numerator=None if point.flipped is None else round(point.flipped * found.patients),
        denominator=None if point.flipped is None else found.patients,
        reason="" if point.flipped_low is not None else "nothing is decided of a scan as a whole",
    )  # fmt: skip


def _chart(tried: list[Curve], found: Robustness, artifacts: Artifacts) -> Json:
    return {
        "metric": artifacts.task.measures.METRICS[found.metric].short,
        "goal": found.goal,
        "method": "as on the whole part",
        "patients": found.patients,
        "unchanged": found.unchanged and _metric(found.unchanged, found, artifacts).to_json(),
        "curves": [
            {
                "name": NAMES[curve.key],
                "unit": _unit(curve, found),
                "levels": [float(f"{point.level * _scale(curve, found):.3g}") for point in curve.points],
                "points": [_metric(point, found, artifacts).to_json() for point in curve.points],
            }
            for curve in tried
        ],
    }
