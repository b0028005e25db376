"""The metric of a subgroup, and its difference from all others: the mean Dice over the structures."""

from __future__ import annotations

import numpy as np

from pipeline.statistics import bootstrap
from pipeline.statistics.small_sample import LEAST
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.measured import Json
from pipeline.tasks.segmentation.measuring import mean_by_weight, of_measure, resampled_of
from pipeline.tasks.segmentation.view import View

REST = "all others"
METRIC = "dice"


def group_metric(view: View, rows: Flags, label: str) -> Json:
    """The metric of the rows of a view, as it stands in metrics.json."""
    return of_measure(view.within(rows, label), METRIC, None)


def group_difference(view: View, rows: Flags, label: str) -> Json:
    """The difference group - all others as it stands in metrics.json, without the corrected p."""
    entry = {
        "a": label,
        "b": REST,
        "metric": METRIC,
        "part": view.part,
        "unit": view.unit,
        "level": view.plan.level,
        "patients": view.patients,
    }
    if rows.all():
        return entry | _not_compared("there are no others")
    sides = [view.within(chosen, label).numbers(METRIC, None)[1] for chosen in (rows, ~rows)]
    if min(np.unique(side).size for side in sides) < LEAST:
        return entry | _not_compared("one side is too small to judge")
    return entry | _difference(view, rows)


def _difference(view: View, rows: Flags) -> Json:
    values = view.scored.over_structures().dice
    known = ~np.isnan(values)
    inside, outside = (
        mean_by_weight(values[which], view.patient[which], view.patients)
        for which in (known & rows, known & ~rows)
    )

    def statistic(weights: Floats) -> dict[str, float | Floats]:
        return {"difference": inside(weights) - outside(weights)}

    resampled = resampled_of(view, view.patients, statistic)
    difference = resampled.estimate("difference", level=view.plan.level)
    return {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "p": None if difference.low is None else bootstrap.two_sided_p(resampled.values["difference"]),
        "method": difference.method,
        "reason": difference.reason,
    }


def _not_compared(reason: str) -> Json:
    return dict.fromkeys(("difference", "low", "high", "p"), None) | {"method": "", "reason": reason}
