"""Several networks as one: the same scan for all, and the average of what they say.

How answers are averaged is the task's. Each network stays whole inside, so that it can be looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

Tensor = Any
Average = Callable[[Sequence[Tensor]], Tensor]
"""From the outputs `(batch, outputs)` of each network to those of all together."""

_MEMBER = "member_"


def averaged(networks: Sequence[keras.Model], average: Average) -> keras.Model:
    """The networks as one model, whose last layer is `logits`; a single network stays what it is.

    The networks take the same scans and get names of their own.
    """
    if len(networks) == 1:
        return networks[0]
    scan = keras.Input(networks[0].input.shape[1:], dtype="float32", name="scan")
    for number, network in enumerate(networks, start=1):
        network.name = f"{_MEMBER}{number}"
    together = average([network(scan) for network in networks])
    logits = keras.layers.Activation("linear", dtype="float32", name="logits")(together)
    return keras.Model(scan, logits, name=f"average_of_{len(networks)}")


def members(model: keras.Model) -> tuple[keras.Model, ...]:
    """The networks inside a model, itself where it is one network."""
    inside = tuple(
        layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name.startswith(_MEMBER)
    )
    return inside or (model,)
