"""How classes are learned: truth as numbers, loss, weights, and how good the net is on validation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.config import Train
from pipeline.errors import DataError
from pipeline.statistics.auroc import delong
from pipeline.statistics.multiclass import in_macro
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.contract import Loss, Overlaps, Validation, Weigh

Tensor = Any


def targets(values: Sequence[str], question: Classes) -> NDArray[np.int64]:
    """The class index of each case, shape (cases,)."""
    index = {name: number for number, name in enumerate(question.names)}
    return np.array([index[value] for value in values], dtype=np.int64)


def require(train: NDArray[np.int64], validation: NDArray[np.int64], question: Classes) -> None:
    """Nothing, if every class can be learned and something can be chosen on validation. Raises DataError."""
    present = set(train.tolist())
    absent = [name for number, name in enumerate(question.names) if number not in present]
    if absent:
        raise DataError(
            f"The training part has no scan of {', '.join(repr(name) for name in absent)}, so nothing can "
            "be learned about it. Raise `cohort.shares.train`, or label more scans."
        )
    if np.unique(validation).size < 2:
        content = "scans of one class only" if validation.size else "no scan that can be used"
        raise DataError(
            f"The validation part holds {content}, so neither temperature nor threshold could be chosen "
            "after training. Raise `cohort.shares.validation`, or label more scans."
        )


def loss(settings: Train, train: NDArray[np.int64]) -> Loss:
    """The loss of each case, shape (batch,), of targets and logits."""
    return cross_entropy(label_smoothing=settings.label_smoothing)


def metrics() -> list[keras.metrics.Metric]:
    """What is measured of the training part beside the loss."""
    return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]


def weigh(settings: Train, train: NDArray[np.int64], question: Classes) -> Weigh:
    """How much a case of each target counts, from the targets of the training part."""
    of_class = CLASS_WEIGHTS[settings.class_weights](train, len(question.names))
    return partial(np.take, of_class)


def validated(
    logits: NDArray[np.float64], targets: NDArray[np.int64], weights: NDArray[np.float64], loss: Loss
) -> Validation:
    """The weighted cross entropy, the accuracy, and the AUROC (None with a single class).

    The cross entropy is that of the targets as they are, whatever smoothing the loss has in training.

    Shapes: logits `(cases, classes)`, class indices `(cases,)`, weights `(cases,)`. Of more than two
    classes the AUROC is the mean of each class against the rest.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    losses = -log_shares[np.arange(targets.size), targets]
    area = _auroc(log_shares, targets) if np.isfinite(log_shares).all() else math.nan
    return Validation(
        loss=float(np.average(losses, weights=weights)),
        numbers={"accuracy": float(np.mean(logits.argmax(axis=1) == targets)), "auroc": area},
    )


def overlaps(question: Classes) -> Overlaps | None:
    """None: a scan has one answer."""
    return None


def in_words(numbers: Mapping[str, float | None]) -> str:
    """What a person at the terminal is told of the validation part beside its loss."""
    area = numbers["auroc"]
    return "" if area is None else f", AUROC {area:.3f}"


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


def _auroc(log_shares: NDArray[np.float64], targets: NDArray[np.int64]) -> float | None:
    classes = np.flatnonzero(in_macro(targets, log_shares.shape[1]))
    areas = [delong((targets == index).astype(np.int64), log_shares[:, index]).value for index in classes]
    return float(np.mean(areas)) if areas else None
