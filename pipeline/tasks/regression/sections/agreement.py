"""Prediction and reference side by side: as a scatter, and as differences over their mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.page.artifacts import Artifacts
from pipeline.page.headline import headline
from pipeline.page.section import Section, not_available
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.sample import codes

FEWEST = 5
"""Points: with fewer a chart would show single patients and nothing else."""


def scatter(artifacts: Artifacts) -> Section:
    """Predicted over reference, with the line on which both agree and the line of recalibration."""
    return _section(
        artifacts, "scatter", "Predicted and measured", ("calibration_slope", "calibration_intercept", "r2")
    )


def bland_altman(artifacts: Artifacts) -> Section:
    """Differences over means, with bias and limits of agreement and their intervals."""
    return _section(artifacts, "bland_altman", "How far they differ", ("bias", "limit_low", "limit_high"))


def points(artifacts: Artifacts) -> Measurements:
    """The reported part at the headline unit, a patient's scans as their mean."""
    rows = artifacts.tested
    measured = Measurements(
        rows["truth"].astype(np.float64).to_numpy(),
        rows["predicted"].astype(np.float64).to_numpy(),
        codes(list(rows["patient_id"])),
    )
    return measured.per_patient() if artifacts.unit == "patient" and len(rows) else measured


def _section(artifacts: Artifacts, key: str, title: str, names: tuple[str, ...]) -> Section:
    rows = points(artifacts)
    if rows.patients < FEWEST:
        return not_available(key, title, headline(artifacts).reason or "too few patients")
    facts = {name: artifacts.metric(name) for name in names}
    chart: dict[str, Any] = {
        "reference": rows.reference.tolist(),
        "prediction": rows.prediction.tolist(),
        "lines": {name: fact.to_json() for name, fact in facts.items()},
        "quantity": artifacts.question.label,
        "in_unit": artifacts.question.in_unit,
        "method": f"one point a {artifacts.unit}",
        "patients": rows.patients,
    }
    return Section(key, title, facts, charts={key: chart}, words={"unit": artifacts.unit})
