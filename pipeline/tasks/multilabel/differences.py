"""What two models differ by on the same rows: the mean area, and the share of rows all right."""

from __future__ import annotations

import numpy as np

from pipeline.statistics import bootstrap
from pipeline.statistics.bootstrap import METHOD
from pipeline.statistics.vectors import Floats
from pipeline.tasks.measured import Json
from pipeline.tasks.multilabel import joint
from pipeline.tasks.multilabel.groups import AREA
from pipeline.tasks.multilabel.measuring import TOO_FEW
from pipeline.tasks.multilabel.view import View

RIGHT = "exact_match"


def model_differences(a: View, b: View) -> list[Json]:
    """The differences b - a of two models on the same rows as they stand in metrics.json, p not corrected."""
    frame = {
        "part": a.part, "unit": a.unit, "level": a.plan.level, "patients": a.patients, "flag": None,
        "method": METHOD, "rule": "resampled patients",
    }  # fmt: skip
    judged = a.judged()
    everyone = np.ones(len(a.truth), dtype=np.bool_)
    areas = [joint.mean_area(view, everyone, judged) for view in (a, b)] if judged else []
    right = [joint.decisions(view) for view in (a, b)]

    def statistic(weights: Floats) -> dict[str, float]:
        rows = {RIGHT: float(right[1](weights)[RIGHT]) - float(right[0](weights)[RIGHT])}
        return rows | ({AREA: areas[1](weights) - areas[0](weights)} if areas else {})

    resampled = joint.resampled(a, statistic)
    entries = []
    for metric in (AREA, RIGHT):
        if metric not in resampled.values:
            nothing = dict.fromkeys(("difference", "low", "high", "p"), None)
            entries.append({**frame, "metric": metric, **nothing, "reason": TOO_FEW})
            continue
        difference = resampled.estimate(metric, level=a.plan.level)
        p = None if difference.low is None else bootstrap.two_sided_p(resampled.values[metric])
        entries.append(
            {**frame, "metric": metric, "difference": difference.value, "low": difference.low,
             "high": difference.high, "p": p, "reason": difference.reason}
        )  # fmt: skip
    return entries
