"""How numbers are learned: truth as floats, loss in standard deviations, and how good the net is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.config import Train
from pipeline.errors import DataError
from pipeline.tasks.contract import Loss, Overlaps, Validation, Weigh
from pipeline.tasks.regression.network import standard
from pipeline.tasks.regression.quantity import Quantity

Tensor = Any
Floats = NDArray[np.float64]

BEND: Final = 1.0
"""Of Huber's loss, in standard deviations of the target: beyond it an error counts by its size alone."""


def targets(values: Sequence[str], question: Quantity) -> Floats:
    """The number of each case in the unit, shape (cases,)."""
    return np.array([float(value) for value in values], dtype=np.float64)


def require(train: Floats, validation: Floats, question: Quantity) -> None:
    """Nothing, if there is something to learn and to choose on. Raises DataError."""
    if np.unique(train).size < 2:
        content = f"the value {train[0]:g} alone" if train.size else "no scan that can be used"
        raise DataError(
            f"The training part holds {content}, so nothing can be learned about '{question.name}'. Raise "
            "`cohort.shares.train`, or label more scans."
        )
    if not validation.size:
        raise DataError(
            "The validation part holds no scan that can be used, so neither recalibration nor intervals "
            "could be had after training. Raise `cohort.shares.validation`, or label more scans."
        )


def loss(settings: Train, train: Floats) -> Loss:
    """The loss of each case, shape (batch,), of targets and outputs, in standard deviations of `train`."""
    _, spread = standard(train)
    of_error = LOSSES[settings.loss]

    def of_case(target: Tensor, output: Tensor) -> Tensor:
        wanted = ops.cast(ops.reshape(target, (-1,)), "float32")
        return of_error((ops.reshape(ops.cast(output, "float32"), (-1,)) - wanted) / spread)

    return of_case


def metrics() -> list[keras.metrics.Metric]:
    """What is measured of the training part beside the loss."""
    return [keras.metrics.MeanAbsoluteError(name="mae")]


def weigh(settings: Train, train: Floats, question: Quantity) -> Weigh:
    """Every case counts alike."""
    return lambda targets: np.ones(len(targets))


def validated(logits: Floats, targets: Floats, weights: Floats, loss: Loss) -> Validation:
    """The loss that is trained, the mean absolute error in the unit, and R² (None without spread).

    Shapes: outputs `(cases, 1)`, numbers `(cases,)`, weights `(cases,)`.
    """
    losses = np.asarray(ops.convert_to_numpy(loss(targets, logits)), dtype=np.float64)
    errors = logits[:, 0] - targets
    total = float(((targets - targets.mean()) ** 2).sum())
    return Validation(
        loss=float(np.average(losses, weights=weights)),
        numbers={
            "mae": float(np.abs(errors).mean()),
            "r2": 1 - float((errors**2).sum()) / total if total > 0 else None,
        },
    )


def overlaps(question: Quantity) -> Overlaps | None:
    """None: a scan has one answer."""
    return None


def in_words(numbers: Mapping[str, float | None]) -> str:
    """What a person at the terminal is told of the validation part beside its loss."""
    return f", MAE {numbers['mae']:.3g}"


def huber(error: Tensor) -> Tensor:
    """Half the square of an error up to BEND, beyond it its size in a line (Huber 1964)."""
    size = ops.abs(error)
    within = ops.minimum(size, BEND)
    return 0.5 * within**2 + BEND * (size - within)


def squared(error: Tensor) -> Tensor:
    """Half the square of an error."""
    return 0.5 * error**2


LOSSES: Final = {"huber": huber, "squared": squared}
