"""A small residual network (He et al. 2016, arXiv 1512.03385): four stages of one block each."""

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
    """`(batch, 16 * width)` of standardized scans `(batch, [slices,] rows, columns, channels)`."""
    from pipeline.models import blocks

    maps = blocks.stem(maps, parameters.width, stride=parameters.stem_stride)
    for stage in range(1, blocks.STAGES + 1):
        maps = _block(maps, parameters.width * 2 ** (stage - 1), stage=stage)
    return blocks.pooled(maps)


def _block(maps: keras.KerasTensor, filters: int, *, stage: int) -> keras.KerasTensor:
    """Averages the long axes down to half, then adds two convolutions to a shortcut.

    The second normalization's scale starts at 0, so that the untrained block passes its input on.
    """
    import keras

    from pipeline.models import blocks

    maps = blocks.averaged(maps, blocks.halving(maps), name=f"averaging_{stage}")
    unit = (1,) * (len(maps.shape) - 2)
    shortcut = maps
    if maps.shape[-1] != filters:
        shortcut = blocks.convolution(maps, filters, kernel=1, strides=unit, name=f"shortcut_{stage}")
        shortcut = blocks.normalized(shortcut, name=f"shortcut_normalization_{stage}")
    maps = blocks.convolution(maps, filters, kernel=3, strides=unit, name=f"convolution_{stage}a")
    maps = blocks.rectified(
        blocks.normalized(maps, name=f"normalization_{stage}a"), name=f"rectified_{stage}a"
    )
    maps = blocks.convolution(maps, filters, kernel=3, strides=unit, name=f"convolution_{stage}b")
    maps = blocks.normalized(maps, name=f"normalization_{stage}b", scale_start=0.0)
    maps = keras.layers.Add(name=f"sum_{stage}")([maps, shortcut])
    return blocks.rectified(maps, name="last_features" if stage == blocks.STAGES else f"rectified_{stage}b")
