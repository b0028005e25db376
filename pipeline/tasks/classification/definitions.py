"""Every metric of a classification, once, and what the rules by which they are made stand for."""

from __future__ import annotations

from typing import Final

from pipeline.tasks.metric import UNBOUNDED, Metric, by_id

RULES: Final = {
    "Holm": "Subgroup against all others, or models by pairs; p values corrected by Holm within one metric.",
    "McNemar": "McNemar's exact test of the patients whom one model alone decides rightly; interval "
    "resampled.",
    "AUROC": "From midranks; variance by DeLong, or by Obuchowski where a patient has several cases; "
    "interval on the logit scale with Student's t, and by Newcombe where all patients are in order.",
    "average precision": "Average precision in steps, tied scores entering together; resampled by patient.",
    "calibration error": "Calibration error over ten equal bins, beside that of as many perfectly "
    "calibrated outcomes.",
    "conformal sets": "Split conformal sets, class by class, from the least probability that the scans of a "
    "validation patient give the true class; shares have Wilson's interval, or are resampled by patient.",
    "four counts": "From the four counts at the threshold; a zero denominator gives no number; resampled by "
    "patient.",
    "loss": "Brier score; log-loss, natural, probabilities clipped by 1e-7; resampled by patient.",
    "mean over classes": "Unweighted mean over the classes that can be estimated, one class against the "
    "rest.",
    "paired areas": "Difference of two AUROCs on the same patients by paired DeLong; where patients recur, "
    "resampled.",
    "predictive value": "Predictive values by Bayes' rule with logit intervals; likelihood ratios with log "
    "intervals.",
    "proportion": "Proportion with Wilson's interval; where patients recur, resampled by patient.",
    "recalibration": "Logistic recalibration: intercept with slope 1, slope, and observed over expected.",
    "resampled patients": "Percentile interval over resamples of whole patients; one resample serves all "
    "metrics.",
    "temperature": "One temperature that minimises the log-loss of the validation part.",
}

METRICS: Final = by_id(
    Metric("auroc", "AUROC", "AUROC", "AUROC"),
    Metric("auprc", "Average precision", "average precision", "average precision"),
    Metric("accuracy", "Accuracy", "accuracy", "proportion"),
    Metric("sensitivity", "Sensitivity", "sensitivity", "proportion"),
    Metric("specificity", "Specificity", "specificity", "proportion"),
    Metric("ppv", "Positive predictive value", "PPV", "proportion"),
    Metric("npv", "Negative predictive value", "NPV", "proportion"),
    Metric("recall", "Recall", "recall", "proportion"),
    Metric("precision", "Precision", "precision", "proportion"),
    Metric("lr_positive", "Likelihood ratio of an alarm", "LR+", "predictive value", high=UNBOUNDED),
    Metric("lr_negative", "Likelihood ratio of an all-clear", "LR−", "predictive value", -1, high=UNBOUNDED),
    Metric("ppv_at_prevalence", "Positive predictive value", "PPV", "predictive value"),
    Metric("npv_at_prevalence", "Negative predictive value", "NPV", "predictive value"),
    Metric("alarm_share", "Share flagged", "share flagged", "proportion", 0),
    Metric("prevalence", "Prevalence", "prevalence", "proportion", 0),
    Metric("balanced_accuracy", "Balanced accuracy", "balanced accuracy", "four counts"),
    Metric("f1", "F1", "F1", "four counts"),
    Metric("mcc", "Matthews correlation", "MCC", "four counts", low=-1.0),
    Metric("kappa", "Cohen's kappa", "Cohen's kappa", "four counts", low=-1.0),
    Metric("brier", "Brier score", "Brier score", "loss", -1, high=2.0, reading="0 is perfect"),
    Metric("brier_skill", "Brier skill", "Brier skill", "loss", low=-UNBOUNDED),
    Metric("log_loss", "Log-loss", "log-loss", "loss", -1, high=UNBOUNDED),
    Metric(
        "calibration_intercept", "Intercept", "calibration intercept", "recalibration", 0,
        -UNBOUNDED, UNBOUNDED, reading="0 is right; below 0 they are too high on the whole",
    ),
    Metric(
        "calibration_slope", "Slope", "calibration slope", "recalibration", 0, -UNBOUNDED, UNBOUNDED,
        reading="1 is right; below 1 the probabilities are too extreme",
    ),
    Metric(
        "o_over_e", "Observed over expected", "observed over expected", "recalibration", 0, high=UNBOUNDED,
        reading="1 is right",
    ),
    Metric("ece", "Expected calibration error", "calibration error", "calibration error", -1),
    Metric(
        "ece_null_mean", "Calibration error by chance", "calibration error by chance", "calibration error", 0
    ),
    Metric("macro_auroc", "Macro AUROC", "macro AUROC", "mean over classes"),
    Metric("macro_auprc", "Macro average precision", "macro average precision", "mean over classes"),
    Metric("macro_f1", "Macro F1", "macro F1", "mean over classes"),
    Metric("set_coverage", "Sets that hold the class", "coverage of sets", "conformal sets", 0),
    Metric("set_one", "Sets of one class", "sets of one class", "conformal sets"),
    Metric("set_several", "Sets of several classes", "sets of several classes", "conformal sets", 0),
    Metric("set_none", "Sets of no class", "sets of no class", "conformal sets", 0),
    Metric(
        "temperature", "Temperature", "temperature", "temperature", 0, high=UNBOUNDED,
        reading="fitted on the validation part; leaves every ranking as it is",
    ),
)  # fmt: skip

EXACT: Final = "_clopper_pearson"
"""How the ids end of proportions with their exact interval beside."""


def rule_of(name: str) -> str:
    """The rule of a metric."""
    return METRICS[name.removesuffix(EXACT)].rule
