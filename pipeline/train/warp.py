"""Moves, turns, stretches and mirrors scans in one resampling, for images and volumes alike.

A matrix and an offset per case map the index of each result voxel, counted from the scan's centre, to
where its value is taken from. Values come from 4 (8) neighbours by weights; beyond the border the
border's value goes on. Slices of a volume turn in their own plane only, so their axis is resampled by
itself, as a product of matrices, and the rest as an image with a channel for each slice: a tenth of the
gathers, each of many values that lie side by side. What is used every backend and XLA know.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from pipeline import backend

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
    `(batch, rank, rank)`, `offset` `(batch, rank)` in voxels. In a matrix of volumes the slice axis
    has only its own scale.
    """
    if len(scans.shape) == 4:
        return backend.compiled(_warped_images)(scans, matrix, offset)
    batch, slices, rows, columns, channels = scans.shape
    images = _by_slices(scans, matrix[:, 0, 0], offset[:, 0])  # (batch, rows, columns, slices * channels)
    images = backend.compiled(_warped_images)(images, matrix[:, 1:, 1:], offset[:, 1:])
    volumes = ops.reshape(images, (batch, rows, columns, slices, channels))
    return ops.transpose(volumes, (0, 3, 1, 2, 4))


def warped_bits(bits: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """The numbers `(batch, *space)` of voxels moved as `warped` moves scans, each from the nearest voxel.

    Halfway between two voxels the one of the higher index counts.
    """
    return backend.compiled(_warped_bits)(bits, matrix, offset)


def _warped_bits(bits: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    batch, *space = bits.shape
    rows, columns = space[-2:]
    along_rows, along_columns = _source(matrix[:, -2:, -2:], offset[:, -2:], (rows, columns))
    place = _nearest(along_rows, rows) * columns + _nearest(along_columns, columns)
    place = ops.reshape(place, (batch, rows * columns))
    if len(space) == 3:
        slices = _nearest(_along_slices(matrix[:, 0, 0], offset[:, 0], space[0]), space[0])
        place = slices[:, :, None] * (rows * columns) + place[:, None, :]  # (batch, slices, pixels)
    voxels = int(np.prod(space))
    start = np.arange(batch, dtype=np.int32)[:, None] * voxels
    flat = ops.take(ops.reshape(bits, (-1,)), ops.reshape(place, (batch, voxels)) + start, axis=0)
    return ops.reshape(flat, (batch, *space))


def _nearest(along: Tensor, size: int) -> Tensor:
    """The int32 index on an axis that is nearest to each place, the border's beyond it."""
    return ops.cast(ops.floor(ops.clip(along, 0.0, size - 1.0) + 0.5), "int32")


def _along_slices(scale: Tensor, offset: Tensor, slices: int) -> Tensor:
    """Where each slice of the result is taken from, `(batch, slices)`."""
    centre = np.float32((slices - 1) / 2)
    return scale[:, None] * (np.arange(slices, dtype=np.float32) - centre) + offset[:, None] + centre


def _by_slices(volumes: Tensor, scale: Tensor, offset: Tensor) -> Tensor:
    """The volumes resampled along their slices, which become channels.

    A slice weighs 1 less its distance from where the result is taken, and nothing from a distance of 1 on:
    that is the linear interpolation between two neighbours.
    """
    batch, slices, rows, columns, channels = volumes.shape
    places = np.arange(slices, dtype=np.float32)
    source = _along_slices(scale, offset, slices)
    distance = ops.abs(ops.clip(source, 0.0, slices - 1.0)[:, None, :] - places[None, :, None])
    weights = ops.maximum(1.0 - distance, 0.0)  # (batch, slices of the scan, slices of the result)
    last = ops.transpose(volumes, (0, 2, 3, 4, 1))  # (batch, rows, columns, channels, slices)
    flat = ops.reshape(last, (batch, rows * columns * channels, slices))
    blended = ops.reshape(ops.matmul(flat, weights), (batch, rows, columns, channels, slices))
    if channels > 1:
        blended = ops.transpose(blended, (0, 1, 2, 4, 3))
    return ops.reshape(blended, (batch, rows, columns, slices * channels))


def _warped_images(images: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """The images `(batch, rows, columns, channels)` resampled in their plane."""
    batch, rows, columns, channels = images.shape
    along_rows, along_columns = _source(matrix, offset, (rows, columns))
    upper, from_upper = _cell(along_rows, rows)
    left, from_left = _cell(along_columns, columns)
    corner = _corner(upper, left, columns=columns, pixels=rows * columns)
    flat = ops.reshape(images, (batch * rows * columns, channels) if channels > 1 else (-1,))
    if channels > 1:
        from_upper, from_left = from_upper[..., None], from_left[..., None]
    across = 1 if columns > 1 else 0
    down = columns if rows > 1 else 0
    above = _between(flat, corner, across, from_left)
    below = _between(flat, corner + down, across, from_left)
    return ops.reshape(above + from_upper * (below - above), (batch, rows, columns, channels))


def _source(matrix: Tensor, offset: Tensor, space: tuple[int, int]) -> list[Tensor]:
    """Where each result pixel's value lies: an array of indices `(batch, rows, columns)` per axis.

    As sums of a part by rows and one by columns, which become one kernel with what follows, as a product of
    matrices would not.
    """
    centre = [np.float32((size - 1) / 2) for size in space]
    row, column = (np.arange(size, dtype=np.float32) - at for size, at in zip(space, centre, strict=True))

    def along(axis: int) -> Tensor:
        by_row = matrix[:, axis, 0, None] * row + (offset[:, axis, None] + centre[axis])  # (batch, rows)
        by_column = matrix[:, axis, 1, None] * column  # (batch, columns)
        return by_row[:, :, None] + by_column[:, None, :]

    return [along(0), along(1)]


def _cell(along: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The lower neighbour of each index on an axis, a whole float32, and the weight of the upper one."""
    along = ops.clip(along, 0.0, size - 1.0)
    lower = ops.minimum(ops.floor(along), max(size - 2.0, 0.0))
    return lower, along - lower


def _corner(upper: Tensor, left: Tensor, *, columns: int, pixels: int) -> Tensor:
    """The place in the flattened batch, int32 `(batch, rows, columns)`, of each cell's upper left corner.

    Within an image it is computed in float32, which is exact up to 2**24 pixels.
    """
    start = np.arange(upper.shape[0], dtype=np.int32)[:, None, None] * pixels
    return ops.cast(upper * float(columns) + left, "int32") + start


def _between(flat: Tensor, corner: Tensor, step: int, weight: Tensor) -> Tensor:
    """Values between those at `corner` and those `step` places on."""
    low = ops.take(flat, corner, axis=0)
    return low + weight * (ops.take(flat, corner + step, axis=0) - low)
