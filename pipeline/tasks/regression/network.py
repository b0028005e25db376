"""What a network must give for a regression: one number in the unit, whatever the architecture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.models import SCAN, Gives, Network, Scans
from pipeline.tasks.contract import Targets
from pipeline.tasks.regression.quantity import Quantity

if TYPE_CHECKING:
    import keras

ASKS: Final[Gives] = SCAN


def outputs(question: Quantity) -> int:
    """How many numbers the network gives for a scan: one."""
    return 1


def build(
    network: Network,
    scans: Scans,
    question: Quantity,
    *,
    dropout: float,
    targets: Targets,
) -> keras.Model:
    """The network with its head, with fresh weights; any architecture of one answer a scan fits.

    The head learns the number in standard deviations from the mean of `targets`, those of the training part;
    the last layer puts it back into the unit, so the saved model needs nothing beside it.
    """
    from pipeline.models import regressor

    mean, spread = standard(targets)
    return regressor.build(
        network, scans.shape, intensities=scans.intensities, dropout=dropout, mean=mean, spread=spread
    )


def standard(targets: Targets) -> tuple[float, float]:
    """Mean and standard deviation of the training part's targets, in their unit."""
    return float(np.mean(targets)), float(np.std(targets))


def evidence(outputs: int, target: int) -> NDArray[np.float32]:
    """The weights `(1, 1)` of the output in what speaks for a large number."""
    return np.ones((1, outputs), dtype=np.float32)


def averaged(outputs: Sequence[Any], question: Quantity) -> Any:
    """The mean of several networks' numbers, `(batch, 1)`, from the output of each, in `keras.ops`."""
    from keras import ops

    return ops.mean(ops.stack(list(outputs), axis=0), axis=0)
