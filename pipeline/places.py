"""Where the voxels of an array that a recipe made lie on the scan's own grid, and the way back to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.bits import Bits

Place = tuple[tuple[float, float], ...]
"""Of each spatial axis `(scale, offset)`: the index on the scan's own grid is scale * index + offset."""

_BEYOND: Final = 0.75
"""Voxels from the outermost centre: a grid of another pitch that shares the scan's centre may be short of the
scan by half a voxel in all, since its length is rounded, and an edge lies half a voxel off the centre."""


def own(axes: int) -> Place:
    """The place of an array on the scan's own grid."""
    return ((1.0, 0.0),) * axes


def moved(place: Place, first: Sequence[float], pitch: Sequence[float] | None = None) -> Place:
    """The place of an array whose first voxel lies at `first` in the one before, the next ones `pitch` on.

    >>> moved(((1.0, 0.0),), [3])
    ((1.0, 3.0),)
    """
    steps = pitch or (1.0,) * len(place)
    return tuple(
        (scale * float(step), offset + scale * float(start))
        for (scale, offset), start, step in zip(place, first, steps, strict=True)
    )


def onto_native(bits: Bits, place: Place, shape: Sequence[int]) -> Bits:
    """The bits `(*space,)` of an array at `place` on the scan's own grid of `shape`, by the nearest voxel.

    Halfway between two voxels the one of the higher index counts. What the array doesn't cover has no bit.
    """
    nearest, inside = [], []
    for (scale, offset), size, native in zip(place, bits.shape, shape, strict=True):
        index = (np.arange(native) - offset) / scale
        covered = np.flatnonzero((index >= -_BEYOND) & (index <= size - 1 + _BEYOND))
        nearest.append(np.clip(np.floor(index[covered] + 0.5), 0, size - 1).astype(np.int64))
        inside.append(slice(covered[0], covered[-1] + 1) if covered.size else slice(0))
    result = np.zeros(tuple(shape), bits.dtype)
    result[tuple(inside)] = bits[np.ix_(*nearest)]
    return result
