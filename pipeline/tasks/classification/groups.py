"""The metric of a subgroup, and its difference from all others: the area under the ROC curve.

Of more than two classes it is the mean over those that can be judged of the area of each against the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.statistics import auroc, bootstrap
from pipeline.statistics.auroc import Auroc, Difference
from pipeline.statistics.bootstrap import Resampled, resample
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.sample import Sample
from pipeline.statistics.vectors import Flags
from pipeline.tasks.classification.classes import finding
from pipeline.tasks.classification.detection import mean_area
from pipeline.tasks.classification.measuring import judged_classes
from pipeline.tasks.classification.view import View
from pipeline.tasks.measured import Json

REST = "all others"


def area_name(classes: int) -> str:
    """The id of the area over so many classes."""
    return "macro_auroc" if finding(classes) is None else "auroc"


def group_metric(view: View, rows: Flags, label: str) -> Json:
    """The metric of the rows of a view, as it stands in metrics.json."""
    inside = view.within(rows, label)
    judged = judged_classes(inside)
    estimate = _area(inside, judged) if judged else missing("too few patients of a class")
    return inside.metric(area_name(len(view.classes)), estimate)


def group_difference(view: View, rows: Flags, label: str) -> Json:
    """The difference group - all others as it stands in metrics.json, without the corrected p."""
    inside, outside = view.within(rows, label), view.within(~rows, REST)
    entry = {
        "a": label,
        "b": REST,
        "metric": area_name(len(view.classes)),
        "part": view.part,
        "unit": view.unit,
        "level": view.plan.level,
        "patients": view.sample.patients,
    }
    if rows.all():
        return entry | _not_compared("there are no others")
    # Means over different classes could not be compared.
    classes = sorted(set(judged_classes(inside)) & set(judged_classes(outside)))
    if not classes:
        return entry | _not_compared("one side is too small to judge")
    return entry | _difference(view, rows, classes)


def analytic(sample: Sample) -> Auroc | None:
    """The area with its variance, where a formula gives it: of two classes."""
    finding_class = finding(sample.classes)
    if finding_class is None:
        return None
    return auroc.auroc(sample.truth, sample.probability[:, finding_class], sample.patient)


def _area(view: View, judged: Sequence[int]) -> Estimate:
    exact = analytic(view.sample)
    if exact is not None:
        return auroc.interval(exact, level=view.plan.level)
    rows = np.ones(view.sample.truth.size, dtype=np.bool_)
    area = mean_area(view.sample, rows, judged)
    resampled = _resampled(view, lambda weights: {"area": area(weights)})
    mean = resampled.estimate("area", level=view.plan.level)
    flag = f"mean over {len(judged)} of {len(view.classes)} classes"
    return mean if len(judged) == len(view.classes) else replace(mean, flag=flag)


def _not_compared(reason: str) -> Json:
    return dict.fromkeys(("difference", "low", "high", "p"), None) | {"method": "", "reason": reason}


def _difference(view: View, rows: Flags, classes: Sequence[int]) -> Json:
    sample = view.sample
    shared = np.intersect1d(sample.patient[rows], sample.patient[~rows]).size
    inside, outside = (analytic(sample.where(chosen)) for chosen in (rows, ~rows))
    if inside is None or outside is None or shared:
        return _resampled_difference(view, rows, classes)
    difference: Difference = auroc.independent_difference(outside, inside, level=view.plan.level)
    return {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "p": difference.p,
        "method": difference.method,
        "reason": None if difference.p is not None else "the difference has no variance",
    }


def _resampled_difference(view: View, rows: Flags, classes: Sequence[int]) -> Json:
    inside, outside = mean_area(view.sample, rows, classes), mean_area(view.sample, ~rows, classes)
    resampled = _resampled(view, lambda weights: {"difference": inside(weights) - outside(weights)})
    difference = resampled.estimate("difference", level=view.plan.level)
    return {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "p": None if difference.low is None else bootstrap.two_sided_p(resampled.values["difference"]),
        "method": difference.method,
        "reason": difference.reason,
    }


def _resampled(view: View, statistic: bootstrap.Statistic) -> Resampled:
    plan = view.plan
    return resample(statistic, view.sample.membership(), resamples=plan.resamples, seed=plan.seed)
