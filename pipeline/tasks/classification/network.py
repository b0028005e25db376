"""What a network must give for a classification: one number a class, whatever the architecture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.models import SCAN, Gives, Network, Scans
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.contract import Targets

if TYPE_CHECKING:
    import keras

ASKS: Final[Gives] = SCAN


def outputs(question: Classes) -> int:
    """How many numbers the network gives for a scan: a logit for each class."""
    return len(question.names)


def build(
    network: Network,
    scans: Scans,
    question: Classes,
    *,
    dropout: float,
    targets: Targets,
) -> keras.Model:
    """The network with its head, with fresh weights; any architecture of one answer a scan fits."""
    from pipeline.models import classifier

    return classifier.build(
        network, scans.shape, outputs(question), intensities=scans.intensities, dropout=dropout
    )


def averaged(outputs: Sequence[Any], question: Classes) -> Any:
    """The logarithm of the mean probability of each class, `(batch, classes)`, of several networks' logits.

    Probabilities are averaged, not logits: a network that is sure of itself then has no more than its vote.
    Softmax gives them back, and the sum is taken of logarithms, so that none becomes 0.
    """
    from keras import ops

    log_shares = ops.stack([ops.log_softmax(logits, axis=-1) for logits in outputs], axis=0)
    return ops.logsumexp(log_shares, axis=0) - float(np.log(len(outputs)))


def evidence(outputs: int, target: int) -> NDArray[np.float32]:
    """The weights `(1, outputs)` of the outputs in what speaks for class `target`.

    Its logit minus the mean of the others: softmax does not see a constant added to all of them, so a
    single logit means nothing by itself.
    """
    weights = np.full((1, outputs), -1 / (outputs - 1), dtype=np.float32)
    weights[0, target] = 1
    return weights
