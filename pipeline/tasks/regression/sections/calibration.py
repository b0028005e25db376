"""Whether a predicted number can be taken at its word, over its range, and where the model errs most."""

from __future__ import annotations

from typing import Any

from pipeline.page.artifacts import VALIDATION, Artifacts, Curve
from pipeline.page.facts import Fact, of_metric, recorded
from pipeline.page.headline import headline
from pipeline.page.section import Section, not_available
from pipeline.tasks.regression.settled import settled

KEY, TITLE = "calibration", "Can the number be taken at its word?"
_FITTED = ("calibration_slope", "calibration_intercept")


def build(artifacts: Artifacts) -> Section:
    """Slope and intercept on the reported part and on validation, and the curve where patients suffice."""
    facts = {name: artifacts.metric(name) for name in _FITTED}
    if all(fact.value is None for fact in facts.values()):
        return not_available(KEY, TITLE, facts["calibration_slope"].reason or headline(artifacts).reason)
    known = artifacts.task.measures.METRICS
    rows = [
        {
            "label": known[name].label,
            "reading": known[name].reading,
            "fact": fact,
            "validation": _of_validation(artifacts, name),
        }
        for name, fact in facts.items()
    ]
    curves = [curve for curve in artifacts.curves(KEY) if curve["part"] != VALIDATION]
    charts = {KEY: _chart(curves[0], artifacts)} if curves else {}
    told = settled(artifacts.metrics)
    words = {
        "applied": told.applied,
        "because": told.because,
        "of_table": bool(artifacts.table),
        "few": "" if curves else "fewer than 30 patients: too few for a curve",
    }
    return Section(KEY, TITLE, facts, {"rows": rows}, charts=charts, words=words)


def _of_validation(artifacts: Artifacts, name: str) -> Fact:
    stored = artifacts.metrics.calibration.get(f"fitted_{name.removeprefix('calibration_')}")
    return of_metric(stored, artifacts.measured_in(name)) if stored else recorded(name, None)


def _chart(curve: Curve, artifacts: Artifacts) -> dict[str, Any]:
    return {
        "points": curve["points"],
        "quantity": artifacts.question.label,
        "in_unit": artifacts.question.in_unit,
        "method": "groups of equally many; mean with Student's interval, one vote a patient",
        "patients": sum(point["patients"] for point in curve["points"]),
    }
