"""Statistics of predictions: pure functions on arrays, no files, no configuration, no stage.

Reads arrays of truth, scores and patient codes; writes nothing; guarantees that the patient is the
unit of independence, that randomness comes from a seed handed in, and that what cannot be estimated
comes back as None (or nan inside an array) with the reason, never as a number.

Conventions that hold in every module: `truth` is 1 for the positive class and 0 for the other, or the
class index 0..classes-1; a case is called positive when its score is at or above the threshold;
`patient` is a code 0..patients-1; `level` is the confidence level, 0.95 for example.
"""

__all__ = [
    "agreement",
    "auroc",
    "bootstrap",
    "calibration",
    "conformal",
    "confusion",
    "estimate",
    "laws",
    "masks",
    "multiclass",
    "multiple",
    "net_benefit",
    "paired",
    "precision_recall",
    "prevalence",
    "proportions",
    "ranking",
    "sample",
    "small_sample",
    "standardised",
    "surfaces",
    "thresholds",
    "vectors",
]
