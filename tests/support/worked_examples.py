"""What the worked examples of classification and segmentation ask for, computed: one function for each quantity."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.statistics import (
    auroc,
    bootstrap,
    calibration,
    confusion,
    masks,
    multiclass,
    multiple,
    net_benefit,
    paired,
    precision_recall,
    prevalence,
    proportions,
    ranking,
    sample,
    small_sample,
    surfaces,
    thresholds,
)
from pipeline.statistics.estimate import Estimate

Case = dict[str, Any]
LEVEL = 0.95


def clustered(given: Case) -> tuple[Any, Any, Any, Any]:
    """Truth, score, second score and patient of the recipe "binary_clustered"."""
    r = np.random.RandomState(given["seed"])
    n, patients = given["n"], given["n_patients"]
    pat = r.randint(0, patients, size=n)
    y_pat = r.random_sample(patients) < given["prevalence"]
    flip = r.random_sample(n) < given["within_patient_flip"]
    y = (y_pat[pat] ^ flip).astype(int)
    e_pat, e = r.normal(size=patients), r.normal(size=n)
    s = np.round(
        1 / (1 + np.exp(-(given["a"] + given["b"] * y + 0.7 * e_pat[pat] + 0.7 * e))), given["decimals"]
    )
    second = given["a"] + 0.8 * given["b"] * y + 0.7 * e_pat[pat] + 0.9 * r.normal(size=n)
    s2 = np.round(1 / (1 + np.exp(-second)), given["decimals"])
    assert int(y.sum()) == given["check"]["positives"]
    return y, s, s2, pat


def inputs(given: Case) -> tuple[Any, Any, Any, Any]:
    if "recipe" in given:
        return clustered(given)
    y = np.array(given["y"])
    first = given.get("score", given.get("score_a", given.get("prob")))
    second = np.array(given["score_b"]) if "score_b" in given else None
    patient = sample.codes(given["patient"]) if "patient" in given else np.arange(y.size)
    return y, np.array(first, dtype=float), second, patient


def ends(estimate: Estimate, prefix: str = "") -> Case:
    return {f"{prefix}ci_low": estimate.low, f"{prefix}ci_high": estimate.high}


def auc_delong(given: Case) -> Case:
    y, score, _, _ = inputs(given)
    area = auroc.delong(y, score)
    interval = auroc.interval(area, level=LEVEL)
    return {
        "auc": area.value,
        "variance": area.variance,
        "se": math.sqrt(area.variance),
        **ends(interval),
        "df": area.degrees_of_freedom,
    }


def auc_paired_delong(given: Case) -> Case:
    y, a, b, _ = inputs(given)
    found = auroc.paired_delong(y, a, b, level=LEVEL)
    return {
        "auc_a": found.a,
        "auc_b": found.b,
        "difference": found.value,
        "variance": found.variance,
        "ci_low": found.low,
        "ci_high": found.high,
        "z": found.z,
        "p": found.p,
    }


def auc_clustered(given: Case) -> Case:
    y, score, _, patient = inputs(given)
    area = auroc.obuchowski(y, score, patient)
    rows = sample.Sample(y, np.column_stack([1 - score, score]), sample.codes(patient))
    negative, positive = rows.membership().sum(axis=0)
    return {
        "auc": area.value,
        "variance": area.variance,
        "se": math.sqrt(area.variance),
        **ends(auroc.interval(area, level=LEVEL)),
        "clusters": rows.patients,
        "clusters_pos": positive,
        "clusters_neg": negative,
        "variance_delong_ignoring_clusters": auroc.delong(y, score).variance,
        "df": area.degrees_of_freedom,
    }


def auc_patient_bootstrap(given: Case) -> Case:
    y, score, _, patient = inputs(given)
    codes = sample.codes(patient)
    order = ranking.rank(y, score, codes)
    membership = sample.Sample(y, np.column_stack([1 - score, score]), codes).membership()
    drawn = bootstrap.resample(
        lambda weights: {"auc": ranking.area(order.counts(weights))}, membership, resamples=2000, seed=1
    )
    return {"se": drawn.values["auc"].std(ddof=1), **ends(drawn.estimate("auc", level=LEVEL))}


def one_class_share(given: Case) -> Case:
    positive = np.arange(given["patients"]) < given["positive_patients"]
    drawn = bootstrap.resample(
        lambda weights: {"mean": weights.mean()},
        np.column_stack([~positive, positive]),
        resamples=2000,
        seed=1,
    )
    return {"share": drawn.lost_share("mean")}


def accuracy_bootstrap_se(given: Case) -> Case:
    correct = np.array(given["correct"], dtype=float)
    drawn = bootstrap.resample(
        lambda weights: {"accuracy": float(weights @ correct / weights.sum())},
        np.ones((correct.size, 1), dtype=bool),
        resamples=2000,
        seed=1,
    )
    return {"se": drawn.values["accuracy"].std(ddof=1)}


def proportion(given: Case) -> Case:
    k, n = given["k"], given["n"]
    found = {
        "wilson": proportions.wilson(k, n, level=LEVEL),
        "clopper_pearson": proportions.clopper_pearson(k, n, level=LEVEL),
    }
    return {name: {"estimate": value.value, **ends(value)} for name, value in found.items()}


def average_precision(given: Case) -> Case:
    y, score, _, patient = inputs(given)
    codes = sample.codes(patient)
    counts = ranking.rank(y, score, codes).counts(np.ones(codes.max() + 1))
    return {
        "average_precision": precision_recall.average_precision(counts),
        "prevalence_line": y.mean(),
    }


def confusion_rates(given: Case) -> Case:
    y, score, _, _ = inputs(given)
    counts = confusion.confusion(y, score >= given["threshold"])
    rates = confusion.rates(counts)
    return {**counts._asdict(), **{name: None if math.isnan(v) else v for name, v in rates.items()}}


def threshold(given: Case) -> Case:
    y, score, _, _ = inputs(given)
    cost_fn, cost_fp = given.get("cost_fn_fp", [1, 1])
    rule = thresholds.Rule(
        given["rule"], given.get("target", 0.95), cost_fn, cost_fp, given.get("prevalence")
    )
    chosen = thresholds.choose(y, score, rule)
    rates = confusion.rates(confusion.confusion(y, score >= chosen))
    return {"threshold": chosen, **rates}


def predictive_values(given: Case) -> Case:
    counts = confusion.Confusion(given["tp"], given["fp"], given["fn"], given["tn"])
    share = given["prevalence"]
    ppv, npv = prevalence.predictive_value_estimates(counts, share, level=LEVEL)
    rates = confusion.rates(counts)
    people = prevalence.population(rates["sensitivity"], rates["specificity"], share, scale=1000)
    whole = {name: getattr(people, name) for name in ("diseased", "tp", "fn", "fp", "tn")}
    return {"ppv": ppv.value, "npv": npv.value, **ends(ppv, "ppv_"), **ends(npv, "npv_"), "per_1000": whole}


def likelihood_ratios(given: Case) -> Case:
    counts = confusion.Confusion(given["tp"], given["fp"], given["fn"], given["tn"])
    positive, negative = prevalence.likelihood_ratios(counts, level=LEVEL)
    return {
        "lr_pos": positive.value,
        **ends(positive, "lr_pos_"),
        "lr_neg": negative.value,
        **ends(negative, "lr_neg_"),
    }


def brier_logloss(given: Case) -> Case:
    y, probability, _, _ = inputs(given)
    both = np.column_stack([1 - probability, probability])
    brier = calibration.brier_losses(y, both).mean()
    losses, clipped = calibration.log_losses(y, both)
    skill = 1 - brier / (y.mean() * (1 - y.mean()))
    return {"brier": brier, "brier_skill": skill, "log_loss": losses.mean(), "clipped": clipped}


def ece(given: Case) -> Case:
    y, probability, _, _ = inputs(given)
    found = calibration.calibration_error(y, probability)
    return {"ece_10_equal_width": found.expected, "mce_10_equal_width": found.largest}


def calibration_line(given: Case) -> Case:
    y, probability, _, _ = inputs(given)
    # The examples give the model-based variance, every row its own patient.
    found = calibration.recalibrate(y, probability, np.arange(y.size), level=LEVEL)
    z = 1.959963984540054
    return {
        "intercept_slope1": found.intercept.value,
        "intercept_slope1_se": (found.intercept.high - found.intercept.low) / 2 / z,
        "slope": found.slope.value,
        "slope_se": (found.slope.high - found.slope.low) / 2 / z,
        **ends(found.slope, "slope_"),
        "intercept_joint": found.joint_intercept,
        "o_over_e": y.mean() / probability.mean(),
    }


def temperature(given: Case) -> Case:
    logits = np.column_stack([np.zeros(len(given["logit"])), given["logit"]])
    found = calibration.fit_temperature(logits, np.array(given["y"]))
    return {"temperature": found.value, "nll_before": found.nll_before, "nll_after": found.nll_after}


def benefit(given: Case) -> Case:
    y, probability, _, _ = inputs(given)
    cut = given["threshold_probability"]
    rates = confusion.rates(confusion.confusion(y, probability >= cut))
    share, at = given.get("prevalence", y.mean()), np.array([cut])
    model = net_benefit.net_benefit(
        np.array([rates["sensitivity"]]), np.array([rates["specificity"]]), share, threshold=at
    )
    return {
        "net_benefit": model[0],
        "treat_all": net_benefit.treat_all(share, threshold=at)[0],
        "treat_none": 0.0,
    }


def mcnemar(given: Case) -> Case:
    found = paired.mcnemar(given["b"], given["c"])
    return {"p_exact": found.p_exact, "p_mid": found.p_mid}


def many_classes(given: Case) -> Case:
    y, probability = np.array(given["y"]), np.array(given["prob"])
    classes = probability.shape[1]
    members = multiclass.in_macro(y, classes)
    areas = np.full(classes, np.nan)
    for index in np.flatnonzero(members):
        areas[index] = auroc.delong((y == index).astype(int), probability[:, index]).value
    matrix = multiclass.confusion_matrix(y, probability.argmax(axis=1), classes)

    def named(values: Any) -> Case:
        return {str(i): None if np.isnan(v) else v for i, v in enumerate(values)}

    return {
        "auc_ovr": named(areas),
        "auc_macro": multiclass.macro(areas, members),
        "classes_in_macro": int(members.sum()),
        "f1": named(multiclass.f1_scores(matrix)),
        "f1_macro": multiclass.macro(multiclass.f1_scores(matrix), members),
        "accuracy_equals_micro_f1": multiclass.accuracy(matrix),
        "balanced_accuracy": multiclass.macro(multiclass.recalls(matrix), members),
        "kappa_quadratic": multiclass.kappa(matrix, quadratic(classes)),
        "confusion_rows_reference": matrix.tolist(),
    }


def quadratic(classes: int) -> Any:
    """The disagreement of ordered classes: the square of their distance."""
    index = np.arange(classes)
    return (index[:, None] - index[None, :]) ** 2


def holm(given: Case) -> Case:
    return {"adjusted": multiple.holm(given["p"])}


def small_n(given: Case) -> Case:
    judged = small_sample.judge(given["n_pos_patients"], given["n_neg_patients"])
    if not judged.estimable:
        return {"outcome": "not estimable"}
    return {"outcome": "estimate+interval+flag" if judged.flag else "estimate+interval"}


def boxes(given: Case, name: str) -> Any:
    mask = np.zeros(given["shape"], bool)
    for ends in given[name]:
        mask[tuple(slice(low, high) for low, high in zip(ends[::2], ends[1::2], strict=True))] = True
    return mask


def segmentation(given: Case) -> Case:
    truth, prediction = boxes(given, "ref_boxes"), boxes(given, "pred_boxes")
    spacing = given["spacing_mm"]
    found = masks.agreement(truth, prediction, spacing_mm=spacing, tolerance_mm=given["tolerance_mm"])
    between = surfaces.distances(truth, prediction, spacing)
    assert found.dice is not None
    return {
        "dice": found.dice,
        "iou": found.dice / (2 - found.dice),
        "hd": found.hd_mm,
        "hd95": found.hd95_mm,
        "hd95_pooled": np.percentile(np.concatenate([between.of_truth, between.of_prediction]), 95),
        "assd": np.concatenate([between.of_truth, between.of_prediction]).mean(),
        "nsd": found.nsd,
        "border_ref": between.of_truth.size,
        "border_pred": between.of_prediction.size,
        "diagonal_mm": masks.diagonal_mm(given["shape"], spacing),
    }


COUNTED_AS = {"neither": "true_negative", "invented": "false_positive", "missed": "missed"}


def segmentation_policy(given: Case) -> Case:
    here, empty = np.ones(given["shape"], bool), np.zeros(given["shape"], bool)
    pairs: dict[str, tuple[Any, Any]] = {
        "both_empty": (empty, empty),
        "reference_empty_prediction_not": (empty, here),
        "prediction_empty_reference_not": (here, empty),
        "prediction_missing": (here, None),
    }
    truth, prediction = pairs[given["situation"]]
    found = masks.agreement(truth, prediction, spacing_mm=given["spacing_mm"], tolerance_mm=1.0)
    far = found.hd95_mm is not None and math.isclose(found.hd95_mm, given["diagonal_mm"])
    return {
        "dice": found.dice,
        "hd95": "diagonal_mm" if far else found.hd95_mm,
        "nsd": found.nsd,
        "counted_as": COUNTED_AS[found.situation],
    }


COMPUTE: dict[str, Callable[[Case], Case]] = {
    "accuracy_bootstrap_se": accuracy_bootstrap_se,
    "auc_clustered": auc_clustered,
    "auc_delong": auc_delong,
    "auc_paired_delong": auc_paired_delong,
    "auc_patient_bootstrap": auc_patient_bootstrap,
    "average_precision": average_precision,
    "brier_logloss": brier_logloss,
    "calibration": calibration_line,
    "confusion": confusion_rates,
    "ece": ece,
    "holm": holm,
    "likelihood_ratios": likelihood_ratios,
    "mcnemar": mcnemar,
    "multiclass": many_classes,
    "net_benefit": benefit,
    "one_class_share": one_class_share,
    "predictive_values": predictive_values,
    "proportion": proportion,
    "segmentation": segmentation,
    "segmentation_policy": segmentation_policy,
    "small_n_subgroup_auc": small_n,
    "temperature": temperature,
    "threshold": threshold,
}
