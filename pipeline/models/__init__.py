"""Architectures: one file each, with a function `build` that gives a Keras model.

Reads: nothing. Writes: nothing. Guarantees: a model takes raw normalized arrays and carries the
statistics of its training part, its first convolution is named `first_convolution`, its last
feature map `last_features`, and its output, the layer `logits`, has one float32 number per class.
Looking up a name imports no Keras.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from pipeline.errors import UsageError, nearest

if TYPE_CHECKING:
    import keras

__all__ = ["ARCHITECTURES", "Intensities", "builder"]

ARCHITECTURES = {
    "plain_cnn": "pipeline.models.plain_cnn",
    "resnet": "pipeline.models.resnet",
}


@dataclass(frozen=True)
class Intensities:
    """Mean and standard deviation of the training part, one number per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


class Builder(Protocol):
    """What the function `build` of an architecture's file takes and gives.

    `input_shape` is `(rows, columns, channels)` or `(slices, rows, columns, channels)`; `width` is
    the number of filters of the first convolution; `dropout` the share dropped before the logits.
    """

    def __call__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        intensities: Intensities,
        width: int,
        dropout: float,
    ) -> keras.Model:
        """The model, with fresh weights."""


def builder(name: str) -> Builder:
    """The function `build` of architecture `name`. Raises UsageError when there is none."""
    if name not in ARCHITECTURES:
        raise UsageError(f"unknown architecture '{name}' ({nearest(name, ARCHITECTURES)}).")
    return cast(Builder, importlib.import_module(ARCHITECTURES[name]).build)
