"""The same statistics for a table of predictions from anywhere."""

from __future__ import annotations

from pathlib import Path

from pipeline import digests, predictions, provenance
from pipeline.errors import DataError
from pipeline.evaluate import operating
from pipeline.evaluate.measure import CHOICES_PART, MEASURED_PARTS, measure, sample_of
from pipeline.evaluate.summary import lines
from pipeline.evaluate.tasks import Task, task_of
from pipeline.evaluate.view import Plan
from pipeline.predictions import Predictions
from pipeline.records import Summary
from pipeline.statistics.thresholds import Rule
from pipeline.workspace import write_json

# Where no validation rows are there to choose on: the larger of the two scores decides.
EVEN = operating.Threshold(0.5, Rule("fixed"), "fixed beforehand", None)


def score(table: Path, out: Path, plan: Plan | None = None) -> Summary:
    """What the table shows, in lines; writes `metrics.json` into the folder `out`.

    The columns are those of predictions.csv (pipeline/predictions.py): of two score columns the last is
    the positive class. The threshold is chosen on the rows of part "validation", else it is 0.5.
    Raises DataError (line, column) when the table can't be used, or has nothing to measure.
    """
    plan = plan or Plan()
    read = predictions.read(table)
    _need_measurable(read, table)
    task = task_of(read.classes)
    threshold = _threshold(read, task, plan)
    metrics = measure(read, task, plan, threshold=None if threshold is None else threshold.value)
    metrics["thresholds"] = [] if threshold is None else [threshold.to_json()]
    metrics["created_utc"] = None
    metrics["digests"] = {
        "code": provenance.code_digest(),
        "predictions": digests.of_file(table),
        **dict.fromkeys(("cohort", "config", "labels", "model")),
    }
    changed = write_json(out / "metrics.json", metrics)
    return Summary((*lines(metrics), f"All numbers: {out / 'metrics.json'}"), changed)


def _need_measurable(read: Predictions, table: Path) -> None:
    """Raises DataError without a row outside the part on which choices are made."""
    parts = [part for part in MEASURED_PARTS if part != CHOICES_PART]
    if not any(read.measurable(part).any() for part in parts):
        raise DataError(
            f"{table.name}: no row of part {', '.join(parts[:-1])} or {parts[-1]} has a prediction and a "
            "truth. Give such rows, or leave out the column 'part'."
        )


def _threshold(read: Predictions, task: Task, plan: Plan) -> operating.Threshold | None:
    if not task.thresholded:
        return None
    if not read.measurable(CHOICES_PART).any():
        return EVEN
    sample = sample_of(read, CHOICES_PART)
    rule = Rule("sensitivity")
    return operating.threshold(sample, rule, task, unit=plan.unit, patient_score=plan.patient_score)
