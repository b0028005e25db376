"""A volume's planes read and put together: the canonical array of a case and its geometry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.pixels.values import smallest
from pipeline.ingest.series.frames import Frame, Volume
from pipeline.ingest.series.geometry import canonical
from pipeline.ingest.series.grid import stack_of
from pipeline.ingest.series.mosaic import is_mosaic, tiles_of
from pipeline.ingest.series.resampling import evened, straightened
from pipeline.ingest.series.stacking import resampled_heights, straight_shifts
from pipeline.records import Geometry
from pipeline.units import ARBITRARY, fill_of

__all__ = ["assemble"]


def assemble(
    volume: Volume, read_plane: Callable[[Frame], NDArray[Any]], *, unit: str = ARBITRARY
) -> tuple[NDArray[Any], Geometry, tuple[str, ...]]:
    """The array of a volume in canonical orientation, its geometry, and the volume's notes.

    `read_plane` gives a frame's values `(rows, columns)` in their smallest dtype, plus a last axis of 3
    for colour. The array is `(slices, rows, columns)` or `(rows, columns)`, again plus the axis of 3, in
    the smallest dtype of all, in `unit`; it is straightened or evened linearly where the volume says so.
    Raises ValueError when a plane isn't of the size that its header announces.
    """
    array = _array(volume, read_plane, unit)
    if array.shape[: len(volume.shape)] != volume.shape:
        raise ValueError(f"expected an array of {volume.shape}, put together {array.shape}")
    turned, geometry = canonical(array, volume.geometry)
    return turned, geometry, volume.notes


def _array(volume: Volume, read_plane: Callable[[Frame], NDArray[Any]], unit: str) -> NDArray[Any]:
    first = volume.frames[0]
    if first.tiles is not None and is_mosaic(first):
        return smallest(tiles_of(read_plane(first), first.tiles))
    if not volume.is_stack:
        return read_plane(first)
    array = _stacked(volume.frames, read_plane)  # (slices, rows, columns)
    if not (volume.straightened or volume.evened):
        return array
    stack = stack_of(volume.frames)
    if volume.straightened:
        # Relative to the plane that lies furthest back, so that every shift is into the grid.
        shifts = [moves - moves.min() for moves in straight_shifts(stack)]
        fill = float(fill_of(first.modality, unit))
        array = straightened(array, shifts, shape=(volume.shape[1], volume.shape[2]), fill=fill)
    if volume.evened:
        array = evened(array, stack.heights, resampled_heights(stack))
    return smallest(array)


def _stacked(frames: Sequence[Frame], read_plane: Callable[[Frame], NDArray[Any]]) -> NDArray[Any]:
    """The planes one upon the other, each put in its place as it comes, so that they are held once."""
    first = read_plane(frames[0])
    volume = np.empty((len(frames), *first.shape), first.dtype)
    volume[0] = first
    for number, frame in enumerate(frames[1:], 1):
        plane = read_plane(frame)
        if plane.dtype != volume.dtype or plane.shape != first.shape:
            # The smallest dtype can differ from plane to plane: only then all are held twice.
            rest = [read_plane(later) for later in frames[number + 1 :]]
            return smallest(np.stack([*volume[:number], plane, *rest]))
        volume[number] = plane
    return volume
