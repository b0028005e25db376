"""Several models on the same rows: what each pair differs by, on the very same patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.statistics import auroc, bootstrap
from pipeline.statistics.bootstrap import METHOD, Resampled, resample
from pipeline.statistics.multiple import holm
from pipeline.statistics.paired import mcnemar
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.classification.detection import mean_area
from pipeline.tasks.registry import Task
from pipeline.tasks.view import Json, View

MODELS = "pairs of models"
"""How the family of differences between models ends, which tells it from that of subgroups."""


@dataclass(frozen=True)
class Pair:
    """Two models' views of the same rows; `right_a` and `right_b` tell which rows each decided rightly."""

    a: View
    b: View
    right_a: Flags
    right_b: Flags

    def rows(self, task: Task) -> dict[str, Flags]:
        """The rows that each share of right decisions is over."""
        truth = self.a.sample.truth
        rows = {"accuracy": np.ones(truth.size, dtype=np.bool_)}
        return rows | {"sensitivity": truth == 1, "specificity": truth == 0} if task.thresholded else rows


def compare(views: Mapping[str, Sequence[View]], task: Task) -> list[Json]:
    """The differences b - a of every pair of models, as they stand in metrics.json.

    `views` has for each model the same views in the same order. P values are corrected by Holm over the
    pairs of one metric.
    """
    entries = [
        entry
        for (a, of_a), (b, of_b) in combinations(views.items(), 2)
        for view_a, view_b in zip(of_a, of_b, strict=True)
        for entry in _differences(_pair(view_a, view_b), task, names={"a": a, "b": b})
    ]
    _correct(entries, pairs=len(views) * (len(views) - 1) // 2)
    return entries


def _pair(a: View, b: View) -> Pair:
    return Pair(a, b, *(_decided(view) == view.sample.truth for view in (a, b)))


def _decided(view: View) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if view.threshold is None:
        return np.asarray(view.sample.probability.argmax(axis=1), dtype=np.int64)
    return np.asarray(view.sample.probability[:, 1] >= view.threshold, dtype=np.int64)


def _differences(pair: Pair, task: Task, *, names: Json) -> list[Json]:
    view, rows = pair.a, pair.rows(task)
    frame = {**names, "part": view.part, "unit": view.unit, "level": view.plan.level}
    frame["patients"] = view.sample.patients
    judged, classes = view.judge(), task.area_classes(view)
    if not judged.estimable or not classes:
        nothing = _entry("", reason=judged.reason or "too few patients of a class")
        return [{**frame, "metric": metric, **nothing} for metric in (task.area_name, *rows)]
    formula = task.analytic_area is not None and not view.sample.repeated
    drawn = _drawn(pair, rows, area=None if formula else (task.area_name, classes))
    area = _by_formula(pair) if formula else _by_resampling(drawn, task.area_name, view.plan.level)
    found = {task.area_name: area}
    found |= {metric: _of_decisions(pair, drawn, metric, chosen) for metric, chosen in rows.items()}
    return [{**frame, "metric": metric, **entry, "flag": judged.flag} for metric, entry in found.items()]


def _drawn(pair: Pair, rows: Mapping[str, Flags], *, area: tuple[str, Sequence[int]] | None) -> Resampled:
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
        found = {metric: _ratio(weights, *halves) for metric, halves in sums.items()}
        return found | ({area[0]: areas(weights)} if area and areas else {})

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
    found = auroc.paired_delong(a.truth, a.probability[:, 1], b.probability[:, 1], level=pair.a.plan.level)
    reason = None if found.p is not None else "the difference has no variance: no interval"
    entry = _entry(found.method, rule="paired AUROC", reason=reason)
    return entry | {"difference": found.value, "low": found.low, "high": found.high, "p": found.p}


def _by_resampling(drawn: Resampled, metric: str, level: float) -> Json:
    found = drawn.estimate(metric, level=level)
    p = None if found.low is None else bootstrap.two_sided_p(drawn.values[metric])
    entry = _entry(METHOD, rule="resamples", reason=found.reason)
    return entry | {"difference": found.value, "low": found.low, "high": found.high, "p": p}


def _of_decisions(pair: Pair, drawn: Resampled, metric: str, rows: Flags) -> Json:
    """The difference of a share of right decisions; where patients count once, tested by McNemar."""
    entry = _by_resampling(drawn, metric, pair.a.plan.level)
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


def _correct(entries: list[Json], *, pairs: int) -> None:
    """Adds to every difference its family and its p corrected within it: the pairs of one metric."""
    families: dict[tuple[str, str, str], list[Json]] = defaultdict(list)
    for entry in entries:
        entry |= {"p_holm": None, "family": f"{pairs} {MODELS}"}
        if entry["p"] is not None:
            families[entry["metric"], entry["part"], entry["unit"]].append(entry)
    for family in families.values():
        for entry, p in zip(family, holm([entry["p"] for entry in family]), strict=True):
            entry["p_holm"] = p
