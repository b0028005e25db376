"""Losses by task: each takes integer targets and logits, and gives one number per case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

Tensor = Any
Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(*, label_smoothing: float) -> Loss:
    """The loss -sum(target log softmax(logits)), shape (batch,), natural logarithm.

    Targets are class indices `(batch,)`, logits `(batch, classes)`. Smoothing spreads that share of
    each target evenly over all classes (Szegedy et al. 2016, arXiv 1512.00567).
    """

    def loss(target: Tensor, logits: Tensor) -> Tensor:
        log_shares = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        wanted = ops.one_hot(ops.reshape(target, (-1,)), logits.shape[-1], dtype="float32")
        wanted = wanted * (1.0 - label_smoothing) + label_smoothing / logits.shape[-1]
        return -ops.sum(wanted * log_shares, axis=-1)

    return loss


LOSSES = {"classification": cross_entropy}


def balanced_weights(targets: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """One weight per class, so that each class weighs the same in all and a case weighs 1 on average.

    A class of `n` among `N` cases gets N / (classes present * n).
    """
    counts = np.bincount(targets, minlength=classes)
    weights: NDArray[np.float64] = targets.size / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return weights


def even_weights(targets: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """The weight 1 for every class."""
    return np.ones(classes)


CLASS_WEIGHTS = {"balanced": balanced_weights, "none": even_weights}
