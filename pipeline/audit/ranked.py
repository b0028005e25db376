"""What a ranking is worth, for many weightings of its rows at a time: weights `(resamples, rows)`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.rows import Floats


def area(positive: NDArray[np.bool_], score: Floats, weights: Floats) -> Floats:
    """The AUROC of each weighting: the share of pairs in order, ties counting half; nan without a side."""
    sick, well = _at_each_score(positive, score, weights)
    below = np.cumsum(well, axis=1) - well
    won = (sick * (below + well / 2)).sum(axis=1)
    return over(won, sick.sum(axis=1) * well.sum(axis=1))


def average_precision(positive: NDArray[np.bool_], score: Floats, weights: Floats) -> Floats:
    """The average precision of each weighting, tied scores entering together; nan without positives."""
    sick, well = (side[:, ::-1] for side in _at_each_score(positive, score, weights))
    found, flagged = np.cumsum(sick, axis=1), np.cumsum(sick + well, axis=1)
    precision = np.divide(found, flagged, out=np.zeros_like(found), where=flagged > 0)
    return over((sick * precision).sum(axis=1), sick.sum(axis=1))


def over(part: Floats, whole: Floats) -> Floats:
    """The quotient, nan where there is nothing below."""
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    quotient = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0)
    return np.asarray(quotient)


def _at_each_score(positive: NDArray[np.bool_], score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The weight of positives and of negatives at each different score, rising, `(resamples, scores)`."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    sorted_weights, is_positive = weights[:, order], positive[order]
    sick = np.add.reduceat(sorted_weights * is_positive, starts, axis=1)
    return sick, np.add.reduceat(sorted_weights * ~is_positive, starts, axis=1)
