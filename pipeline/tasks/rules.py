"""By which rule each metric is made: the names in metrics.json and what they stand for."""

from __future__ import annotations

RULES = {
    "AUROC": "From midranks; variance by DeLong, or by Obuchowski where a patient has several cases; "
    "interval on the logit scale with Student's t, and by Newcombe where all patients are in order.",
    "paired AUROC": "Difference of two areas on the same patients by DeLong; where they recur, resampled.",
    "resamples": "Percentile interval over resamples of whole patients; one resample serves all metrics.",
    "proportion": "Wilson's interval; where patients recur, resampled by patient.",
    "average precision": "In steps, tied scores entering together; resampled by patient.",
    "counts": "From the four counts at the threshold; none where the denominator is zero; resampled.",
    "other prevalence": "Predictive values by Bayes, logit intervals; likelihood ratios, log intervals.",
    "losses": "Brier score; log-loss, natural, probabilities clipped by 1e-7; resampled by patient.",
    "calibration error": "Over ten equal bins, beside that of as many perfectly calibrated outcomes.",
    "recalibration": "By logistic regression: intercept with slope 1, slope, and observed over expected.",
    "temperature": "One for all, which minimises the log-loss of the validation part.",
    "McNemar": "Exact test of the patients whom one model alone decides rightly; interval resampled.",
    "mean of classes": "Unweighted over the classes that can be estimated, one class against the rest.",
    "Holm": "Subgroup against all others, or models by pairs; p values corrected within one metric.",
}

_OF_METRIC = {
    "AUROC": ("auroc",),
    "proportion": (
        "accuracy", "alarm_share", "npv", "ppv", "precision", "prevalence", "recall", "sensitivity",
        "specificity",
    ),
    "average precision": ("auprc",),
    "counts": ("balanced_accuracy", "f1", "kappa", "mcc"),
    "other prevalence": ("lr_negative", "lr_positive", "npv_at_prevalence", "ppv_at_prevalence"),
    "losses": ("brier", "brier_skill", "log_loss"),
    "calibration error": ("ece", "ece_null_mean"),
    "recalibration": ("calibration_intercept", "calibration_slope", "o_over_e"),
    "mean of classes": ("macro_auprc", "macro_auroc", "macro_f1"),
}  # fmt: skip
_BY_NAME = {name: rule for rule, names in _OF_METRIC.items() for name in names}


def rule_of(name: str) -> str:
    """The rule of a metric."""
    return _BY_NAME[name.removesuffix("_clopper_pearson")]
