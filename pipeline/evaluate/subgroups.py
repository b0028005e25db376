"""For whom the model works less well: each subgroup's area under the ROC curve beside all others'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.statistics import auroc, bootstrap
from pipeline.statistics.auroc import Difference
from pipeline.statistics.bootstrap import Resampled, resample
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.multiple import holm
from pipeline.statistics.vectors import Flags, Integers
from pipeline.tasks.classification.detection import mean_area
from pipeline.tasks.registry import Task
from pipeline.tasks.view import Json, View

UNKNOWN = "unknown"
SEVERAL = "several values"
REST = "all others"
Labels = np.ndarray[Any, np.dtype[np.object_]]


def of_patients(values: Labels, patient: Integers) -> Labels:
    """The value of each patient, shape (patients,): that of all cases, or "several values"."""
    found: dict[int, object] = {}
    for code, value in zip(patient.tolist(), values.tolist(), strict=True):
        found[code] = value if found.get(code, value) == value else SEVERAL
    return np.array([found[code] for code in sorted(found)], dtype=object)


def compare(view: View, groups: Mapping[str, Labels], task: Task) -> tuple[list[Json], list[Json]]:
    """The metric of every subgroup of the view, and its difference from all others.

    `groups` has for each column the value of each row of the view. The p values are corrected over all
    subgroups of the view together.
    """
    metrics, comparisons = [], []
    for column, values in groups.items():
        for value in sorted(set(values)):
            rows = np.asarray(values == value, dtype=np.bool_)
            label = f"{column}={value or UNKNOWN}"
            metrics.append(_metric(view.within(rows, label), task))
            comparisons.append(_comparison(view, rows, label, task))
    _correct(comparisons)
    return metrics, comparisons


def _metric(view: View, task: Task) -> Json:
    classes = task.area_classes(view)
    estimate = _area(view, classes, task) if classes else missing("too few patients of a class")
    return view.metric(task.area_name, estimate)


def _area(view: View, classes: Sequence[int], task: Task) -> Estimate:
    if task.analytic_area is not None:
        return auroc.interval(task.analytic_area(view.sample), level=view.plan.level)
    rows = np.ones(view.sample.truth.size, dtype=np.bool_)
    area = mean_area(view.sample, rows, classes)
    drawn = _resampled(view, lambda weights: {"area": area(weights)})
    found = drawn.estimate("area", level=view.plan.level)
    flag = f"mean over {len(classes)} of {len(view.classes)} classes"
    return found if len(classes) == len(view.classes) else replace(found, flag=flag)


def _comparison(view: View, rows: Flags, label: str, task: Task) -> Json:
    """The difference group - all others as it stands in metrics.json, without the corrected p."""
    inside, outside = view.within(rows, label), view.within(~rows, REST)
    entry = {
        "a": label,
        "b": REST,
        "metric": task.area_name,
        "part": view.part,
        "unit": view.unit,
        "level": view.plan.level,
        "patients": view.sample.patients,
    }
    if rows.all():
        return entry | _not_compared("there are no others")
    # Means over different classes could not be compared.
    classes = sorted(set(task.area_classes(inside)) & set(task.area_classes(outside)))
    if not classes:
        return entry | _not_compared("one side is too small to judge")
    return entry | _difference(view, rows, classes, task)


def _not_compared(reason: str) -> Json:
    return dict.fromkeys(("difference", "low", "high", "p"), None) | {"method": "", "reason": reason}


def _difference(view: View, rows: Flags, classes: Sequence[int], task: Task) -> Json:
    sample = view.sample
    shared = np.intersect1d(sample.patient[rows], sample.patient[~rows]).size
    if task.analytic_area is None or shared:
        return _resampled_difference(view, rows, classes)
    inside, outside = (task.analytic_area(sample.where(chosen)) for chosen in (rows, ~rows))
    found: Difference = auroc.independent_difference(outside, inside, level=view.plan.level)
    reason = None if found.p is not None else "the difference has no variance"
    return {
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "method": found.method,
        "reason": reason,
    }


def _resampled_difference(view: View, rows: Flags, classes: Sequence[int]) -> Json:
    inside, outside = mean_area(view.sample, rows, classes), mean_area(view.sample, ~rows, classes)
    drawn = _resampled(view, lambda weights: {"difference": inside(weights) - outside(weights)})
    found = drawn.estimate("difference", level=view.plan.level)
    p = None if found.low is None else bootstrap.two_sided_p(drawn.values["difference"])
    return {
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "p": p,
        "method": found.method,
        "reason": found.reason,
    }


def _resampled(view: View, statistic: bootstrap.Statistic) -> Resampled:
    plan = view.plan
    return resample(statistic, view.sample.membership(), resamples=plan.resamples, seed=plan.seed)


def _correct(comparisons: list[Json]) -> None:
    """Adds to every comparison its family's size and its p corrected within the family."""
    tested = [entry for entry in comparisons if entry["p"] is not None]
    for entry in comparisons:
        entry |= {"p_holm": None, "family": f"{len(tested)} subgroups of the {entry['part']} part"}
    for entry, p in zip(tested, holm([entry["p"] for entry in tested]), strict=True):
        entry["p_holm"] = p
