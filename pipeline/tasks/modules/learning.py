"""What a task asks of training: truth as arrays, a loss, weights, and what is watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.tasks.contract import Loss, Overlaps, Targets, Validation, Weigh

if TYPE_CHECKING:
    import keras

    from pipeline import config


class Learning(Protocol):
    """Truth as arrays, loss, weights, and the one number that validation watches."""

    def targets(self, values: Sequence[str], question: Any) -> Targets:
        """The truth as an array, shape (cases, ...)."""
        ...

    def require(self, train: Targets, validation: Targets, question: Any) -> None:
        """Nothing, if the two parts can be learned from and chosen on. Raises DataError."""
        ...

    def loss(self, settings: config.Train, train: Targets) -> Loss:
        """The loss of each case, shape (batch,), in `keras.ops`; `train` are the targets of that part."""
        ...

    def metrics(self) -> list[keras.metrics.Metric]:
        """What is measured of the training part beside the loss."""
        ...

    def weigh(self, settings: config.Train, train: Targets, question: Any) -> Weigh:
        """How much a case of each target counts, from the targets of the training part."""
        ...

    def validated(
        self, logits: NDArray[np.float64], targets: Targets, weights: NDArray[np.float64], loss: Loss
    ) -> Validation:
        """The loss that is watched, given the one that is trained, and what else is measured."""
        ...

    def overlaps(self, question: Any) -> Overlaps | None:
        """What answers to every voxel are summed up to in validation; None where a scan has one answer."""
        ...

    def in_words(self, numbers: Mapping[str, float | None]) -> str:
        """What a person at the terminal is told of those numbers, beside the loss."""
        ...
