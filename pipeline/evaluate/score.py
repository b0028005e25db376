"""The same statistics for a table of predictions from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline import digests, provenance
from pipeline.config import Evaluate
from pipeline.contracts import metrics as contract
from pipeline.errors import DataError, UsageError
from pipeline.evaluate import folds
from pipeline.evaluate.headline import with_headline
from pipeline.evaluate.measure import CHOICES_PART, MEASURED_PARTS, measure
from pipeline.evaluate.side_by_side import compare
from pipeline.evaluate.summary import lines
from pipeline.foreign import Foreign
from pipeline.printed import make
from pipeline.progress import waiting
from pipeline.records import Summary
from pipeline.tasks.contract import Chosen, Predicted
from pipeline.tasks.measured import Json
from pipeline.tasks.registry import Task


def score(foreign: Foreign, out: Path, plan: Evaluate | None = None) -> Summary:
    """What the table shows, in lines; writes them into the folder `out`.

    What validation fixes is chosen on the rows of that part, where there are any. Of several models the first
    stands in the file as a single one does; the others are in `models`, the differences of all pairs among
    the `comparisons`. Raises DataError when there is nothing to measure.
    """
    plan = plan or Evaluate()
    _need_measurable(foreign)
    task = foreign.task
    chosen = {name: task.choices.of_table(table, plan) for name, table in foreign.models.items()}
    with waiting("score: measuring, on resamples of the patients"):
        measured = {
            name: _measured(table, task, plan, chosen[name]) for name, table in foreign.models.items()
        }
    first, *others = measured
    metrics = measured[first]
    if others:
        metrics["model"] = first
        metrics["models"] = [{"model": name, **_alone(measured[name])} for name in others]
        with waiting("score: comparing the models"):
            metrics["comparisons"] += _differences(foreign, task, plan, chosen)
    metrics["created_utc"] = None
    metrics["notes"] = list(foreign.notes)
    metrics["digests"] = {
        "code": provenance.code_digest(),
        **_digests(foreign),
        **dict.fromkeys(("cohort", "labels", "model")),
    }
    record = with_headline(contract.FILE.of(metrics), task, metric=None, bound=None)
    changed = contract.FILE.write(out, record)
    notes = [f"{foreign.path.name}: {note}" for note in foreign.notes]
    shown = (*lines(metrics, task.measures.SHOWN), *folds.lines(record.folds))
    return Summary((*notes, *shown, f"All numbers: {contract.FILE.path(out)}"), changed)


def require_own(foreign: Foreign, out: Path) -> None:
    """Nothing, where `out` has no result yet, or that of the same table read in the same way.

    Raises UsageError: another result would be lost.
    """
    held = contract.FILE.find(out)
    if held is None or _digests(foreign).items() <= dict(held.digests).items():
        return
    given = {"TABLE": str(foreign.path), **foreign.columns.arguments()}
    raise UsageError(
        f"{out} holds the result of another table, or of this one with other columns: it stays as it is. "
        f"Name another folder: `{make('score', {**given, 'OUT': f'{out}-2'})}`."
    )


def _digests(foreign: Foreign) -> dict[str, str]:
    """The digests of a table, and of the way in which it is read."""
    columns = foreign.columns.arguments()
    return {"predictions": digests.of_file(foreign.path), "config": digests.of_json(columns)}


def _measured(table: Predicted, task: Task, plan: Evaluate, chosen: Chosen) -> Json:
    metrics = measure(table, task, plan, fixed=chosen.fixed)
    task.choices.add_to_metrics(metrics, chosen)
    return metrics


def _alone(metrics: Json) -> Json:
    """What differs from one model to the other."""
    return {key: metrics[key] for key in ("metrics", "confusion", "curves", "calibration", "thresholds")}


def _differences(foreign: Foreign, task: Task, plan: Evaluate, chosen: Mapping[str, Chosen]) -> list[Json]:
    present = set(foreign.first.frame["part"])
    return [
        entry
        for part in MEASURED_PARTS
        if part in present and part != CHOICES_PART
        for entry in compare(
            {
                name: task.measures.views_of(table, part, plan, fixed=chosen[name].fixed)
                for name, table in foreign.models.items()
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
