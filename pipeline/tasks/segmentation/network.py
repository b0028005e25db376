"""What a network must give for a segmentation: logits of every voxel, background among them or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.models import VOXEL, Gives, Network, Scans
from pipeline.tasks.contract import Targets
from pipeline.tasks.segmentation.structures import Structures

if TYPE_CHECKING:
    import keras

ASKS: Final[Gives] = VOXEL


def outputs(question: Structures) -> int:
    """How many numbers the network gives for a voxel.

    Where targets exclude each other, a logit each behind that of the background; else a logit each alone.
    """
    return question.channels


def build(
    network: Network, scans: Scans, question: Structures, *, dropout: float, targets: Targets
) -> keras.Model:
    """The network with fresh weights; its first output are the logits of every voxel."""
    from pipeline.models import segmenter

    return segmenter.build(network, scans, outputs(question), dropout=dropout)


def averaged(outputs: Sequence[Any], question: Structures) -> Any:
    """Logits `(batch, *space, outputs)` of the mean probability of every voxel, of several networks' logits.

    Probabilities are averaged, not logits, by sums of their logarithms, so that none becomes 0 or 1.
    """
    from keras import ops

    logits = ops.stack(list(outputs), axis=0)
    if question.exclusive:
        return ops.logsumexp(ops.log_softmax(logits, axis=-1), axis=0) - float(np.log(len(outputs)))
    return ops.logsumexp(-ops.softplus(-logits), axis=0) - ops.logsumexp(-ops.softplus(logits), axis=0)


def probabilities(logits: Any, question: Structures) -> Any:
    """The probability of each output in every voxel, `(batch, *space, outputs)`, in `keras.ops`."""
    from keras import ops

    return ops.softmax(logits, axis=-1) if question.exclusive else ops.sigmoid(logits)


def evidence(outputs: int, target: int) -> NDArray[np.float32]:
    """The weights `(1, outputs)` of the outputs in what speaks for the output `target`: its logit alone."""
    weights = np.zeros((1, outputs), dtype=np.float32)
    weights[0, target] = 1
    return weights
