"""What a network must give for several findings: one number each, whatever the architecture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.models import SCAN, Gives, Network, Scans
from pipeline.tasks.contract import Targets
from pipeline.tasks.multilabel.labels import Labels

if TYPE_CHECKING:
    import keras

ASKS: Final[Gives] = SCAN


def outputs(question: Labels) -> int:
    """How many numbers the network gives for a scan: a logit for each finding."""
    return len(question.names)


def build(
    network: Network,
    scans: Scans,
    question: Labels,
    *,
    dropout: float,
    targets: Targets,
) -> keras.Model:
    """The network with its head, with fresh weights; any architecture of one answer a scan fits."""
    from pipeline.models import classifier

    return classifier.build(
        network, scans.shape, outputs(question), intensities=scans.intensities, dropout=dropout
    )


def averaged(outputs: Sequence[Any], question: Labels) -> Any:
    """The logit of the mean probability of each finding, `(batch, findings)`, of several networks' logits.

    Probabilities are averaged, not logits, by sums of their logarithms and those of their complements, so
    that none becomes 0 or 1.
    """
    from keras import ops

    logits = ops.stack(list(outputs), axis=0)
    return ops.logsumexp(-ops.softplus(-logits), axis=0) - ops.logsumexp(-ops.softplus(logits), axis=0)


def evidence(outputs: int, target: int) -> NDArray[np.float32]:
    """The weights `(1, outputs)` of the outputs in what speaks for the finding `target`: its logit alone."""
    weights = np.zeros((1, outputs), dtype=np.float32)
    weights[0, target] = 1
    return weights
