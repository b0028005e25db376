"""The textbook network: convolution, normalization, ReLU and pooling, four times; then a dense layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from pipeline.config.base import Count
from pipeline.models import SCAN, Gives

if TYPE_CHECKING:
    import keras

GIVES: Gives = SCAN


class Parameters(BaseModel):
    """`width`: the number of filters of the first convolution; each stage doubles it.

    `stem_stride`: how many pixels an axis become one in the first layers; `auto` goes by the scan's size.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    width: Count = 16
    stem_stride: Literal["auto", 1, 2, 4] = "auto"


def unfit(input_shape: tuple[int, ...]) -> str | None:
    """None: images and volumes of any size are taken."""


def features(maps: keras.KerasTensor, parameters: Parameters) -> keras.KerasTensor:
    """`(batch, 4 * width)` of standardized scans `(batch, [slices,] rows, columns, channels)`."""
    import keras

    from pipeline.models import blocks

    maps = blocks.stem(maps, parameters.width, stride=parameters.stem_stride)
    for stage in range(1, blocks.STAGES + 1):
        maps = _stage(maps, parameters.width * 2 ** (stage - 1), stage=stage)
    return keras.layers.Dense(4 * parameters.width, activation="relu", name="dense")(blocks.pooled(maps))


def _stage(maps: keras.KerasTensor, filters: int, *, stage: int) -> keras.KerasTensor:
    """Halves the long axes by their largest values, then convolves to `filters` channels."""
    import keras

    from pipeline.models import blocks

    rank = len(maps.shape) - 2
    pooling = (keras.layers.MaxPooling2D, keras.layers.MaxPooling3D)[rank - 2]
    maps = pooling(blocks.halving(maps), padding="same", name=f"pooling_{stage}")(maps)
    maps = blocks.convolution(maps, filters, kernel=3, strides=(1,) * rank, name=f"convolution_{stage}")
    maps = blocks.normalized(maps, name=f"normalization_{stage}")
    return blocks.rectified(maps, name="last_features" if stage == blocks.STAGES else f"rectified_{stage}")
