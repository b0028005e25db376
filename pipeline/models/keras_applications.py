"""A network of `keras.applications`, with weights of ImageNet from a file of yours or with random ones.

Images only. Nothing is downloaded: `weights` names a file without the top (`.weights.h5` as Keras saves it,
or `.h5` as its authors publish it); without one the network begins at random.

What the first layer sees: scans are standardized by the training part, as for every network; a grey scan is
repeated into three channels; then each channel is given the mean and standard deviation that the channel has
in ImageNet's pictures, in the unit in which the backbone was trained. So the weights meet the range that they
expect, whatever the unit of the scan. Nothing is clipped.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipeline.errors import UsageError
from pipeline.models import SCAN, Gives

if TYPE_CHECKING:
    import keras

_SMALLEST: Final = 32
"""Pixels an axis: below, keras.applications builds no backbone without its top."""

# Mean and standard deviation of ImageNet's red, green and blue, of 1: the numbers that keras.applications
# and torchvision divide by where weights want standardized pictures.
_MEAN: Final = (0.485, 0.456, 0.406)
_STD: Final = (0.229, 0.224, 0.225)
_CAFFE_MEAN: Final = (123.68, 116.779, 103.939)
"""Red, green and blue of 255, which keras.applications takes off for weights that came from Caffe."""


@dataclass(frozen=True)
class InputScale:
    """What a backbone expects of standardized red, green and blue: `scale * value + offset`.

    `blue_first`: its weights take the channels in the other order.
    """

    scale: tuple[float, ...]
    offset: tuple[float, ...]
    blue_first: bool = False


STANDARDIZED: Final = InputScale((1.0,) * 3, (0.0,) * 3)
FROM_MINUS_ONE_TO_ONE: Final = InputScale(
    tuple(2 * std for std in _STD), tuple(2 * mean - 1 for mean in _MEAN)
)
CAFFE: Final = InputScale(
    tuple(255 * std for std in _STD),
    tuple(255 * mean - subtracted for mean, subtracted in zip(_MEAN, _CAFFE_MEAN, strict=True)),
    blue_first=True,
)

BACKBONES: Final[dict[str, tuple[str, InputScale]]] = {
    "densenet121": ("DenseNet121", STANDARDIZED),
    "efficientnet_v2_b0": ("EfficientNetV2B0", STANDARDIZED),
    "mobilenet_v2": ("MobileNetV2", FROM_MINUS_ONE_TO_ONE),
    "resnet50": ("ResNet50", CAFFE),
    "resnet50_v2": ("ResNet50V2", FROM_MINUS_ONE_TO_ONE),
}
"""By their names in the YAML: the name in keras.applications, and the unit of its weights of ImageNet."""

GIVES: Gives = SCAN


class Parameters(BaseModel):
    """`backbone`: which network; `weights`: a file of its weights without the top, none for random ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    backbone: Literal["densenet121", "efficientnet_v2_b0", "mobilenet_v2", "resnet50", "resnet50_v2"] = (
        "mobilenet_v2"
    )
    weights: Path | None = None


def unfit(input_shape: tuple[int, ...]) -> str | None:
    """Volumes, images that are smaller than 32 pixels, and channels that are neither grey nor colour."""
    *space, channels = input_shape
    if len(space) != 2:
        return "takes images, no volumes"
    if min(space) < _SMALLEST:
        return f"takes images of {_SMALLEST} pixels an axis at least"
    return None if channels in (1, 3) else "takes images of 1 or 3 channels"


def features(maps: keras.KerasTensor, parameters: Parameters) -> keras.KerasTensor:
    """`(batch, channels)`: the mean of the backbone's last maps for standardized images.

    Raises UsageError when the file of weights can't be read or is another network's.
    """
    import keras

    _, unit = BACKBONES[parameters.backbone]
    pictures = _as_in_imagenet(maps, unit)
    backbone = _built(parameters.backbone, input_tensor=pictures)
    if parameters.weights is not None:
        backbone.set_weights(_weights(parameters, backbone.input_shape[1:-1]))
    first = _first_convolution(backbone)
    first.name = "first_convolution"
    last = keras.layers.Activation("linear", name="last_features")(backbone.output)
    return keras.layers.GlobalAveragePooling2D(name="pooled_features")(last)


def _as_in_imagenet(maps: keras.KerasTensor, expected: InputScale) -> keras.KerasTensor:
    """Standardized images `(batch, rows, columns, 1 or 3)` as the backbone expects them, 3 channels."""
    import keras

    if maps.shape[-1] == 1:
        maps = keras.layers.Concatenate(name="repeated")([maps, maps, maps])
    layer = keras.layers.Rescaling(
        list(expected.scale), list(expected.offset), dtype="float32", name="imagenet_intensities"
    )
    return layer(maps)


def _first_convolution(backbone: keras.Model) -> Any:
    return next(layer for layer in backbone.layers if hasattr(layer, "kernel_size"))


def _weights(parameters: Parameters, space: tuple[int, ...]) -> list[Any]:
    """The arrays in the file, read into a backbone of its own, whose layers are those of the file.

    Weights that take blue first are turned, so that they take red first.
    """
    import keras

    network = _built(parameters.backbone, input_shape=(*space, 3))
    # What Keras finds no array for it leaves as it is, at best with a warning: here that would be NaN.
    network.set_weights([np.full_like(weight, np.nan) for weight in network.get_weights()])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            network.load_weights(parameters.weights)
        if not all(np.isfinite(weight).all() for weight in network.get_weights()):
            raise ValueError("weights are missing or not finite")
    except MemoryError:
        raise
    except Exception as error:  # Keras and h5py have no error of their own for a file of other weights
        raise UsageError(
            f"`train.weights`: {parameters.weights} holds no weights of {parameters.backbone} without its "
            f"top that Keras can read ({type(error).__name__}). Name the file for this backbone, or another "
            "`train.backbone`."
        ) from error
    if BACKBONES[parameters.backbone][1].blue_first:
        kernel = _first_convolution(network).kernel  # (rows, columns, channels, filters)
        kernel.assign(keras.ops.flip(kernel, axis=2))
    weights: list[Any] = network.get_weights()
    return weights


def _built(backbone: str, **shape: Any) -> keras.Model:
    """The backbone with random weights, without its top and without a preprocessing of its own."""
    import keras

    name, _ = BACKBONES[backbone]
    preprocessing = {"include_preprocessing": False} if name.startswith("EfficientNetV2") else {}
    return getattr(keras.applications, name)(include_top=False, weights=None, **shape, **preprocessing)
