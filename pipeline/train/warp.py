"""Moves, turns, stretches and mirrors scans in one resampling, for images and volumes alike.

A matrix and an offset per case map the index of each result voxel, counted from the scan's centre, to
where its value is taken from. Values come from 4 (8) neighbours by weights; beyond the border the
border's value goes on. Only gathers are used, which every backend and XLA know.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

Tensor = Any


def matrices(*, flip: Tensor, radians: Tensor, scale: Tensor) -> Tensor:
    """The matrix `(batch, rank, rank)` of each case from its mirror sign, angle and magnification.

    `flip` is 1.0 or -1.0, `(batch,)`, and mirrors columns. `scale`, `(batch, rank)`, above 1 magnifies along
    an axis of the scan. Then positive `radians`, `(batch,)`, turn what is seen from the row axis towards the
    column axis; slices of a volume turn in their own plane. All are float32.
    """
    cosine, sine = ops.cos(radians), ops.sin(radians)
    rows = [[cosine, sine], [-sine * flip, cosine * flip]]
    if scale.shape[1] == 3:
        nothing = ops.zeros_like(cosine)
        rows = [[ops.ones_like(cosine), nothing, nothing], *([nothing, *row] for row in rows)]
    return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=1) / scale[:, :, None]


def warped(scans: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """The scans resampled: result[x] = scan[matrix (x - centre) + offset + centre], same shape.

    `scans` are float32 `(batch, *space, channels)` with a static shape, `matrix` is
    `(batch, rank, rank)`, `offset` `(batch, rank)` in voxels.
    """
    batch, *space, channels = scans.shape
    source = _source(matrix, offset, space)
    cells = [_cell(along, size) for along, size in zip(source, space, strict=True)]
    corner = _flat_index([lower for lower, _ in cells], space)
    weights = [weight for _, weight in cells]
    values = [
        _interpolated(ops.reshape(scans[..., c], (-1,)), corner, weights, space) for c in range(channels)
    ]
    return ops.reshape(ops.stack(values, axis=-1), (batch, *space, channels))


def _source(matrix: Tensor, offset: Tensor, space: list[int]) -> list[Tensor]:
    """Where each result voxel's value lies: one array of indices `(batch, voxels)` per axis."""
    centre = (np.array(space, dtype=np.float32) - 1.0) / 2.0
    grid = np.stack(np.meshgrid(*(np.arange(size) for size in space), indexing="ij"))
    places = grid.reshape(len(space), -1).astype(np.float32) - centre[:, None]
    homogeneous = np.concatenate([places, np.ones_like(places[:1])])  # (rank + 1, voxels)
    rows = ops.concatenate([matrix, (offset + centre)[:, :, None]], axis=2)  # (batch, rank, rank + 1)
    return [ops.matmul(rows[:, axis], homogeneous) for axis in range(len(space))]


def _cell(along: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The lower neighbour of each index on an axis, a whole float32, and the weight of the upper one."""
    along = ops.clip(along, 0.0, size - 1.0)
    lower = ops.minimum(ops.floor(along), max(size - 2.0, 0.0))
    return lower, along - lower


def _flat_index(lower: list[Tensor], space: list[int]) -> Tensor:
    """The place in the flattened batch, int32 `(batch, voxels)`, of each cell's lowest corner.

    Within a scan it is computed in float32, which is exact up to 2**24 voxels.
    """
    within = lower[0]
    for along, size in zip(lower[1:], space[1:], strict=True):
        within = within * float(size) + along
    voxels = int(np.prod(space))
    start = np.arange(lower[0].shape[0], dtype=np.int32)[:, None] * voxels
    return ops.cast(within, "int32") + start


def _interpolated(flat: Tensor, corner: Tensor, weights: list[Tensor], space: list[int]) -> Tensor:
    """Values between the corners of cells, `(batch, voxels)`: linear along the axes, first axis outermost."""
    if not weights:
        return ops.take(flat, corner, axis=0)
    step = int(np.prod(space[1:])) if space[0] > 1 else 0
    low = _interpolated(flat, corner, weights[1:], space[1:])
    high = _interpolated(flat, corner + step, weights[1:], space[1:])
    return low + weights[0] * (high - low)
