"""What follows from the four counts of a binary decision; nan where a denominator is zero."""

from __future__ import annotations

import math
from typing import NamedTuple

from pipeline.statistics.vectors import Flags, Integers


class Confusion(NamedTuple):
    """The numbers of true and false positives, false and true negatives; weighted counts may be fractions."""

    tp: float
    fp: float
    fn: float
    tn: float


def confusion(truth: Integers, flagged: Flags) -> Confusion:
    """The four counts of decisions against the truth."""
    positive = truth == 1
    tp = int((positive & flagged).sum())
    fp = int(flagged.sum()) - tp
    fn = int(positive.sum()) - tp
    return Confusion(tp, fp, fn, truth.size - tp - fp - fn)


def rates(counts: Confusion) -> dict[str, float]:
    """All rates of a binary decision by name; nan where the denominator is zero."""
    tp, fp, fn, tn = counts
    cases = tp + fp + fn + tn
    sensitivity = ratio(tp, tp + fn)
    specificity = ratio(tn, tn + fp)
    accuracy = ratio(tp + tn, cases)
    by_chance = ratio((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn), cases**2)
    return {
        "accuracy": accuracy,
        "alarm_share": ratio(tp + fp, cases),
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "kappa": ratio(accuracy - by_chance, 1 - by_chance),
        "mcc": ratio(tp * tn - fp * fn, math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
        "npv": ratio(tn, tn + fn),
        "ppv": ratio(tp, tp + fp),
        "sensitivity": sensitivity,
        "specificity": specificity,
    }


def ratio(part: float, whole: float) -> float:
    """`part / whole`, nan when `whole` is zero."""
    return part / whole if whole else math.nan
