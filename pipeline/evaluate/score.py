"""The same statistics for a table of predictions from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline import digests, provenance
from pipeline.contracts import metrics as contract
from pipeline.contracts.predictions import Predictions
from pipeline.errors import DataError
from pipeline.evaluate.measure import CHOICES_PART, MEASURED_PARTS, measure, sample_of, views_of
from pipeline.evaluate.side_by_side import compare
from pipeline.evaluate.summary import lines
from pipeline.foreign import Foreign
from pipeline.progress import waiting
from pipeline.records import Summary
from pipeline.statistics.thresholds import Rule
from pipeline.tasks.classification import choices as operating
from pipeline.tasks.registry import Task, task_of
from pipeline.tasks.view import Json, Plan

# Where no validation rows are there to choose on: the larger of the two scores decides.
EVEN = operating.Threshold(0.5, Rule("fixed"), "fixed beforehand", None)


def score(foreign: Foreign, out: Path, plan: Plan | None = None) -> Summary:
    """What the table shows, in lines; writes them into the folder `out`.

    The threshold is chosen on the rows of part "validation", else it is 0.5. Of several models the first
    stands in the file as a single one does; the others are in `models`, the differences of all pairs among
    the `comparisons`. Raises DataError when there is nothing to measure.
    """
    plan = plan or Plan()
    _need_measurable(foreign)
    task = task_of(foreign.first.classes)
    thresholds = {name: _threshold(read, task, plan) for name, read in foreign.models.items()}
    with waiting("score: measuring, on resamples of the patients"):
        measured = {
            name: _measured(read, task, plan, thresholds[name]) for name, read in foreign.models.items()
        }
    first, *others = measured
    metrics = measured[first]
    if others:
        metrics["model"] = first
        metrics["models"] = [{"model": name, **_alone(measured[name])} for name in others]
        with waiting("score: comparing the models"):
            metrics["comparisons"] += _differences(foreign, task, plan, thresholds)
    metrics["created_utc"] = None
    metrics["notes"] = list(foreign.notes)
    metrics["digests"] = {
        "code": provenance.code_digest(),
        "predictions": digests.of_file(foreign.path),
        **dict.fromkeys(("cohort", "config", "labels", "model")),
    }
    changed = contract.FILE.write(out, contract.FILE.of(metrics))
    notes = [f"{foreign.path.name}: {note}" for note in foreign.notes]
    return Summary((*notes, *lines(metrics), f"All numbers: {contract.FILE.path(out)}"), changed)


def _measured(read: Predictions, task: Task, plan: Plan, threshold: operating.Threshold | None) -> Json:
    metrics = measure(read, task, plan, threshold=None if threshold is None else threshold.value)
    metrics["thresholds"] = [] if threshold is None else [threshold.told]
    return metrics


def _alone(metrics: Json) -> Json:
    """What differs from one model to the other."""
    return {key: metrics[key] for key in ("metrics", "confusion", "curves", "calibration", "thresholds")}


def _differences(
    foreign: Foreign, task: Task, plan: Plan, thresholds: Mapping[str, operating.Threshold | None]
) -> list[Json]:
    found = set(foreign.first.frame["part"])
    values = {name: None if chosen is None else chosen.value for name, chosen in thresholds.items()}
    return [
        entry
        for part in MEASURED_PARTS
        if part in found and part != CHOICES_PART
        for entry in compare(
            {
                name: views_of(read, part, task, plan, threshold=values[name])
                for name, read in foreign.models.items()
            },
            task,
        )
    ]


def _need_measurable(foreign: Foreign) -> None:
    """Raises DataError without a row outside the part on which choices are made."""
    parts = [part for part in MEASURED_PARTS if part != CHOICES_PART]
    if not any(foreign.first.measurable(part).any() for part in parts):
        raise DataError(
            f"{foreign.path.name}: no row of part {', '.join(parts[:-1])} or {parts[-1]} has a prediction "
            "and a truth. Give such rows, or leave out the column 'part'."
        )


def _threshold(read: Predictions, task: Task, plan: Plan) -> operating.Threshold | None:
    if not task.thresholded:
        return None
    if not read.measurable(CHOICES_PART).any():
        return EVEN
    sample = sample_of(read, CHOICES_PART)
    rule = Rule("sensitivity")
    return operating.threshold(sample, rule, task, unit=plan.unit, patient_score=plan.patient_score)
