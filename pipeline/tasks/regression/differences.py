"""What two models differ by on the same rows: the mean absolute error and the root mean squared one."""

from __future__ import annotations

import numpy as np

from pipeline.statistics import agreement, bootstrap
from pipeline.statistics.bootstrap import METHOD
from pipeline.statistics.vectors import Floats
from pipeline.tasks.measured import Json
from pipeline.tasks.regression.measuring import resampled_of
from pipeline.tasks.regression.view import View

COMPARED = ("mae", "rmse")


def model_differences(a: View, b: View) -> list[Json]:
    """The differences b - a of two models on the same rows as they stand in metrics.json, p not corrected."""
    judged = a.judge()
    frame = {"part": a.part, "unit": a.unit, "level": a.plan.level, "patients": a.rows.patients}
    entry = {"method": METHOD, "rule": "resampled patients", "flag": judged.flag}
    if not judged.estimable:
        nothing = dict.fromkeys(("difference", "low", "high", "p"), None) | {"reason": judged.reason}
        return [{**frame, **entry, "metric": metric, **nothing} for metric in COMPARED]
    of_a, of_b = agreement.statistic(a.rows), agreement.statistic(b.rows)

    def gained(weights: Floats) -> dict[str, float | Floats]:
        first, second = of_a(weights), of_b(weights)
        return {name: np.asarray(second[name]) - np.asarray(first[name]) for name in COMPARED}

    resampled = resampled_of(a, gained)
    entries = []
    for metric in COMPARED:
        difference = resampled.estimate(metric, level=a.plan.level)
        p = None if difference.low is None else bootstrap.two_sided_p(resampled.values[metric])
        told = {"difference": difference.value, "low": difference.low, "high": difference.high, "p": p}
        entries.append({**frame, **entry, "metric": metric, **told, "reason": difference.reason})
    return entries
