"""By which rule each metric is made: the identifiers in metrics.json and what they stand for."""

from __future__ import annotations

RULES = {
    "T2": "AUROC from midranks, DeLong's variance, Wald interval within 0 to 1; every patient counts once.",
    "T3": "Difference of two AUROCs on the same patients by paired DeLong; where patients recur, resampled.",
    "T4": "AUROC of cases with Obuchowski's variance, which keeps a patient's cases together.",
    "T5": "Percentile interval over resamples of whole patients; one resample serves all metrics.",
    "T6": "Proportion with Wilson's interval; where patients recur, resampled by patient.",
    "T7": "Average precision in steps, tied scores entering together; resampled by patient.",
    "T8": "From the four counts at the threshold; a zero denominator gives no number; resampled by patient.",
    "T10": "Predictive values by Bayes' rule with logit intervals; likelihood ratios with log intervals.",
    "T11": "Brier score; log-loss, natural, probabilities clipped by 1e-7; resampled by patient.",
    "T12": "Calibration error over ten equal bins, beside that of as many perfectly calibrated outcomes.",
    "T13": "Logistic recalibration: intercept with slope 1, slope, and observed over expected.",
    "T14": "One temperature that minimises the log-loss of the validation part.",
    "T16": "McNemar's exact test of the patients whom one model alone decides rightly; interval resampled.",
    "T17": "Unweighted mean over the classes that can be estimated, one class against the rest.",
    "T23": "Subgroup against all others, or models by pairs; p values corrected by Holm within one metric.",
}

_OF_METRIC = {
    "T2": ("auroc",),
    "T6": (
        "accuracy", "alarm_share", "npv", "ppv", "precision", "prevalence", "recall", "sensitivity",
        "specificity",
    ),
    "T7": ("auprc",),
    "T8": ("balanced_accuracy", "f1", "kappa", "mcc"),
    "T10": ("lr_negative", "lr_positive", "npv_at_prevalence", "ppv_at_prevalence"),
    "T11": ("brier", "brier_skill", "log_loss"),
    "T12": ("ece", "ece_null_mean"),
    "T13": ("calibration_intercept", "calibration_slope", "o_over_e"),
    "T17": ("macro_auprc", "macro_auroc", "macro_f1"),
}  # fmt: skip
_BY_NAME = {name: rule for rule, names in _OF_METRIC.items() for name in names}


def rule_of(name: str, method: str) -> str:
    """The rule of a metric; where patients recur an area is made by another rule than else."""
    if method == "obuchowski":
        return "T4"
    return _BY_NAME[name.removesuffix("_clopper_pearson")]
