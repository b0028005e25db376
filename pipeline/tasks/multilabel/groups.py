"""The metric of a subgroup, and its difference from all others: the mean area over the findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.statistics import bootstrap
from pipeline.statistics.estimate import missing
from pipeline.statistics.vectors import Flags
from pipeline.tasks.classification.groups import REST
from pipeline.tasks.measured import Json
from pipeline.tasks.multilabel import joint
from pipeline.tasks.multilabel.measuring import TOO_FEW
from pipeline.tasks.multilabel.view import View

AREA = "macro_auroc"


def group_metric(view: View, rows: Flags, label: str) -> Json:
    """The metric of the rows of a view, as it stands in metrics.json."""
    inside = view.within(rows, label)
    judged = inside.judged()
    if not judged:
        return inside.metric(AREA, missing(TOO_FEW))
    area = joint.mean_area(inside, np.ones(len(inside.truth), dtype=np.bool_), judged)
    estimate = joint.resampled(inside, lambda weights: {"area": area(weights)}).estimate(
        "area", level=view.plan.level
    )
    if len(judged) < len(view.names):
        over = f"mean over {len(judged)} of {len(view.names)} findings"
        estimate = replace(estimate, flag="; ".join(filter(None, (estimate.flag, over))))
    return inside.metric(AREA, estimate)


def group_difference(view: View, rows: Flags, label: str) -> Json:
    """The difference group - all others as it stands in metrics.json, without the corrected p."""
    entry = {
        "a": label,
        "b": REST,
        "metric": AREA,
        "part": view.part,
        "unit": view.unit,
        "level": view.plan.level,
        "patients": view.patients,
    }
    if rows.all():
        return entry | _not_compared("there are no others")
    inside, outside = view.within(rows, label), view.within(~rows, REST)
    # Means over different findings could not be compared.
    judged = sorted(set(inside.judged()) & set(outside.judged()))
    if not judged:
        return entry | _not_compared("one side is too small to judge")
    return entry | _difference(view, rows, judged)


def _not_compared(reason: str) -> Json:
    return dict.fromkeys(("difference", "low", "high", "p"), None) | {"method": "", "reason": reason}


def _difference(view: View, rows: Flags, judged: Sequence[int]) -> Json:
    inside, outside = joint.mean_area(view, rows, judged), joint.mean_area(view, ~rows, judged)
    resampled = joint.resampled(view, lambda weights: {"difference": inside(weights) - outside(weights)})
    difference = resampled.estimate("difference", level=view.plan.level)
    return {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "p": None if difference.low is None else bootstrap.two_sided_p(resampled.values["difference"]),
        "method": difference.method,
        "reason": difference.reason,
    }
