"""From a table of predictions to what is measured: its parts at the units that differ.

A patient with several scans has the mean of their numbers, of what was measured as of what was predicted; the
patient's interval holds where those of all scans do, as it was made to.
"""

from __future__ import annotations

import numpy as np

from pipeline.config import Evaluate
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.sample import codes
from pipeline.statistics.vectors import Integers
from pipeline.tasks.contract import Labels, Unit
from pipeline.tasks.measured import Json
from pipeline.tasks.regression.answers import Frozen
from pipeline.tasks.regression.predictions import Predictions
from pipeline.tasks.regression.view import View

SEVERAL = "several values"


def views_of(predictions: Predictions, part: str, plan: Evaluate, *, fixed: Frozen) -> list[View]:
    """The part at the headline unit and, where it differs, at the other one; none without a row."""
    rows = measurements(predictions, part)
    if not rows.reference.size:
        return []
    both: list[Unit] = ["patient", "case"]
    units = sorted(both, key=lambda unit: unit != plan.unit) if rows.repeated else [plan.unit]
    return [_view(predictions, part, plan, unit) for unit in units]


def measurements(predictions: Predictions, part: str) -> Measurements:
    """The cases of a part that have a prediction and a known truth."""
    rows = predictions.measurable(part)
    patients = codes(list(predictions.frame["patient_id"][rows]))
    return Measurements(predictions.truth(rows), predictions.predicted[rows], patients)


def groups(predictions: Predictions, view: View) -> dict[str, Labels]:
    """The values of each group column for the rows of a view."""
    rows = predictions.measurable(view.part)
    of_cases = {name: predictions.frame[name][rows].to_numpy(dtype=object) for name in predictions.groups}
    cases = measurements(predictions, view.part)
    if view.unit == "case" or not cases.repeated:
        return of_cases
    return {name: _of_patients(values, cases.patient) for name, values in of_cases.items()}


def left_out(predictions: Predictions, part: str) -> list[Json]:
    """Patients of the part that have no row: none, for every patient has a mean."""
    return []


def _view(predictions: Predictions, part: str, plan: Evaluate, unit: Unit) -> View:
    cases, rows = measurements(predictions, part), predictions.measurable(part)
    low, high = predictions.low[rows], predictions.high[rows]
    held = np.where(np.isnan(low), np.nan, (low <= cases.reference) & (cases.reference <= high))
    if unit == "case" or not cases.repeated:
        return View(part, unit, cases, held, high - low, plan)
    all_held = np.ones(cases.patients)
    with np.errstate(invalid="ignore"):  # nan where a scan has no interval
        np.minimum.at(all_held, cases.patient, held)
    width = np.bincount(cases.patient, high - low) / np.bincount(cases.patient)
    return View(part, unit, cases.per_patient(), all_held, width, plan)


def _of_patients(values: Labels, patient: Integers) -> Labels:
    """The value of each patient, shape (patients,): that of all cases, or "several values"."""
    value_of: dict[int, object] = {}
    for code, value in zip(patient.tolist(), values.tolist(), strict=True):
        value_of[code] = value if value_of.get(code, value) == value else SEVERAL
    return np.array([value_of[code] for code in sorted(value_of)], dtype=object)
