"""Every metric of several findings, once, and what the rules by which they are made stand for.

A finding's own metrics are those of a classification of two classes.
"""

from __future__ import annotations

from typing import Final

from pipeline.tasks.classification import definitions
from pipeline.tasks.metric import UNBOUNDED, Metric, by_id

OVER_FINDINGS: Final = "mean over findings"
DECISIONS: Final = "decisions on findings"

RULES: Final = {
    **definitions.RULES,
    OVER_FINDINGS: "Unweighted mean over the findings that can be estimated, each on the patients in whom it "
    "is known; resampled by patient, all findings together.",
    DECISIONS: "Decisions on all findings that are known, a patient's together; resampled by patient.",
}

MACRO: Final = {
    "macro_auroc": "auroc",
    "macro_auprc": "auprc",
    "macro_f1": "f1",
    "macro_sensitivity": "sensitivity",
    "macro_specificity": "specificity",
    "macro_brier_skill": "brier_skill",
}
"""The means over findings, each with the metric of a finding that it is the mean of."""

JOINT: Final = ("micro_f1", "exact_match", "hamming_loss")
"""What the decisions on all findings give together."""

METRICS: Final = definitions.METRICS | by_id(
    Metric("macro_auroc", "Macro AUROC", "macro AUROC", OVER_FINDINGS),
    Metric("macro_auprc", "Macro average precision", "macro average precision", OVER_FINDINGS),
    Metric("macro_f1", "Macro F1", "macro F1", OVER_FINDINGS),
    Metric("macro_sensitivity", "Mean sensitivity", "mean sensitivity", OVER_FINDINGS),
    Metric("macro_specificity", "Mean specificity", "mean specificity", OVER_FINDINGS),
    Metric("macro_brier_skill", "Mean Brier skill", "mean Brier skill", OVER_FINDINGS, low=-UNBOUNDED),
    Metric("micro_f1", "Micro F1", "micro F1", DECISIONS),
    Metric("exact_match", "Every known finding right", "exact match", DECISIONS),
    Metric("hamming_loss", "Share of wrong decisions", "Hamming loss", DECISIONS, -1),
    Metric("label_auroc", "AUROC of the finding that lost most", "AUROC of a finding", "paired areas"),
)

GOALS: Final = ("macro_auroc", "macro_auprc", "macro_f1", "exact_match", "micro_f1", "hamming_loss")
"""What a goal may be about, first what it is about where it doesn't say."""
