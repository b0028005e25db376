"""All numbers and curves of a view, however many classes: two are the case of one score column.

Each class that can be judged is measured against the rest. Of two classes that is the finding at its
threshold, with its predictive values and calibration; of more the means over the classes stand before
the classes themselves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.statistics import multiclass, prevalence
from pipeline.statistics.bootstrap import METHOD, Resampled, Statistic, percentile_interval, resample
from pipeline.statistics.confusion import confusion
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.proportions import at_an_end, wilson
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.classification import curves, detection, points, quality, sets
from pipeline.tasks.classification.answers import decide
from pipeline.tasks.classification.classes import finding
from pipeline.tasks.classification.view import View, withheld
from pipeline.tasks.measured import Curves, Json, Measured, merged, prefixed

OF_FINDING = (
    "auroc", "auprc", "accuracy", "sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative",
    "alarm_share", "balanced_accuracy", "f1", "mcc", "kappa", "prevalence", *quality.LOSSES,
    "calibration_intercept", "calibration_slope", "o_over_e", *quality.ERRORS,
)  # fmt: skip
RANKED = {"macro_auroc": "auroc", "macro_auprc": "auprc"}
MACRO = (*RANKED, "macro_f1", "balanced_accuracy")
POOLED = ("accuracy", "kappa", "mcc")
OVER_CLASSES = (*MACRO, *POOLED, *quality.LOSSES, *quality.ERRORS)
# Of one class among many, sensitivity is called recall and PPV precision.
OF_CLASS = {
    "auroc": "auroc",
    "auprc": "auprc",
    "recall": "sensitivity",
    "precision": "ppv",
    "specificity": "specificity",
    "f1": "f1",
    "prevalence": "prevalence",
}


def measure(view: View) -> Measured:
    """All metrics and curves of the view. Raises ValueError when two classes have no threshold."""
    single = finding(len(view.classes)) is not None
    if single and view.threshold is None:
        raise ValueError("two classes are decided by a threshold")
    judged = judged_classes(view)
    if not view.judge().estimable or not judged:
        return Measured(withheld(view, OF_FINDING if single else OVER_CLASSES))
    decided = decide(view.sample.probability, view.threshold)
    seen = {index: _detection(view, decided, index) for index in judged}
    where = {index: detection.axes(each, view.threshold) for index, each in seen.items()}
    resampled = resample(
        merged(_statistic(view, seen, where, decided), sets.statistic(view)),
        view.sample.membership(),
        resamples=view.plan.resamples,
        seed=view.plan.seed,
    )
    metrics = _of_finding(view, seen, resampled) if single else _over_classes(view, seen, resampled, decided)
    return Measured(
        metrics=metrics + sets.metrics(view, resampled),
        confusion=[_confusion(view, decided)],
        curves=_curves(view, seen, resampled, where),
        redrawn=resampled.redrawn,
    )


def judged_classes(view: View) -> list[int]:
    """The classes with a score of their own that have enough patients on both sides."""
    finding_class = finding(len(view.classes))
    if finding_class is not None:
        return [finding_class] if view.judge().estimable else []
    present = np.flatnonzero(multiclass.in_macro(view.sample.truth, len(view.classes)))
    return [index for index in present.tolist() if view.judge(index).estimable]


def _detection(view: View, decided: Integers, index: int) -> detection.Detection:
    sample = view.sample
    truth = (sample.truth == index).astype(np.int64)
    return detection.Detection(truth, sample.probability[:, index], decided == index, sample.patient)


def _prefix(view: View, index: int) -> str:
    """What stands before the names of a class's numbers, nothing where it is the only one."""
    return f"{index}/" if finding(len(view.classes)) is None else ""


def _statistic(
    view: View, seen: dict[int, detection.Detection], where: dict[int, detection.Axes], decided: Integers
) -> Statistic:
    """All numbers of the view as a function of the patients' weights."""
    of_classes = merged(
        *(prefixed(detection.statistic(each, where[i]), _prefix(view, i)) for i, each in seen.items())
    )
    if finding(len(view.classes)) is not None:
        return merged(of_classes, quality.statistic(view.sample))
    judged = list(seen)
    means = _with_means(view, of_classes, judged)
    return merged(means, _pooled(view, decided, judged), quality.statistic(view.sample))


def _with_means(view: View, of_classes: Statistic, judged: list[int]) -> Statistic:
    """The statistics of the classes, and the means of those that make a macro metric."""

    def measured(weights: Floats) -> dict[str, float | Floats]:
        numbers = dict(of_classes(weights))
        means = {
            name: float(np.mean([numbers[_prefix(view, index) + single] for index in judged]))
            for name, single in RANKED.items()
        }
        return numbers | means

    return measured


def _pooled(view: View, decided: Integers, judged: list[int]) -> Statistic:
    """What follows from the confusion matrix; `judged` are the classes in its means."""
    classes = len(view.classes)
    members = np.isin(np.arange(classes), judged)
    cell = view.sample.truth * classes + decided
    cells = np.zeros((view.sample.patients, classes * classes))
    np.add.at(cells, (view.sample.patient, cell), 1.0)

    def measured(weights: Floats) -> dict[str, float | Floats]:
        matrix = (weights @ cells).reshape(classes, classes)
        return {
            "accuracy": multiclass.accuracy(matrix),
            "balanced_accuracy": multiclass.macro(multiclass.recalls(matrix), members),
            "macro_f1": multiclass.macro(multiclass.f1_scores(matrix), members),
            "kappa": multiclass.kappa(matrix, multiclass.nominal(classes)),
            "mcc": multiclass.matthews(matrix),
        }

    return measured


