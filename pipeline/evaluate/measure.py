"""From a table of predictions to the numbers of metrics.json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.contracts.predictions import Predictions
from pipeline.evaluate import subgroups
from pipeline.statistics.sample import Sample, codes
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.classification import choices as operating
from pipeline.tasks.classification.curves import Curves
from pipeline.tasks.measured import Measured
from pipeline.tasks.registry import Task
from pipeline.tasks.rules import RULES
from pipeline.tasks.view import Json, Plan, Unit, View

MEASURED_PARTS = ("test", "external", "new", "validation")
CHOICES_PART = "validation"
CALIBRATION = {
    "brier": "brier",
    "ece": "ece",
    "ece_null_mean": "ece_null_mean",
    "intercept": "calibration_intercept",
    "log_loss": "log_loss",
    "o_over_e": "o_over_e",
    "slope": "calibration_slope",
}


@dataclass(frozen=True)
class PartResult:
    """What was measured of one part: the headline unit first, then the other, then the subgroups."""

    part: str
    units: list[Measured]
    group_metrics: list[Json]
    comparisons: list[Json]
    left_out: list[Json]


def sample_of(predictions: Predictions, part: str) -> Sample:
    """The cases of a part that have a prediction and a known truth."""
    rows = predictions.measurable(part)
    return Sample(
        predictions.truth(rows),
        predictions.probability[rows],
        codes(list(predictions.frame["patient_id"][rows])),
    )


def measure(predictions: Predictions, task: Task, plan: Plan, *, threshold: float | None) -> Json:
    """The parts of metrics.json that follow from the table; digests and choices are the caller's to add."""
    found = set(predictions.frame["part"])
    results = [
        _part(predictions, part, task, plan, threshold=threshold) for part in MEASURED_PARTS if part in found
    ]
    metrics = [metric for result in results for metric in _metrics(result)]
    redrawn = max((each.redrawn for result in results for each in result.units), default=0)
    share = redrawn / (plan.resamples + redrawn)
    return {
        "task": task.name,
        "classes": list(predictions.classes),
        "positive": predictions.classes[1] if task.thresholded else None,
        "unit": plan.unit,
        "patient_score": plan.patient_score,
        "bootstrap": {
            "resamples": plan.resamples,
            "seed": plan.seed,
            "unit": "patient",
            "redrawn": redrawn,
            "redrawn_share": share,
        },
        "metrics": metrics,
        "confusion": [entry for result in results for each in result.units for entry in each.confusion],
        "curves": _curves(results),
        "comparisons": [entry for result in results for entry in result.comparisons],
        "calibration": _calibration(metrics),
        "left_out": [entry for result in results for entry in result.left_out],
        "rules": RULES,
    }


def views_of(
    predictions: Predictions, part: str, task: Task, plan: Plan, *, threshold: float | None
) -> list[View]:
    """The part at the headline unit and, where it differs, at the other one; none without a row."""
    cases = sample_of(predictions, part)
    uncalibrated = _uncalibrated(predictions, part)
    views = [
        _view(cases, uncalibrated, View(part, unit, predictions.classes, cases, plan, threshold), task)
        for unit in (_units(cases, plan) if cases.truth.size else [])
    ]
    return [view for view in views if view.sample.truth.size]


def _part(
    predictions: Predictions, part: str, task: Task, plan: Plan, *, threshold: float | None
) -> PartResult:
    cases = sample_of(predictions, part)
    left_out = _left_out(predictions, part)
    if not cases.truth.size:
        return PartResult(part, [], [], [], left_out)
    kept = task.kept(cases)
    left_out += _several_classes(part, int((~kept).sum()))
    views = views_of(predictions, part, task, plan, threshold=threshold)
    measured = [task.measure(view) for view in views]
    if part == CHOICES_PART or not views:
        return PartResult(part, measured, [], [], left_out)
    groups = _groups(predictions, part, views[0], cases, kept)
    return PartResult(part, measured, *subgroups.compare(views[0], groups, task), left_out)


def _units(cases: Sample, plan: Plan) -> list[Unit]:
    """The headline unit first; the other one only where it differs."""
    both: list[Unit] = ["patient", "case"]
    return sorted(both, key=lambda unit: unit != plan.unit) if cases.repeated else [plan.unit]


def _view(cases: Sample, uncalibrated: Floats | None, view: View, task: Task) -> View:
    """The view at its own unit."""
    if view.unit == "case":
        return replace(view, uncalibrated=uncalibrated)
    how = view.plan.patient_score
    before = None
    if uncalibrated is not None:
        before = task.patients(Sample(cases.truth, uncalibrated, cases.patient), how).probability
    return replace(view, sample=task.patients(cases, how), uncalibrated=before)


def _uncalibrated(predictions: Predictions, part: str) -> Floats | None:
    """The probabilities of the part's cases before temperature, where the table has logits."""
    if predictions.logit is None:
        return None
    return operating.probabilities(predictions.logit[predictions.measurable(part)], 1.0)


def _groups(
    predictions: Predictions, part: str, view: View, cases: Sample, kept: Flags
) -> dict[str, subgroups.Labels]:
    rows = predictions.measurable(part)
    of_cases = {name: predictions.frame[name][rows].to_numpy(dtype=object) for name in predictions.groups}
    if view.unit == "case":
        return of_cases
    return {name: subgroups.of_patients(values, cases.patient)[kept] for name, values in of_cases.items()}


def _left_out(predictions: Predictions, part: str) -> list[Json]:
    frame = predictions.frame[predictions.frame["part"] == part]
    failed = int((frame["status"] != "ok").sum())
    unlabelled = int(((frame["status"] == "ok") & (frame["truth"] == "")).sum())
    reasons = {"the prediction failed": failed, "no label": unlabelled}
    return [
        {"part": part, "unit": "case", "reason": reason, "count": n} for reason, n in reasons.items() if n
    ]


def _several_classes(part: str, patients: int) -> list[Json]:
    if not patients:
        return []
    reason = "cases of several classes, so the patient has no class"
    return [{"part": part, "unit": "patient", "reason": reason, "count": patients}]


def _metrics(result: PartResult) -> list[Json]:
    return [metric for each in result.units for metric in each.metrics] + result.group_metrics


def _curves(results: Sequence[PartResult]) -> Curves:
    """The curves of the headline unit; the validation part's only beside those of another part."""
    drawn: Curves = {}
    for result in results:
        for kind, curves in result.units[0].curves.items() if result.units else ():
            if result.part != CHOICES_PART or kind in drawn:
                drawn.setdefault(kind, []).extend(curves)
    return drawn


def _calibration(metrics: Sequence[Json]) -> Json:
    """The calibration metrics of the headline: the first of each name, for it stands before the others."""
    return {
        name: next((metric for metric in metrics if metric["id"] == wanted), None)
        for name, wanted in CALIBRATION.items()
    }
