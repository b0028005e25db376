"""Networks: one file each, and one entry of `ARCHITECTURES`.

An architecture is a module with
- `GIVES`: what kind of answer it gives, one a scan or a map of answers, one a voxel;
- `Parameters`: a frozen pydantic model of its keys in the section `train`, each with a default, which
  refuses what it doesn't know; a value of type `Path` is a file that the network reads when it is built;
- `unfit(input_shape)`: why scans of a shape can't be taken, in words, or None where they can;
- of one answer a scan `features(maps, parameters)`: the network between the standardized scans and the
  logits; of a map `answers(maps, outputs, parameters, ...)`: the logits of every voxel. The first
  convolution is named `first_convolution`, the last feature map `last_features`.

Reads: the files of `Parameters`. Writes: nothing. Guarantees: a network takes raw normalized arrays and
carries the statistics of its training part, and its output, the layer `logits`, has float32 numbers. Looking
up a name or its parameters imports no Keras: an architecture imports it where it builds.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, cast

from pydantic import BaseModel

from pipeline.errors import UsageError, nearest

if TYPE_CHECKING:
    import keras

__all__ = [
    "ARCHITECTURES",
    "DROPOUT",
    "SCAN",
    "VOXEL",
    "Architecture",
    "Gives",
    "Intensities",
    "Mapper",
    "Network",
    "Scans",
    "architecture",
    "giving",
    "mapper",
    "network",
]

Gives = Literal["one answer a scan", "one answer a voxel"]
"""What a network says, and what a task asks of it."""
SCAN: Final = "one answer a scan"
VOXEL: Final = "one answer a voxel"
DROPOUT: Final[dict[Gives, float]] = {SCAN: 0.2, VOXEL: 0.0}
"""Of the last features, the share that is left out in a step where the settings do not say. Of maps none, as
in Isensee 2021: each voxel is an example, and what is left out lacks all about it (see DECISIONS.md)."""

ARCHITECTURES = {
    "keras_applications": "pipeline.models.keras_applications",
    "plain_cnn": "pipeline.models.plain_cnn",
    "resnet": "pipeline.models.resnet",
    "unet": "pipeline.models.unet",
}


@dataclass(frozen=True)
class Intensities:
    """Mean and standard deviation of the training part, one number per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class Scans:
    """What a network takes: scans of a shape, `([slices,] rows, columns, channels)`, and of intensities.

    `spacing` is in mm a spatial axis, None where scans tell none.
    """

    shape: tuple[int, ...]
    intensities: Intensities
    spacing: tuple[float, ...] | None = None


class Architecture(Protocol):
    """What the registry names: a module of this folder."""

    GIVES: Gives
    Parameters: type[BaseModel]

    def unfit(self, input_shape: tuple[int, ...]) -> str | None:
        """Why scans `([slices,] rows, columns, channels)` can't be taken; None where they can."""

    def features(self, maps: keras.KerasTensor, parameters: Any) -> keras.KerasTensor:
        """`(batch, features)` of standardized scans `(batch, [slices,] rows, columns, channels)`."""


class Mapper(Protocol):
    """An architecture that gives one answer a voxel."""

    def answers(
        self,
        maps: keras.KerasTensor,
        outputs: int,
        parameters: Any,
        *,
        spacing: tuple[float, ...] | None,
        dropout: float,
    ) -> list[keras.KerasTensor]:
        """Logits `(batch, [slices,] rows, columns, outputs)` of standardized scans, then coarser ones."""

    def kept_floats(
        self, input_shape: tuple[int, ...], parameters: Any, *, spacing: tuple[float, ...] | None
    ) -> int:
        """How many numbers the maps of one scan have, which a step keeps for the gradient."""


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


def mapper(name: str) -> Mapper:
    """The module of an architecture that gives maps."""
    return cast(Mapper, architecture(name))


def giving(kind: Gives) -> list[str]:
    """The names of the architectures that give answers of a kind, sorted."""
    return [name for name in sorted(ARCHITECTURES) if kind == architecture(name).GIVES]


def network(name: str, given: Mapping[str, Any]) -> Network:
    """The network of that name, with the parameters given as plain JSON values and defaults for the rest.

    Raises UsageError when there is none of that name, ValidationError (pydantic) when a parameter is unknown
    or has a value it can't have.
    """
    model = architecture(name).Parameters
    return Network(name, model.model_validate_json(json.dumps(given, default=str), strict=True))
