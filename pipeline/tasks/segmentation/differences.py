"""What two models differ by on the same rows: the mean Dice, NSD and HD95 over the structures."""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.statistics import bootstrap
from pipeline.statistics.bootstrap import METHOD
from pipeline.statistics.small_sample import LEAST
from pipeline.statistics.vectors import Floats
from pipeline.tasks.measured import Json
from pipeline.tasks.segmentation.measuring import mean_by_weight, resampled_of
from pipeline.tasks.segmentation.view import View

COMPARED: Final = ("dice", "nsd", "hd95")


def model_differences(a: View, b: View) -> list[Json]:
    """The differences b - a of two models on the same rows as they stand in metrics.json, p not corrected."""
    return [_difference(a, b, name) for name in COMPARED]


def _difference(a: View, b: View, name: str) -> Json:
    before, after = (getattr(view.scored.over_structures(), name) for view in (a, b))
    known = ~np.isnan(before) & ~np.isnan(after)
    patients = int(np.unique(a.patient[known]).size)
    entry: Json = {
        "metric": name, "part": a.part, "unit": a.unit, "level": a.plan.level, "patients": patients,
        "method": METHOD, "rule": "resampled patients", "flag": None,
    }  # fmt: skip
    if patients < LEAST:
        nothing = dict.fromkeys(("difference", "low", "high", "p"), None)
        return {**entry, **nothing, "reason": f"not estimable ({patients} patients)"}
    mean = mean_by_weight((after - before)[known], a.patient[known], a.patients)

    def statistic(weights: Floats) -> dict[str, float | Floats]:
        return {"difference": mean(weights)}

    resampled = resampled_of(a, a.patients, statistic)
    difference = resampled.estimate("difference", level=a.plan.level)
    p = None if difference.low is None else bootstrap.two_sided_p(resampled.values["difference"])
    told = {"difference": difference.value, "low": difference.low, "high": difference.high, "p": p}
    return {**entry, **told, "reason": difference.reason}
