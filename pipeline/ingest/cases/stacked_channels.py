"""The channels of a case as one array: on one grid, or resampled onto that of the first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.pixels.values import smallest
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.geometry import affine_array
from pipeline.ingest.series.grid import GRID_TOLERANCE
from pipeline.records import Geometry

__all__ = ["with_channels"]

Placed = tuple[NDArray[Any], Geometry]
"""An array of one channel in canonical orientation, and where it lies."""
_LEAST_SHARED = 0.5
"""A channel that covers less than half of the first one shows another thing, whatever is resampled."""
_EDGE = 0.5 + 1e-6  # a voxel reaches half of its side beyond its centre, and places are rounded
_POINTS = 9  # along each axis, by which that share is measured


def with_channels(
    first: Placed, others: Sequence[Placed], *, resamples: bool, fill: int
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """`(*space, channels)` in the smallest dtype of all, on the grid of the first, and notes.

    A channel that lies elsewhere is resampled linearly where that is allowed; what it doesn't reach is
    `fill`. Raises Refusal `channels_differ`.
    """
    array, geometry = first
    channels, notes = [array], set()
    for number, (other, place) in enumerate(others, 1):
        if other.shape == array.shape and _voxels_off(geometry, place, array.shape) <= GRID_TOLERANCE:
            channels.append(other)
            continue
        if not resamples or _shared(geometry, array.shape, place, other.shape) < _LEAST_SHARED:
            raise Refusal("channels_differ", _difference(number, first, (other, place)))
        channels.append(_resampled(other, place, onto=geometry, shape=array.shape, fill=fill))
        notes.add("channels_resampled")
    return smallest(np.stack(channels, axis=-1)), tuple(sorted(notes))


def _difference(number: int, first: Placed, other: Placed) -> str:
    if first[0].shape != other[0].shape:
        sizes = (" x ".join(map(str, array.shape)) for array, _ in (other, first))
        return "channel {} has {} voxels, the first {}".format(number, *sizes)
    off = _voxels_off(first[1], other[1], first[0].shape)
    return f"channel {number} lies {off:.2g} voxels off the first"


def _voxels_off(first: Geometry, other: Geometry, shape: Sequence[int]) -> float:
    """How far the corners of two grids of one shape lie apart, in voxels; pictures lie nowhere."""
    if first.affine is None or other.affine is None:
        return 0.0 if first == other else float("inf")
    whole = (1,) * (3 - len(shape)) + tuple(shape)
    corners = np.array([(*corner, 1) for corner in product(*((0, length - 1) for length in whole))])
    moved = np.linalg.solve(affine_array(first), affine_array(other))
    return float(np.linalg.norm((corners @ moved.T - corners)[:, :3], axis=1).max())


def _shared(first: Geometry, shape: Sequence[int], other: Geometry, other_shape: Sequence[int]) -> float:
    """The share of the first grid that lies inside the other one; 0 for single images."""
    if first.affine is None or other.affine is None or len(shape) != 3:
        return 0.0
    axes = [np.linspace(0, length - 1, _POINTS) for length in shape]
    points = np.stack([*np.meshgrid(*axes, indexing="ij"), np.ones((_POINTS,) * 3)], axis=-1).reshape(-1, 4)
    places = (points @ np.linalg.solve(affine_array(other), affine_array(first)).T)[:, :3]
    inside = (places >= -_EDGE) & (places <= np.array(other_shape) - 1 + _EDGE)
    return float(inside.all(axis=1).mean())


def _resampled(
    array: NDArray[Any], place: Geometry, *, onto: Geometry, shape: Sequence[int], fill: int
) -> NDArray[np.float32]:
    """A volume on another grid, float32; voxels outside of it, by more than half of one, are `fill`."""
    from scipy import ndimage

    into = np.linalg.solve(affine_array(place), affine_array(onto))
    values: NDArray[np.float32] = ndimage.affine_transform(
        array.astype(np.float32), into[:3, :3], into[:3, 3], tuple(shape), order=1, mode="nearest"
    )
    rows, columns = np.indices(shape[1:], sparse=True)
    for number, plane in enumerate(values):  # slice by slice: places take more memory than values
        for (per_slice, per_row, per_column, start), length in zip(into[:3], array.shape, strict=True):
            places = number * per_slice + rows * per_row + columns * per_column + start
            plane[(places < -_EDGE) | (places > length - 1 + _EDGE)] = fill
    return values
