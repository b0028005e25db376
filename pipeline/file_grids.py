"""Marks on the grid of the files that a scan was read from, by geometry: what a mask of them has to be on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]

_TIE = 1e-6
"""Of a voxel: a place halfway between two goes to the later one, whatever rounding left of it."""
_STEEP = 1e-9
"""Of a voxel a step: what two affines of the same axes leave between them, even over a thousand steps."""


def onto_grid(marks: NDArray[Any], affine: Affine, grid: Affine, shape: Sequence[int]) -> NDArray[Any]:
    """Marks of three axes on another grid of `shape`, of each of its voxels the nearest mark's; else 0.

    Both affines, 4 x 4, map indices of their arrays to the same millimetres.
    """
    mapping = np.linalg.inv(affine) @ grid
    steps = np.ogrid[tuple(slice(size) for size in shape)]
    nearest, inside = [], np.ones((1, 1, 1), np.bool_)
    for axis, size in enumerate(marks.shape):
        place = np.full((1, 1, 1), mapping[axis, 3])
        for along, step in zip(mapping[axis, :3], steps, strict=True):
            if abs(along) > _STEEP:  # an axis that doesn't count is left one long
                place = place + along * step
        index = np.floor(place + (0.5 + _TIE)).astype(np.int64)
        inside = inside & (index >= 0) & (index < size)
        nearest.append(np.clip(index, 0, size - 1))
    found = np.where(inside, marks[tuple(nearest)], marks.dtype.type(0))
    return np.ascontiguousarray(np.broadcast_to(found, tuple(shape)))
