"""What two models differ by on the same rows: the area, and the shares of right decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.statistics import auroc, bootstrap
from pipeline.statistics.bootstrap import METHOD, Resampled, resample
from pipeline.statistics.paired import mcnemar
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.classification.answers import decide
from pipeline.tasks.classification.classes import finding
from pipeline.tasks.classification.detection import mean_area
from pipeline.tasks.classification.groups import area_name
from pipeline.tasks.classification.measuring import judged_classes
from pipeline.tasks.classification.view import View
from pipeline.tasks.measured import Json


@dataclass(frozen=True)
class Pair:
    """Two models' views of the same rows; `right_a` and `right_b` tell which rows each decided rightly."""

    a: View
    b: View
    right_a: Flags
    right_b: Flags

    def rows(self) -> dict[str, Flags]:
        """The rows that each share of right decisions is over."""
        truth, finding_class = self.a.sample.truth, finding(len(self.a.classes))
        rows = {"accuracy": np.ones(truth.size, dtype=np.bool_)}
        return (
            rows
            if finding_class is None
            else rows | {"sensitivity": truth == finding_class, "specificity": truth != finding_class}
        )


def model_differences(a: View, b: View) -> list[Json]:
    """The differences b - a of two models on the same rows as they stand in metrics.json, p not corrected."""
    pair = Pair(
        a, b, *(decide(view.sample.probability, view.threshold) == view.sample.truth for view in (a, b))
    )
    view, rows, area = a, pair.rows(), area_name(len(a.classes))
    frame = {"part": view.part, "unit": view.unit, "level": view.plan.level, "patients": view.sample.patients}
    judged, classes = view.judge(), judged_classes(view)
    if not judged.estimable or not classes:
        nothing = _entry("", reason=judged.reason or "too few patients of a class")
        return [{**frame, "metric": metric, **nothing} for metric in (area, *rows)]
    formula = finding(len(view.classes)) is not None and not view.sample.repeated
    resampled = _resampled(pair, rows, area=None if formula else (area, classes))
    entries = {area: _by_formula(pair) if formula else _by_resampling(resampled, area, view.plan.level)}
    entries |= {metric: _of_decisions(pair, resampled, metric, chosen) for metric, chosen in rows.items()}
    return [{**frame, "metric": metric, **entry, "flag": judged.flag} for metric, entry in entries.items()]


def _resampled(pair: Pair, rows: Mapping[str, Flags], *, area: tuple[str, Sequence[int]] | None) -> Resampled:
    """All differences on the same resamples of patients; the area among them where no formula gives it."""
    sample, plan = pair.a.sample, pair.a.plan
    gained = pair.right_b.astype(np.float64) - pair.right_a.astype(np.float64)
    sums = {
        metric: (
            np.bincount(sample.patient[chosen], gained[chosen], sample.patients).astype(np.float64),
            np.bincount(sample.patient[chosen], minlength=sample.patients).astype(np.float64),
        )
        for metric, chosen in rows.items()
    }
    areas = _areas(pair, area[1]) if area else None

    def statistic(weights: Floats) -> dict[str, float]:
        differences = {metric: _ratio(weights, *halves) for metric, halves in sums.items()}
        return differences | ({area[0]: areas(weights)} if area and areas else {})

    return resample(statistic, sample.membership(), resamples=plan.resamples, seed=plan.seed)


def _areas(pair: Pair, classes: Sequence[int]) -> Callable[[Floats], float]:
    everyone = np.ones(pair.a.sample.truth.size, dtype=np.bool_)
    of_a, of_b = (mean_area(view.sample, everyone, classes) for view in (pair.a, pair.b))
    return lambda weights: of_b(weights) - of_a(weights)


def _ratio(weights: Floats, top: Floats, bottom: Floats) -> float:
    below = float(weights @ bottom)
    return float(weights @ top) / below if below else float("nan")


def _by_formula(pair: Pair) -> Json:
    a, b = pair.a.sample, pair.b.sample
    difference = auroc.paired_delong(
        a.truth, a.probability[:, 1], b.probability[:, 1], level=pair.a.plan.level
    )
    reason = None if difference.p is not None else "the difference has no variance: no interval"
    entry = _entry(difference.method, rule="paired areas", reason=reason)
    return entry | {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "p": difference.p,
    }


def _by_resampling(resampled: Resampled, metric: str, level: float) -> Json:
    difference = resampled.estimate(metric, level=level)
    p = None if difference.low is None else bootstrap.two_sided_p(resampled.values[metric])
    entry = _entry(METHOD, rule="resampled patients", reason=difference.reason)
    return entry | {"difference": difference.value, "low": difference.low, "high": difference.high, "p": p}


def _of_decisions(pair: Pair, resampled: Resampled, metric: str, rows: Flags) -> Json:
    """The difference of a share of right decisions; where patients count once, tested by McNemar."""
    entry = _by_resampling(resampled, metric, pair.a.plan.level)
    if pair.a.sample.repeated:
        return entry
    only_a = int((pair.right_a & ~pair.right_b & rows).sum())
    only_b = int((pair.right_b & ~pair.right_a & rows).sum())
    test = mcnemar(only_a, only_b)
    counts = {"only_a_right": only_a, "only_b_right": only_b, "p": test.p_exact, "p_mid": test.p_mid}
    return entry | counts | {"method": "McNemar, exact", "rule": "McNemar"}


def _entry(method: str, *, rule: str = "", reason: str | None = None) -> Json:
    empty = dict.fromkeys(("difference", "low", "high", "p", "flag"), None)
    return {**empty, "method": method, "rule": rule, "reason": reason}
