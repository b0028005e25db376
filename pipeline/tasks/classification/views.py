"""From a table of predictions to what is measured: its parts at the units that differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.config import Evaluate
from pipeline.statistics.sample import Sample
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.classification.answers import Frozen, probabilities
from pipeline.tasks.classification.predictions import Predictions
from pipeline.tasks.classification.rows import kept, per_patient, sample_of
from pipeline.tasks.classification.view import View
from pipeline.tasks.contract import Labels, Unit
from pipeline.tasks.measured import Json

SEVERAL = "several values"


def views_of(predictions: Predictions, part: str, plan: Evaluate, *, fixed: Frozen) -> list[View]:
    """The part at the headline unit and, where it differs, at the other one; none without a row."""
    cases = sample_of(predictions, part)
    uncalibrated = _uncalibrated(predictions, part)
    views = [
        _at_unit(
            uncalibrated, View(part, unit, predictions.classes, cases, plan, fixed.threshold, sets=fixed.sets)
        )
        for unit in (_units(cases, plan) if cases.truth.size else [])
    ]
    return [view for view in views if view.sample.truth.size]


def groups(predictions: Predictions, view: View) -> dict[str, Labels]:
    """The values of each group column for the rows of a view."""
    rows = predictions.measurable(view.part)
    of_cases = {name: predictions.frame[name][rows].to_numpy(dtype=object) for name in predictions.groups}
    if view.unit == "case":
        return of_cases
    cases = sample_of(predictions, view.part)
    return {name: of_patients(values, cases.patient)[kept(cases)] for name, values in of_cases.items()}


def of_patients(values: Labels, patient: Integers) -> Labels:
    """The value of each patient, shape (patients,): that of all cases, or "several values"."""
    value_of: dict[int, object] = {}
    for code, value in zip(patient.tolist(), values.tolist(), strict=True):
        value_of[code] = value if value_of.get(code, value) == value else SEVERAL
    return np.array([value_of[code] for code in sorted(value_of)], dtype=object)


def left_out(predictions: Predictions, part: str) -> list[Json]:
    """Patients of the part that have no row, with the reason."""
    patients = int((~kept(sample_of(predictions, part))).sum())
    if not patients:
        return []
    reason = "cases of several classes, so the patient has no class"
    return [{"part": part, "unit": "patient", "reason": reason, "count": patients}]


def _units(cases: Sample, plan: Evaluate) -> list[Unit]:
    """The headline unit first; the other one only where it differs."""
    both: list[Unit] = ["patient", "case"]
    return sorted(both, key=lambda unit: unit != plan.unit) if cases.repeated else [plan.unit]


def _at_unit(uncalibrated: Floats | None, view: View) -> View:
    """The view of cases at its own unit; `uncalibrated` are the cases' probabilities before temperature."""
    if view.unit == "case":
        return replace(view, uncalibrated=uncalibrated)
    cases, how = view.sample, view.plan.patient_score
    before = None
    if uncalibrated is not None:
        before = per_patient(Sample(cases.truth, uncalibrated, cases.patient), how).probability
    return replace(view, sample=per_patient(cases, how), uncalibrated=before)


def _uncalibrated(predictions: Predictions, part: str) -> Floats | None:
    """The probabilities of the part's cases before temperature, where the table has logits."""
    if predictions.logit is None:
        return None
    return probabilities(predictions.logit[predictions.measurable(part)], Frozen())
