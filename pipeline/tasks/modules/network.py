"""What a task asks of a network: its outputs and its head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline import models

if TYPE_CHECKING:
    import keras

    from pipeline.tasks.contract import Targets


class Network(Protocol):
    """Outputs and head, and what of the outputs is explained."""

    @property
    def ASKS(self) -> models.Gives:  # noqa: N802
        """What kind of answer a network must give."""
        ...

    def build(
        self,
        network: models.Network,
        scans: models.Scans,
        question: Any,
        *,
        dropout: float,
        targets: Targets,
    ) -> keras.Model:
        """The network with its head, with fresh weights; `targets` are those of the training part.

        Its first output is what it answers; others are judged in training alone.
        """
        ...

    def outputs(self, question: Any) -> int:
        """How many numbers the network gives for a scan."""
        ...

    def averaged(self, outputs: Sequence[Any], question: Any) -> Any:
        """The output `(batch, ..., outputs)` of several networks as one, from each one's, in `keras.ops`."""
        ...

    def evidence(self, outputs: int, target: int) -> NDArray[np.float32]:
        """The weights `(1, outputs)` of the outputs in what speaks for the output `target`."""
        ...
