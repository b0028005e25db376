"""The metric of a subgroup, and its difference from all others: the mean absolute error."""

from __future__ import annotations

import numpy as np

from pipeline.statistics import agreement, bootstrap
from pipeline.statistics.bootstrap import METHOD, Statistic
from pipeline.statistics.estimate import missing
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.measured import Json
from pipeline.tasks.regression.measuring import resampled_of
from pipeline.tasks.regression.view import View

REST = "all others"
METRIC = "mae"


def group_metric(view: View, rows: Flags, label: str) -> Json:
    """The mean absolute error of the rows of a view, as it stands in metrics.json."""
    inside = view.within(rows, label)
    if not inside.judge().estimable:
        return inside.metric(METRIC, missing("too few patients", METHOD))
    resampled = resampled_of(inside, agreement.statistic(inside.rows))
    return inside.metric(METRIC, resampled.estimate(METRIC, level=view.plan.level))


def group_difference(view: View, rows: Flags, label: str) -> Json:
    """The difference group - all others as it stands in metrics.json, without the corrected p."""
    entry = {
        "a": label,
        "b": REST,
        "metric": METRIC,
        "part": view.part,
        "unit": view.unit,
        "level": view.plan.level,
        "patients": view.rows.patients,
    }
    if rows.all():
        return entry | _not_compared("there are no others")
    if not all(view.within(chosen, label).judge().estimable for chosen in (rows, ~rows)):
        return entry | _not_compared("one side is too small to judge")
    resampled = resampled_of(view, _difference(view, rows))
    difference = resampled.estimate("difference", level=view.plan.level)
    return entry | {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "p": None if difference.low is None else bootstrap.two_sided_p(resampled.values["difference"]),
        "method": difference.method,
        "reason": difference.reason,
    }


def _difference(view: View, rows: Flags) -> Statistic:
    size, patient, patients = np.abs(view.rows.difference), view.rows.patient, view.rows.patients
    sums = [
        (
            np.bincount(patient[chosen], size[chosen], patients),
            np.bincount(patient[chosen], minlength=patients),
        )
        for chosen in (rows, ~rows)
    ]

    def measured(weights: Floats) -> dict[str, float | Floats]:
        inside, outside = (_mean(float(weights @ top), float(weights @ below)) for top, below in sums)
        return {"difference": inside - outside}

    return measured


def _mean(total: float, count: float) -> float:
    return total / count if count else float("nan")


def _not_compared(reason: str) -> Json:
    return dict.fromkeys(("difference", "low", "high", "p"), None) | {"method": "", "reason": reason}
