"""From a table of predictions to what is measured: its parts at the units that differ."""

from __future__ import annotations

import numpy as np

from pipeline.config import Evaluate
from pipeline.statistics.sample import codes
from pipeline.tasks.classification.views import of_patients
from pipeline.tasks.contract import Labels as Values
from pipeline.tasks.contract import Unit
from pipeline.tasks.measured import Json
from pipeline.tasks.multilabel.answers import EVEN, Frozen, probabilities
from pipeline.tasks.multilabel.labels import NOT_KNOWN
from pipeline.tasks.multilabel.predictions import Predictions
from pipeline.tasks.multilabel.view import View, score_of_patients, truth_of_patients


def views_of(predictions: Predictions, part: str, plan: Evaluate, *, fixed: Frozen) -> list[View]:
    """The part at the headline unit and, where it differs, at the other one; none without a row."""
    cases = _cases(predictions, part, plan, fixed=fixed)
    if not len(cases.truth):
        return []
    both: list[Unit] = ["patient", "case"]
    repeated = cases.patients < len(cases.truth)
    units = sorted(both, key=lambda unit: unit != plan.unit) if repeated else [plan.unit]
    return [cases if unit == "case" else _of_patients(cases) for unit in units]


def groups(predictions: Predictions, view: View) -> dict[str, Values]:
    """The values of each group column for the rows of a view."""
    rows = predictions.measurable(view.part)
    of_cases = {name: predictions.frame[name][rows].to_numpy(dtype=object) for name in predictions.groups}
    if view.unit == "case":
        return of_cases
    patient = codes(list(predictions.frame["patient_id"][rows]))
    return {name: of_patients(values, patient) for name, values in of_cases.items()}


def left_out(predictions: Predictions, part: str) -> list[Json]:
    """How many cases count for some findings only, as the others are unknown."""
    known = predictions.truth(predictions.measurable(part)) != NOT_KNOWN
    return [
        {"part": part, "unit": "case", "reason": f"'{name}' is unknown", "count": int(count)}
        for name, count in zip(predictions.names, (~known).sum(axis=0), strict=True)
        if count
    ]


def _cases(predictions: Predictions, part: str, plan: Evaluate, *, fixed: Frozen) -> View:
    rows = predictions.measurable(part)
    logit = predictions.logit
    return View(
        part,
        "case",
        predictions.names,
        predictions.truth(rows),
        predictions.probability[rows],
        codes(list(predictions.frame["patient_id"][rows])),
        plan,
        fixed.thresholds or (EVEN,) * len(predictions.names),
        None if logit is None else probabilities(logit[rows], Frozen()),
    )


def _of_patients(cases: View) -> View:
    """One row a patient."""
    how, truth, patient = cases.plan.patient_score, cases.truth, cases.patient
    before = cases.uncalibrated
    return View(
        cases.part,
        "patient",
        cases.names,
        truth_of_patients(truth, patient),
        score_of_patients(cases.score, truth, patient, how),
        np.arange(cases.patients),
        cases.plan,
        cases.thresholds,
        None if before is None else score_of_patients(before, truth, patient, how),
    )
