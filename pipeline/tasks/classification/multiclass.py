"""The task of more than two classes: each against the rest, and their unweighted means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.statistics import multiclass
from pipeline.statistics.bootstrap import Resampled, Statistic, resample
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.proportions import at_an_end, wilson
from pipeline.statistics.sample import Sample
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.classification import curves, detection, quality
from pipeline.tasks.measured import Measured, confusion_entry, merged, prefixed, withheld
from pipeline.tasks.view import Json, View

AREA = "macro_auroc"
RANKED = {"macro_auroc": "auroc", "macro_auprc": "auprc"}
MACRO = (*RANKED, "macro_f1", "balanced_accuracy")
POOLED = ("accuracy", "kappa", "mcc")
NAMES = (*MACRO, *POOLED, *quality.LOSSES, "ece", "ece_null_mean")
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
    """All metrics and curves of the view."""
    judged = area_classes(view)
    if not view.judge().estimable or not judged:
        return withheld(view, NAMES)
    predicted = view.sample.probability.argmax(axis=1)
    seen = {index: _detection(view.sample, predicted, index) for index in judged}
    where = {index: detection.axes(each) for index, each in seen.items()}
    of_classes = [prefixed(detection.statistic(seen[i], where[i]), _prefix(i)) for i in judged]
    drawn = resample(
        merged(
            _with_means(merged(*of_classes), judged),
            _pooled(view, predicted, judged),
            quality.statistic(view.sample),
        ),
        view.sample.membership(),
        resamples=view.plan.resamples,
        seed=view.plan.seed,
    )
    drawings = [curves.ranking_curves(view, drawn, where[i], of=i, prefix=_prefix(i)) for i in judged]
    return Measured(
        metrics=_overall(view, drawn, predicted, judged) + _by_class(view, seen, drawn),
        confusion=[confusion_entry(view, predicted)],
        curves={name: [curve for drawing in drawings for curve in drawing[name]] for name in ("roc", "pr")},
        redrawn=drawn.redrawn,
    )


def area_classes(view: View) -> list[int]:
    """The classes that are present, not universal, and have enough patients on both sides."""
    present = np.flatnonzero(multiclass.in_macro(view.sample.truth, len(view.classes)))
    return [index for index in present.tolist() if view.judge(index).estimable]


def _prefix(index: int) -> str:
    return f"{index}/"


def _detection(sample: Sample, predicted: Integers, index: int) -> detection.Detection:
    truth = (sample.truth == index).astype(np.int64)
    return detection.Detection(truth, sample.probability[:, index], predicted == index, sample.patient)


def _with_means(of_classes: Statistic, judged: list[int]) -> Statistic:
    """The statistics of the classes, and the means of those that make a macro metric."""

    def measured(weights: Floats) -> dict[str, float | Floats]:
        found = dict(of_classes(weights))
        means = {
            name: float(np.mean([found[_prefix(index) + single] for index in judged]))
            for name, single in RANKED.items()
        }
        return found | means

    return measured


def _pooled(view: View, predicted: Integers, judged: list[int]) -> Statistic:
    """What follows from the confusion matrix; `judged` are the classes in its means."""
    classes = len(view.classes)
    members = np.isin(np.arange(classes), judged)
    cell = view.sample.truth * classes + predicted
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


def _overall(view: View, drawn: Resampled, predicted: Integers, judged: list[int]) -> list[Json]:
    level, sample = view.plan.level, view.sample
    found = {name: drawn.estimate(name, level=level) for name in (*MACRO, *POOLED)}
    found["accuracy"] = (
        at_an_end(found["accuracy"], sample.patients, level=level)
        if sample.repeated
        else wilson(int((predicted == sample.truth).sum()), predicted.size, level=level)
    )
    flag = f"{len(judged)} of {len(view.classes)} classes can be estimated"
    if len(judged) < len(view.classes):
        found |= {name: _flagged(found[name], flag) for name in MACRO}
    found |= quality.losses(sample, drawn, level=level)
    found |= quality.error(sample, level=level, seed=view.plan.seed)
    return [view.metric(name, found[name]) for name in NAMES]


def _flagged(estimate: Estimate, flag: str) -> Estimate:
    return replace(estimate, flag="; ".join(text for text in (estimate.flag, flag) if text))


def _by_class(view: View, seen: dict[int, detection.Detection], drawn: Resampled) -> list[Json]:
    metrics = []
    for index in range(len(view.classes)):
        found = (
            detection.estimates(seen[index], drawn, _prefix(index), level=view.plan.level)
            if index in seen
            else dict.fromkeys(OF_CLASS.values(), missing("not estimable"))
        )
        metrics += [view.metric(name, found[single], of=index) for name, single in OF_CLASS.items()]
    return metrics