def _of_finding(view: View, seen: dict[int, detection.Detection], resampled: Resampled) -> list[Json]:
    """The metrics of two classes: the finding's, and how right its probabilities are."""
    [(index, one)] = seen.items()
    level, sample = view.plan.level, view.sample
    estimates = (
        detection.estimates(one, resampled, _prefix(view, index), level=level)
        | quality.losses(sample, resampled, level=level)
        | quality.error(sample, level=level, seed=view.plan.seed)
        | quality.recalibration(sample, resampled, fewest=min(view.patients_by_side()), level=level)
    )
    order = [*OF_FINDING, *sorted(set(estimates) - set(OF_FINDING))]
    return [view.metric(name, estimates[name]) for name in order] + _at_prevalences(view, one, resampled)


def _over_classes(
    view: View, seen: dict[int, detection.Detection], resampled: Resampled, decided: Integers
) -> list[Json]:
    """The metrics of more classes: means and pooled ones, then those of each class."""
    level, sample = view.plan.level, view.sample
    estimates = {name: resampled.estimate(name, level=level) for name in (*MACRO, *POOLED)}
    estimates["accuracy"] = (
        at_an_end(estimates["accuracy"], sample.patients, level=level)
        if sample.repeated
        else wilson(int((decided == sample.truth).sum()), decided.size, level=level)
    ).counted(int((decided == sample.truth).sum()), decided.size)
    if len(seen) < len(view.classes):
        flag = f"{len(seen)} of {len(view.classes)} classes can be estimated"
        estimates |= {name: _flagged(estimates[name], flag) for name in MACRO}
    estimates |= quality.losses(sample, resampled, level=level)
    estimates |= quality.error(sample, level=level, seed=view.plan.seed)
    return [view.metric(name, estimates[name]) for name in OVER_CLASSES] + _by_class(view, seen, resampled)


def _flagged(estimate: Estimate, flag: str) -> Estimate:
    return replace(estimate, flag="; ".join(text for text in (estimate.flag, flag) if text))


def _by_class(view: View, seen: dict[int, detection.Detection], resampled: Resampled) -> list[Json]:
    metrics = []
    for index in range(len(view.classes)):
        estimates = (
            detection.estimates(seen[index], resampled, _prefix(view, index), level=view.plan.level)
            if index in seen
            else dict.fromkeys(OF_CLASS.values(), missing("not estimable"))
        )
        metrics += [view.metric(name, estimates[single], of=index) for name, single in OF_CLASS.items()]
    return metrics


def _at_prevalences(view: View, seen: detection.Detection, resampled: Resampled) -> list[Json]:
    """PPV and NPV where the disease is as frequent as the plan says."""
    metrics = []
    for share in view.plan.prevalences:
        ppv, npv = _predictive_values(seen, resampled, share, level=view.plan.level)
        target = f"prevalence {share:g}"
        metrics.append(view.metric("ppv_at_prevalence", ppv, target=target))
        metrics.append(view.metric("npv_at_prevalence", npv, target=target))
    return metrics


def _predictive_values(
    seen: detection.Detection, resampled: Resampled, share: float, *, level: float
) -> tuple[Estimate, Estimate]:
    if not seen.repeated:
        counts = confusion(seen.truth, seen.flagged)
        return prevalence.predictive_value_estimates(counts, share, level=level)
    point = prevalence.predictive_values(
        float(resampled.point["sensitivity"]), float(resampled.point["specificity"]), share
    )
    pairs = zip(resampled.values["sensitivity"], resampled.values["specificity"], strict=True)
    values = np.array([prevalence.predictive_values(float(a), float(b), share) for a, b in pairs])
    ppv, npv = (_interval(point[side], values[:, side], level=level) for side in (0, 1))
    return ppv, npv


def _interval(value: float, values: Floats, *, level: float) -> Estimate:
    if np.isnan(value):
        return missing("nobody is in the denominator", METHOD)
    return percentile_interval(value, values, lost_share=float(np.isnan(values).mean()), level=level)


def _confusion(view: View, decided: Integers) -> Json:
    """The confusion matrix with the reference in rows, classes in their order."""
    matrix = multiclass.confusion_matrix(view.sample.truth, decided, len(view.classes))
    return {
        "part": view.part,
        "unit": view.unit,
        "group": view.group,
        "classes": list(view.classes),
        "cases": int(view.sample.truth.size),
        "patients": view.sample.patients,
        "matrix": [[int(cell) for cell in row] for row in matrix],
    }


def _curves(
    view: View,
    seen: dict[int, detection.Detection],
    resampled: Resampled,
    where: dict[int, detection.Axes],
) -> Curves:
    drawings = [
        curves.ranking_curves(view, resampled, axes, of=index, prefix=_prefix(view, index))
        for index, axes in where.items()
    ]
    ranking = {name: [curve for drawing in drawings for curve in drawing[name]] for name in ("roc", "pr")}
    if finding(len(view.classes)) is None:
        return ranking
    stages = [curves.reliability(view, view.sample.probability, stage="calibrated")]
    if view.uncalibrated is not None:
        stages.append(curves.reliability(view, view.uncalibrated, stage="before_temperature"))
    [(index, one)] = seen.items()
    table = points.rows(
        points.Scored(one.truth, one.score, one.patient),
        where[index].thresholds,
        resampled,
        prefix=_prefix(view, index),
        level=view.plan.level,
    )
    operating = curves.label(view, of=index) | {"in_use": view.threshold, "points": table}
    return ranking | {
        "reliability": stages,
        "decision": [curves.decision(view, resampled)],
        "operating": [operating],
    }
