"""A residual U-Net (Ronneberger 2015, arXiv 1505.04597; Isensee 2021, Nat Methods 18:203): a class a voxel.

It gives a map of answers, of the scan's own shape, and coarser ones beside it that training judges as well
(deep supervision).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.config.base import Count
from pipeline.models import VOXEL, Gives

if TYPE_CHECKING:
    import keras

__all__ = ["GIVES", "Parameters", "answers", "halvings", "kept_floats", "unfit"]

GIVES: Gives = VOXEL

_LEAST_LENGTH = 4
"""No axis gets shorter: below, a kernel of 3 sees more of the border than of the scan."""
_MOST_ANISOTROPY = 2.0
"""An axis whose voxels are so many times as long as the shortest waits until the others have caught up."""
_MOST_FILTERS = 320  # as in Isensee 2021: more cost memory and gain nothing
_GROUPS = 8  # of group normalization; `width` is a multiple, so that every level can be cut into them
_EPSILON = 1e-5  # beside the variance (Isensee 2021); of Keras's 1e-3 a map of little contrast stays faint
_SLOPE = 0.01  # of leaky ReLUs (Maas 2013)


class Parameters(BaseModel):
    """`width`: the number of filters of the finest level, doubled at each coarser one; `levels`: at most so
    many; `normalization`: of each channel by itself (`instance`) or of eight groups of them (`group`);
    `supervised`: how many levels give a map of answers, the finest first.
    """  # fmt: skip

    model_config = ConfigDict(frozen=True, extra="forbid")
    width: Annotated[int, Field(ge=_GROUPS, multiple_of=_GROUPS)] = 16
    levels: Annotated[int, Field(ge=2, le=7)] = 5
    normalization: Literal["instance", "group"] = "instance"
    supervised: Count = 3


def halvings(shape: Sequence[int], spacing: Sequence[float], *, levels: int) -> list[tuple[int, ...]]:
    """By what each spatial axis is divided on the way to each coarser level: 2, or 1 where it stays.

    An axis is halved while at least 4 places are left, and not before the voxels of the others are about as
    long. Where nothing can be halved any more, there are fewer levels.

    >>> halvings((8, 64, 64), (4.0, 1.0, 1.0), levels=4)
    [(1, 2, 2), (2, 2, 2), (1, 2, 2)]
    """
    lengths, sizes = list(shape), list(spacing)
    steps: list[tuple[int, ...]] = []
    while len(steps) < levels - 1:
        room = [length >= 2 * _LEAST_LENGTH for length in lengths]
        finest = min((size for size, fits in zip(sizes, room, strict=True) if fits), default=0.0)
        step = tuple(
            2 if fits and size <= _MOST_ANISOTROPY * finest else 1
            for size, fits in zip(sizes, room, strict=True)
        )
        if max(step) == 1:
            break
        lengths = [-(-length // by) for length, by in zip(lengths, step, strict=True)]
        sizes = [size * by for size, by in zip(sizes, step, strict=True)]
        steps.append(step)
    return steps


def unfit(input_shape: tuple[int, ...]) -> str | None:
    """None: images and volumes of any size are taken."""


def answers(
    maps: keras.KerasTensor,
    outputs: int,
    parameters: Parameters,
    *,
    spacing: Sequence[float] | None,
    dropout: float,
) -> list[keras.KerasTensor]:
    """Float32 logits `(batch, [slices,] rows, columns, outputs)`, then those of coarser levels.

    Of these each axis is divided by its `halvings` and rounded up. `spacing` has a length a spatial axis, all
    alike where none is given; `dropout` is the share of the coarsest features that is dropped in training.
    """
    import keras

    from pipeline.models import blocks

    shape = maps.shape[1:-1]
    steps = halvings(shape, spacing or (1.0,) * len(shape), levels=parameters.levels)
    skips: list[keras.KerasTensor] = []
    for level in range(len(steps) + 1):
        if level:
            maps = blocks.averaged(maps, steps[level - 1], name=f"averaging_{level}")
        last = "last_features" if not steps else f"activation_{level}b"
        maps = _residual(maps, level, parameters, name=last)
        skips.append(maps)
    maps = keras.layers.Dropout(dropout, name="dropout")(maps)
    said: list[keras.KerasTensor] = []
    for level in reversed(range(len(steps))):
        maps = _joined(maps, skips[level], steps[level], level=level, parameters=parameters)
        if level < parameters.supervised:
            said.insert(0, _answer(maps, outputs, level))
    return said or [_answer(maps, outputs, 0)]


def kept_floats(
    input_shape: tuple[int, ...], parameters: Parameters, *, spacing: Sequence[float] | None
) -> int:
    """How many numbers the maps of one scan have: eight maps a level on the way down, six on the way up."""
    lengths, channels = list(input_shape[:-1]), input_shape[-1]
    steps = halvings(lengths, spacing or (1.0,) * len(lengths), levels=parameters.levels)
    total = 2 * channels * math.prod(lengths)
    for level in range(len(steps) + 1):
        filters = min(parameters.width * 2**level, _MOST_FILTERS)
        total += (14 if level < len(steps) else 8) * filters * math.prod(lengths)
        if level < len(steps):
            lengths = [-(-length // by) for length, by in zip(lengths, steps[level], strict=True)]
    return total


def _residual(maps: keras.KerasTensor, level: int, parameters: Parameters, *, name: str) -> keras.KerasTensor:
    """Two convolutions added to a shortcut, with as many filters as the level has; `name`: the last layer."""
    import keras

    filters = min(parameters.width * 2**level, _MOST_FILTERS)
    before, first = maps, "first_convolution" if level == 0 else f"convolution_{level}a"
    maps = _convolved(maps, filters, kernel=3, name=first)
    maps = _activated(_normalized(maps, parameters, name=f"normalization_{level}a"), f"activation_{level}a")
    maps = _convolved(maps, filters, kernel=3, name=f"convolution_{level}b")
    maps = _normalized(maps, parameters, name=f"normalization_{level}b")
    shortcut = _convolved(before, filters, kernel=1, name=f"shortcut_{level}")
    maps = keras.layers.Add(name=f"sum_{level}")([maps, shortcut])
    return _activated(maps, name)


def _joined(
    maps: keras.KerasTensor,
    skip: keras.KerasTensor,
    step: tuple[int, ...],
    *,
    level: int,
    parameters: Parameters,
) -> keras.KerasTensor:
    """The coarser maps, repeated to the finer level's shape, added to its own and convolved.

    Added as in Myronenko 2018 (arXiv 1810.11654), not joined: that costs a third at the finest level, where
    most of a step's time goes.
    """
    import keras

    maps = _convolved(maps, skip.shape[-1], kernel=1, name=f"narrowing_{level}")
    repeated = (keras.layers.UpSampling2D, keras.layers.UpSampling3D)[len(step) - 2]
    maps = repeated(step, name=f"repeating_{level}")(maps)
    beyond = [(0, a - b) for a, b in zip(maps.shape[1:-1], skip.shape[1:-1], strict=True)]
    if any(cut for _, cut in beyond):  # an odd length was rounded up
        cropping = (keras.layers.Cropping2D, keras.layers.Cropping3D)[len(step) - 2]
        maps = cropping(beyond, name=f"cropping_{level}")(maps)
    maps = keras.layers.Add(name=f"joining_{level}")([maps, skip])
    maps = _convolved(maps, skip.shape[-1], kernel=3, name=f"up_convolution_{level}")
    maps = _normalized(maps, parameters, name=f"up_normalization_{level}")
    return _activated(maps, "last_features" if level == 0 else f"up_activation_{level}")


def _answer(maps: keras.KerasTensor, outputs: int, level: int) -> keras.KerasTensor:
    """A float32 logit a class and place."""
    import keras

    convolution = (keras.layers.Conv2D, keras.layers.Conv3D)[len(maps.shape) - 4]
    return convolution(outputs, 1, dtype="float32", name=f"logits_{level}" if level else "logits")(maps)


def _convolved(maps: keras.KerasTensor, filters: int, *, kernel: int, name: str) -> keras.KerasTensor:
    from pipeline.models import blocks

    return blocks.convolution(maps, filters, kernel=kernel, strides=(1,) * (len(maps.shape) - 2), name=name)


def _normalized(maps: keras.KerasTensor, parameters: Parameters, *, name: str) -> keras.KerasTensor:
    import keras

    groups = -1 if parameters.normalization == "instance" else _GROUPS
    return keras.layers.GroupNormalization(groups, epsilon=_EPSILON, name=name)(maps)


def _activated(maps: keras.KerasTensor, name: str) -> keras.KerasTensor:
    import keras

    return keras.layers.LeakyReLU(_SLOPE, name=name)(maps)
