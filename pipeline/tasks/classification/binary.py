"""The task of two classes: the second, positive one against the first, at a chosen threshold."""

from __future__ import annotations

import numpy as np

from pipeline.statistics import auroc, prevalence
from pipeline.statistics.bootstrap import METHOD, Resampled, percentile_interval, resample
from pipeline.statistics.confusion import confusion
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.sample import Sample
from pipeline.statistics.vectors import Floats
from pipeline.tasks.classification import curves, detection, quality
from pipeline.tasks.measured import Measured, confusion_entry, merged, withheld
from pipeline.tasks.view import Json, View

AREA = "auroc"
NAMES = (
    "auroc", "auprc", "accuracy", "sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative",
    "alarm_share", "balanced_accuracy", "f1", "mcc", "kappa", "prevalence", "brier", "brier_skill",
    "log_loss", "calibration_intercept", "calibration_slope", "o_over_e", "ece", "ece_null_mean",
)  # fmt: skip


def measure(view: View) -> Measured:
    """All metrics and curves of the view. Raises ValueError when the view has no threshold."""
    if view.threshold is None:
        raise ValueError("two classes are decided by a threshold")
    if not view.judge().estimable:
        return withheld(view, NAMES)
    seen = _detection(view, view.threshold)
    where = detection.axes(seen)
    drawn = resample(
        merged(detection.statistic(seen, where), quality.statistic(view.sample)),
        view.sample.membership(),
        resamples=view.plan.resamples,
        seed=view.plan.seed,
    )
    found = detection.estimates(seen, drawn, "", level=view.plan.level) | _quality(view, drawn)
    order = [*NAMES, *sorted(set(found) - set(NAMES))]
    return Measured(
        metrics=[view.metric(name, found[name]) for name in order] + _at_prevalences(view, seen, drawn),
        confusion=[confusion_entry(view, seen.flagged.astype(np.int64))],
        curves=_curves(view, drawn, where),
        redrawn=drawn.redrawn,
    )


def area_classes(view: View) -> list[int]:
    """The positive class, where both classes have enough patients."""
    return [1] if view.judge().estimable else []


def analytic_area(sample: Sample) -> auroc.Auroc:
    """The area under the ROC curve with its variance."""
    return auroc.auroc(sample.truth, sample.probability[:, 1], sample.patient)


def _detection(view: View, threshold: float) -> detection.Detection:
    score = view.sample.probability[:, 1]
    return detection.Detection(view.sample.truth, score, score >= threshold, view.sample.patient)


def _quality(view: View, drawn: Resampled) -> dict[str, Estimate]:
    level, sample = view.plan.level, view.sample
    fewest = min(view.patients_by_side())
    return (
        quality.losses(sample, drawn, level=level)
        | quality.error(sample, level=level, seed=view.plan.seed)
        | quality.recalibration(sample, drawn, fewest=fewest, level=level)
    )


def _at_prevalences(view: View, seen: detection.Detection, drawn: Resampled) -> list[Json]:
    """PPV and NPV where the disease is as frequent as the plan says."""
    metrics = []
    for share in view.plan.prevalences:
        ppv, npv = _predictive_values(seen, drawn, share, level=view.plan.level)
        target = f"prevalence {share:g}"
        metrics.append(view.metric("ppv_at_prevalence", ppv, target=target))
        metrics.append(view.metric("npv_at_prevalence", npv, target=target))
    return metrics


def _predictive_values(
    seen: detection.Detection, drawn: Resampled, share: float, *, level: float
) -> tuple[Estimate, Estimate]:
    if not seen.repeated:
        counts = confusion(seen.truth, seen.flagged)
        return prevalence.predictive_value_estimates(counts, share, level=level)
    point = prevalence.predictive_values(
        float(drawn.point["sensitivity"]), float(drawn.point["specificity"]), share
    )
    pairs = zip(drawn.values["sensitivity"], drawn.values["specificity"], strict=True)
    values = np.array([prevalence.predictive_values(float(a), float(b), share) for a, b in pairs])
    ppv, npv = (_interval(point[side], values[:, side], level=level) for side in (0, 1))
    return ppv, npv


def _interval(value: float, values: Floats, *, level: float) -> Estimate:
    if np.isnan(value):
        return missing("nobody is in the denominator", METHOD)
    return percentile_interval(value, values, lost_share=float(np.isnan(values).mean()), level=level)


def _curves(view: View, drawn: Resampled, where: detection.Axes) -> curves.Curves:
    stages = [curves.reliability(view, view.sample.probability, stage="calibrated")]
    if view.uncalibrated is not None:
        stages.append(curves.reliability(view, view.uncalibrated, stage="before_temperature"))
    return {
        **curves.ranking_curves(view, drawn, where, of=1),
        "reliability": stages,
        "decision": [curves.decision(view, drawn)],
    }
