"""From a table of predictions to what is measured: its parts at the units that differ.

A patient with several scans has the mean of their numbers, each structure over the scans that have one; a
structure is missed, or invented, in a patient where it is in any scan.
"""

from __future__ import annotations

import numpy as np

from pipeline.config import Evaluate
from pipeline.statistics.sample import codes
from pipeline.tasks.contract import Labels, Unit
from pipeline.tasks.measured import Json
from pipeline.tasks.segmentation.predictions import Predictions
from pipeline.tasks.segmentation.view import View

SEVERAL = "several values"


def views_of(predictions: Predictions, part: str, plan: Evaluate, *, fixed: object) -> list[View]:
    """The part at the headline unit and, where it differs, at the other one; none without a row.

    What validation fixed is in the masks already.
    """
    rows = predictions.measurable(part)
    if not rows.any():
        return []
    patient = codes(list(predictions.frame["patient_id"][rows]))
    cases = View(
        part,
        "case",
        predictions.names,
        predictions.scored.where(rows),
        patient,
        predictions.failed[rows],
        plan,
    )
    both: list[Unit] = ["patient", "case"]
    repeated = cases.patients < cases.rows
    units = sorted(both, key=lambda unit: unit != plan.unit) if repeated else [plan.unit]
    return [at_unit(cases, unit) for unit in units]


def at_unit(cases: View, unit: Unit) -> View:
    """The view of the cases at a unit: one row a case, or a patient."""
    patients = np.arange(cases.patients)
    if unit == "case" or cases.rows == cases.patients:
        return View(
            cases.part, unit, cases.names, cases.scored, cases.patient, cases.failed, cases.plan, cases.group
        )
    failed = np.array([cases.failed[cases.patient == code].any() for code in patients], dtype=np.bool_)
    return View(
        cases.part,
        unit,
        cases.names,
        cases.scored.of_patients(cases.patient),
        patients,
        failed,
        cases.plan,
        cases.group,
    )


def groups(predictions: Predictions, view: View) -> dict[str, Labels]:
    """The values of each group column for the rows of a view."""
    rows = predictions.measurable(view.part)
    of_cases = {name: predictions.frame[name][rows].to_numpy(dtype=object) for name in predictions.groups}
    patient = codes(list(predictions.frame["patient_id"][rows]))
    if view.unit == "case" or view.rows == patient.size:
        return of_cases
    return {
        name: np.array([_common(values[patient == code]) for code in range(view.rows)], dtype=object)
        for name, values in of_cases.items()
    }


def left_out(predictions: Predictions, part: str) -> list[Json]:
    """How many cases count for some structures only, as there is no mask of the others."""
    scored = predictions.scored.where(predictions.measurable(part))
    unknown = np.isnan(scored.missed) & np.isnan(scored.invented)
    return [
        {"part": part, "unit": "case", "reason": f"no mask of '{name}'", "count": int(count)}
        for name, count in zip(predictions.names, unknown.sum(axis=0), strict=True)
        if count
    ]


def _common(values: Labels) -> object:
    return values[0] if len(set(values.tolist())) == 1 else SEVERAL
