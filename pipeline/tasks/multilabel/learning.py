"""How findings are learned: truth as numbers, a loss that passes over what is unknown, validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.config import Train
from pipeline.errors import DataError
from pipeline.statistics.auroc import delong
from pipeline.tasks.contract import Loss, Overlaps, Validation, Weigh
from pipeline.tasks.multilabel.labels import ABSENT, NOT_KNOWN, PRESENT, Labels, matrix

Tensor = Any
Cells = NDArray[np.int8]


def targets(values: Sequence[str], question: Labels) -> Cells:
    """The findings of each case, shape (cases, findings): 1 there, 0 not, -1 unknown."""
    return matrix(values, len(question.names)).astype(np.int8)


def require(train: Cells, validation: Cells, question: Labels) -> None:
    """Nothing, if every finding can be learned, and one chosen for on validation. Raises DataError."""
    for name, column in zip(question.names, train.T, strict=True):
        if not _has_both(column):
            raise DataError(
                f"The training part doesn't have scans both with and without '{name}', so nothing can be "
                "learned about it. Raise `cohort.shares.train`, or label more scans."
            )
    if not any(_has_both(column) for column in validation.T):
        raise DataError(
            "The validation part doesn't have scans both with and without any of the findings, so neither "
            "temperatures nor thresholds could be chosen after training. Raise `cohort.shares.validation`, "
            "or label more scans."
        )


def loss(settings: Train, train: Cells) -> Loss:
    """The loss of each case, shape (batch,), of targets and logits `(batch, findings)`.

    It is the mean of the binary cross-entropies of the findings that are known, each side of a finding
    weighted as `train` says; a case of which nothing is known has the loss 0.
    """
    of_absent, of_present = (
        ops.convert_to_tensor(side.astype(np.float32)) for side in SIDE_WEIGHTS[settings.class_weights](train)
    )

    def of_case(target: Tensor, logits: Tensor) -> Tensor:
        cells, logits = ops.cast(target, "float32"), ops.cast(logits, "float32")
        present, known = (ops.cast(mask, "float32") for mask in (cells == PRESENT, cells != NOT_KNOWN))
        # log(1 + exp(-x)) of the side that is true, in the form that doesn't overflow
        entropy = ops.softplus(ops.where(cells == PRESENT, -logits, logits))
        weights = known * (present * of_present + (1.0 - present) * of_absent)
        return ops.sum(weights * entropy, axis=-1) / ops.maximum(ops.sum(known, axis=-1), 1.0)

    return of_case


def metrics() -> list[keras.metrics.Metric]:
    """Nothing is measured of the training part beside the loss: Keras' metrics don't know what is unknown."""
    return []


def weigh(settings: Train, train: Cells, question: Labels) -> Weigh:
    """Every case counts alike: what is rare is weighted in the loss, finding by finding."""
    return lambda targets: np.ones(len(targets))


def validated(
    logits: NDArray[np.float64], targets: Cells, weights: NDArray[np.float64], loss: Loss
) -> Validation:
    """The loss that is trained, and the mean AUROC of the findings with both sides (None where none has).

    Shapes: logits and targets `(cases, findings)`, weights `(cases,)`.
    """
    losses = np.asarray(ops.convert_to_numpy(loss(targets, logits)), dtype=np.float64)
    return Validation(
        loss=float(np.average(losses, weights=weights)),
        numbers={"macro_auroc": _macro_auroc(logits, targets)},
    )


def overlaps(question: Labels) -> Overlaps | None:
    """None: a scan has one answer."""
    return None


def in_words(numbers: Mapping[str, float | None]) -> str:
    """What a person at the terminal is told of the validation part beside its loss."""
    area = numbers["macro_auroc"]
    return "" if area is None else f", macro AUROC {area:.3f}"


def balanced_sides(train: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weights of absent and present cells, shape (findings,), by which both sides weigh the same.

    A cell weighs 1 on average: of `n` among `N` known ones each gets N / (2 n).
    """
    sides = [(train == side).sum(axis=0) for side in (ABSENT, PRESENT)]
    known = sides[0] + sides[1]
    of_absent, of_present = (known / (2 * np.maximum(side, 1)) for side in sides)
    return of_absent, of_present


def even_sides(train: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weight 1 for both sides of every finding."""
    return np.ones(train.shape[1]), np.ones(train.shape[1])


SIDE_WEIGHTS = {"balanced": balanced_sides, "none": even_sides}


def _has_both(column: Cells) -> bool:
    return bool((column == PRESENT).any() and (column == ABSENT).any())


def _macro_auroc(logits: NDArray[np.float64], targets: Cells) -> float | None:
    if not np.isfinite(logits).all():
        return None
    areas = []
    for column, score in zip(targets.T, logits.T, strict=True):
        known = column != NOT_KNOWN
        if _has_both(column):
            areas.append(delong(column[known].astype(np.int64), score[known]).value)
    return float(np.mean(areas)) if areas else None
