"""From a table of predictions to the numbers of metrics.json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.config import Evaluate
from pipeline.contracts.predictions import FOLD, OUT_OF_FOLD
from pipeline.evaluate import folds, subgroups
from pipeline.tasks.contract import Fixed, Predicted
from pipeline.tasks.measured import Curves, Json, Measured
from pipeline.tasks.registry import Task

# In the order in which a part leads: the headline is of the first that isn't the one of choices.
MEASURED_PARTS = ("test", OUT_OF_FOLD, "external", "new", "validation")
CHOICES_PART = "validation"


@dataclass(frozen=True)
class PartResult:
    """What was measured of one part: the headline unit first, then the other, subgroups, and folds."""

    part: str
    units: list[Measured]
    group_metrics: list[Json]
    comparisons: list[Json]
    left_out: list[Json]
    folds: list[Json] = field(default_factory=list)


def measure(predictions: Predicted, task: Task, plan: Evaluate, *, fixed: Fixed) -> Json:
    """The parts of metrics.json that follow from the table; digests and choices are the caller's to add.

    `fixed` is what validation fixed.
    """
    present = set(predictions.frame["part"])
    results = [
        _part(predictions, part, task, plan, fixed=fixed) for part in MEASURED_PARTS if part in present
    ]
    metrics = [metric for result in results for metric in _metrics(result)]
    redrawn = max((each.redrawn for result in results for each in result.units), default=0)
    share = redrawn / (plan.resamples + redrawn)
    return {
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
        "left_out": [entry for result in results for entry in result.left_out],
        "folds": [entry for result in results for entry in result.folds],
        "rules": task.measures.RULES,
        **task.measures.in_metrics(predictions, metrics),
    }


def _part(predictions: Predicted, part: str, task: Task, plan: Evaluate, *, fixed: Fixed) -> PartResult:
    left_out = _left_out(predictions, part)
    if not predictions.measurable(part).any():
        return PartResult(part, [], [], [], left_out)
    left_out += task.measures.left_out(predictions, part)
    views = task.measures.views_of(predictions, part, plan, fixed=fixed)
    measured = [task.measures.measure(view) for view in views]
    if part == CHOICES_PART or not views:
        return PartResult(part, measured, [], [], left_out)
    groups = task.measures.groups(predictions, views[0])
    of_folds = [folds.of_view(views[0], groups.pop(FOLD), task)] if FOLD in groups else []
    return PartResult(part, measured, *subgroups.compare(views[0], groups, task), left_out, of_folds)


def _left_out(predictions: Predicted, part: str) -> list[Json]:
    frame = predictions.frame
    aside = np.asarray(frame["part"] == part) & ~predictions.measurable(part)
    failed = int((aside & (frame["status"] != "ok")).sum())
    unlabelled = int((aside & (frame["status"] == "ok")).sum())
    reasons = {"the prediction failed": failed, "no label": unlabelled}
    return [
        {"part": part, "unit": "case", "reason": reason, "count": n} for reason, n in reasons.items() if n
    ]


def _metrics(result: PartResult) -> list[Json]:
    return [metric for each in result.units for metric in each.metrics] + result.group_metrics


def _curves(results: Sequence[PartResult]) -> Curves:
    """The curves of the headline unit; the validation part's only beside those of another part."""
    by_kind: Curves = {}
    for result in results:
        for kind, curves in result.units[0].curves.items() if result.units else ():
            if result.part != CHOICES_PART or kind in by_kind:
                by_kind.setdefault(kind, []).extend(curves)
    return by_kind
