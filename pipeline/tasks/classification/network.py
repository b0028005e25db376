"""What a network must give for a classification: one number a class, whatever the architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.models import Intensities, Network
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.contract import Targets

if TYPE_CHECKING:
    import keras


def outputs(question: Classes) -> int:
    """How many numbers the network gives for a scan: a logit for each class."""
    return len(question.names)


def build(
    network: Network,
    input_shape: tuple[int, ...],
    question: Classes,
    *,
    intensities: Intensities,
    dropout: float,
    targets: Targets,
) -> keras.Model:
    """The network with its head, with fresh weights; any architecture fits."""
    from pipeline.models import classifier

    return classifier.build(network, input_shape, outputs(question), intensities=intensities, dropout=dropout)


def evidence(outputs: int, target: int) -> NDArray[np.float32]:
    """The weights `(1, outputs)` of the outputs in what speaks for class `target`.

    Its logit minus the mean of the others: softmax does not see a constant added to all of them, so a
    single logit means nothing by itself.
    """
    weights = np.full((1, outputs), -1 / (outputs - 1), dtype=np.float32)
    weights[0, target] = 1
    return weights
