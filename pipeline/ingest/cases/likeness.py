"""The likeness of a case: a small grey picture by which near copies are found without reading voxels again.

Of a volume it is the mean of slices from its middle half, which hardly changes where a few slices lack.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.records import LIKENESS_SIDE

_SLICES = 9  # a choice: more change nothing that can be seen
_BLOCKS = 2 * LIKENESS_SIDE
"""Rows are added up to no fewer than so many first, which costs less than averaging them all exactly."""
_SAMPLED = 256  # a choice: rows and columns looked at for a border, which then is told to 1/256 of the side
_FLAT = 0.1
"""A row or column whose values differ by less than this share of the image's range is border, as air is.

A choice: noise in the air of a CT is less, and any body more, with or without a window.
"""
_RANGE = (0.01, 0.99)  # of the values: beyond lie metal and marks, which a window cuts off
_ROUNDING = 1e-5  # of sums in float32


def likeness_of(array: NDArray[Any], *, spatial_axes: int) -> bytes:
    """64 x 64 grey values, row by row, of `(rows, columns[, 3])` or `(slices, rows, columns[, 3])`.

    Without a border of one value, squeezed to a square, and scaled to its own range, so that padding, shape,
    unit and window don't change the look. b"" where the image has one value only.
    """
    image = _middle(array) if spatial_axes == 3 else array
    grey = image.mean(axis=2, dtype=np.float32) if image.ndim == 3 else image
    rows, columns = _content(grey)
    small = _averaged(grey[rows, columns])  # (64, 64)
    low, high = float(small.min()), float(small.max())
    if high - low <= _ROUNDING * max(abs(low), abs(high)):
        return b""
    scaled: NDArray[np.uint8] = np.rint((small - low) * np.float32(255 / (high - low))).astype(np.uint8)
    return bytes(scaled)


def _middle(array: NDArray[Any]) -> NDArray[np.float32]:
    """The mean of up to nine slices, evenly from the middle half: the ends of volumes look alike."""
    count = array.shape[0]
    first, last = count // 4, max(count // 4 + 1, count - count // 4)
    step = max(1, (last - first) // _SLICES)
    mean: NDArray[np.float32] = array[first:last:step].mean(axis=0, dtype=np.float32)
    return mean


def _content(grey: NDArray[Any]) -> tuple[slice, slice]:
    """The rows and columns inside a border of one value; all of them where nothing stands out."""
    steps = [max(1, size // _SAMPLED) for size in grey.shape]
    seen = grey[:: steps[0], :: steps[1]]
    spreads = [seen.max(axis=axis).astype(np.float64) - seen.min(axis=axis) for axis in (1, 0)]
    low, high = np.quantile(seen[::2, ::2], _RANGE, method="nearest")
    least = _FLAT * (float(high) - float(low))
    inside = []
    for spread, step, size in zip(spreads, steps, grey.shape, strict=True):
        filled = np.flatnonzero(spread > least)
        whole = filled.size < 2 or step > size
        inside.append(slice(None) if whole else slice(filled[0] * step, min(size, (filled[-1] + 1) * step)))
    return inside[0], inside[1]


def _averaged(grey: NDArray[Any]) -> NDArray[np.float32]:
    """The averages of 64 x 64 equal parts."""
    count = max(1, grey.shape[0] // _BLOCKS)
    if count > 1:
        whole = grey[: grey.shape[0] // count * count]
        grey = np.add.reduce(whole.reshape(-1, count, grey.shape[1]), axis=1, dtype=np.float32)
    values = grey.astype(np.float32, copy=False)
    small: NDArray[np.float32] = _parts(values.shape[0]) @ (values @ _parts(values.shape[1]).T)
    return small


@lru_cache(maxsize=64)
def _parts(size: int) -> NDArray[np.float32]:
    """From `size` samples to their averages over 64 equal parts, `(64, size)`."""
    edges = np.linspace(0, size, LIKENESS_SIDE + 1)
    samples = np.arange(size)
    starts = np.maximum(edges[:-1, None], samples[None])
    ends = np.minimum(edges[1:, None], samples[None] + 1)
    averages = np.clip(ends - starts, 0, None) * (LIKENESS_SIDE / size)
    matrix: NDArray[np.float32] = averages.astype(np.float32)
    return matrix
