"""Linear resampling of stacks that are no regular grid: leaning ones straightened, uneven ones evened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["evened", "straightened"]

Volume = NDArray[np.float32]


def straightened(
    volume: NDArray[Any], shifts: Sequence[NDArray[np.float64]], *, shape: tuple[int, int], fill: float
) -> Volume:
    """The slices moved within their planes so that they stand upright, float32.

    `volume` is `(slices, rows, columns)` and may have an axis of channels; `shifts` hold for each slice
    how many rows and columns it moves down and right, fractions interpolated linearly. The result is
    `(slices, *shape)`; pixels that no slice covers are `fill`.
    """
    upright = np.empty((len(volume), *shape, *volume.shape[3:]), dtype=np.float32)
    for number, plane in enumerate(volume):
        moved = _moved(plane.astype(np.float64), shifts[0][number], size=shape[0], fill=fill)
        across = _moved(moved.swapaxes(0, 1), shifts[1][number], size=shape[1], fill=fill)
        upright[number] = across.swapaxes(0, 1)
    return upright


def evened(volume: NDArray[Any], heights: NDArray[np.float64], targets: NDArray[np.float64]) -> Volume:
    """The slices at `targets`, each interpolated linearly between its two neighbours, float32.

    `heights` (mm, growing) are where the slices of `volume` lie; `targets` stay within them.
    """
    upper = np.clip(np.searchsorted(heights, targets), 1, len(heights) - 1)
    share = np.clip((targets - heights[upper - 1]) / (heights[upper] - heights[upper - 1]), 0.0, 1.0)
    even = np.empty((len(targets), *volume.shape[1:]), dtype=np.float32)
    for number, (above, weight) in enumerate(zip(upper, share, strict=True)):
        below_part = (1.0 - weight) * volume[above - 1].astype(np.float64)
        even[number] = below_part + weight * volume[above].astype(np.float64)
    return even


def _moved(lines: NDArray[np.float64], shift: float, *, size: int, fill: float) -> NDArray[np.float64]:
    """Lines along the first axis, moved by `shift` places into an axis of `size`."""
    last = len(lines) - 1
    # A hundredth of a pixel is what the grid's size neglects, too.
    sources = np.arange(size) - shift
    inside = (sources > -0.01) & (sources < last + 0.01)
    sources = np.clip(sources[inside], 0.0, last)
    lower = np.minimum(sources.astype(np.int64), max(last - 1, 0))
    weights = (sources - lower).reshape(-1, *(1,) * (lines.ndim - 1))
    moved = np.full((size, *lines.shape[1:]), fill)
    moved[inside] = (1.0 - weights) * lines[lower] + weights * lines[np.minimum(lower + 1, last)]
    return moved
