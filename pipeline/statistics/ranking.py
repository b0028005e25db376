"""Cases sorted once by score, so that any weighting of the patients gives its counts in one pass.

The rows of a ROC curve, a precision-recall curve and a decision curve are the same cumulative counts;
a bootstrap resample is a weight for each patient (the number of times that it was drawn).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.statistics.vectors import Floats, Integers


@dataclass(frozen=True)
class Counts:
    """Weighted numbers of true and false positives at every distinct threshold, from high to low.

    Both have shape (thresholds + 1,); the first entry is 0, a threshold above every score.
    """

    tp: Floats
    fp: Floats


@dataclass(frozen=True)
class Ranking:
    """The order of the cases by falling score; `thresholds` are the distinct scores, high to low."""

    thresholds: Floats
    patient: Integers
    positive: Floats
    ends: Integers

    def counts(self, weights: Floats) -> Counts:
        """The counts when patient i weighs `weights[i]`, shape (patients,)."""
        case_weights = weights[self.patient]
        flagged = _from_zero(case_weights, self.ends)
        case_weights *= self.positive
        tp = _from_zero(case_weights, self.ends)
        return Counts(tp, flagged - tp)

    def positions(self, thresholds: Floats) -> Integers:
        """Where in `Counts` the cases with a score at or above each threshold are counted."""
        return np.searchsorted(-self.thresholds, -np.asarray(thresholds), side="right").astype(np.int64)


def rank(truth: Integers, score: Floats, patient: Integers) -> Ranking:
    """The ranking of the cases; tied scores form one threshold."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    return Ranking(ordered[ends], patient[order], (truth[order] == 1).astype(np.float64), ends)


def area(counts: Counts) -> float:
    """The area under the ROC curve, ties counted one half; nan when one class has no weight."""
    pairs = counts.tp[-1] * counts.fp[-1]
    if pairs == 0:
        return float("nan")
    # Summed without BLAS, whose threads cost more than they gain on vectors of this size.
    trapezoids = np.diff(counts.fp)
    trapezoids *= counts.tp[1:] + counts.tp[:-1]
    return float(trapezoids.sum() / (2 * pairs))


def sensitivity_at(counts: Counts, false_positive_rates: Floats) -> Floats:
    """The ROC curve read at the given false-positive rates, straight between its points."""
    if counts.tp[-1] == 0 or counts.fp[-1] == 0:
        return np.full(false_positive_rates.shape, np.nan)
    curve = np.interp(false_positive_rates, counts.fp / counts.fp[-1], counts.tp / counts.tp[-1])
    return np.asarray(curve, dtype=np.float64)


def _from_zero(weights: Floats, ends: Integers) -> Floats:
    """The running sums at `ends`, with a zero before them."""
    sums = np.empty(weights.size + 1)
    sums[0] = 0.0
    np.cumsum(weights, out=sums[1:])
    return sums if ends.size == weights.size else np.append(0.0, sums[ends + 1])
