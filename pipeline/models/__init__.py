"""Networks: one file each, and one entry of `ARCHITECTURES`.

An architecture is a module with
- `Parameters`: a frozen pydantic model of its keys in the section `train`, each with a default, which
  refuses what it doesn't know; a value of type `Path` is a file that the network reads when it is built;
- `unfit(input_shape)`: why scans of a shape can't be taken, in words, or None where they can;
- `features(maps, parameters)`: the network between the standardized scans and the logits, whose first
  convolution is named `first_convolution` and whose last feature map `last_features`.

Reads: the files of `Parameters`. Writes: nothing. Guarantees: a network takes raw normalized arrays and
carries the statistics of its training part, and its output, the layer `logits`, has one float32 number per
class. Looking up a name or its parameters imports no Keras: an architecture imports it where it builds.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic import BaseModel

from pipeline.errors import UsageError, nearest

if TYPE_CHECKING:
    import keras

__all__ = ["ARCHITECTURES", "Architecture", "Intensities", "Network", "architecture", "network"]

ARCHITECTURES = {
    "keras_applications": "pipeline.models.keras_applications",
    "plain_cnn": "pipeline.models.plain_cnn",
    "resnet": "pipeline.models.resnet",
}


@dataclass(frozen=True)
class Intensities:
    """Mean and standard deviation of the training part, one number per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


class Architecture(Protocol):
    """What the registry names: a module of this folder."""

    Parameters: type[BaseModel]

    def unfit(self, input_shape: tuple[int, ...]) -> str | None:
        """Why scans `([slices,] rows, columns, channels)` can't be taken; None where they can."""

    def features(self, maps: keras.KerasTensor, parameters: Any) -> keras.KerasTensor:
        """`(batch, features)` of standardized scans `(batch, [slices,] rows, columns, channels)`."""


@dataclass(frozen=True)
class Network:
    """An architecture by its name, with its parameters."""

    name: str
    parameters: BaseModel


def architecture(name: str) -> Architecture:
    """The module of architecture `name`. Raises UsageError when there is none."""
    if name not in ARCHITECTURES:
        raise UsageError(f"unknown architecture '{name}' ({nearest(name, ARCHITECTURES)}).")
    return cast(Architecture, importlib.import_module(ARCHITECTURES[name]))


def network(name: str, given: Mapping[str, Any]) -> Network:
    """The network of that name, with the parameters given as plain JSON values and defaults for the rest.

    Raises UsageError when there is none of that name, ValidationError (pydantic) when a parameter is unknown
    or has a value it can't have.
    """
    model = architecture(name).Parameters
    return Network(name, model.model_validate_json(json.dumps(given, default=str), strict=True))
