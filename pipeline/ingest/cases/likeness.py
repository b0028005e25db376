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
_RANGE = (0.005, 0.995)
"""Of the averages, from black to white: a choice by which marks and metal take no grey from the rest."""
_ROUNDING = 1e-5  # of sums in float32


def likeness_of(array: NDArray[Any], *, spatial_axes: int) -> bytes:
    """64 x 64 grey values, row by row, of `(rows, columns[, 3])` or `(slices, rows, columns[, 3])`.

    The whole image, squeezed to a square and scaled to its own range, so that shape and unit don't change the
    look. b"" where the image has one value only.
    """
    image = _middle(array) if spatial_axes == 3 else array
    grey = image.mean(axis=2, dtype=np.float32) if image.ndim == 3 else image
    small = _averaged(grey)  # (64, 64)
    low, high = (float(end) for end in np.quantile(small, _RANGE))
    if _is_nothing(low, high):
        low, high = float(small.min()), float(small.max())
    if _is_nothing(low, high):
        return b""
    shares = np.clip((small - low) / np.float32(high - low), 0, 1)
    scaled: NDArray[np.uint8] = np.rint(shares * 255).astype(np.uint8)
    return bytes(scaled)


def _is_nothing(low: float, high: float) -> bool:
    return high - low <= _ROUNDING * max(abs(low), abs(high))


def _middle(array: NDArray[Any]) -> NDArray[np.float32]:
    """The mean of up to nine slices, evenly from the middle half: the ends of volumes look alike."""
    count = array.shape[0]
    first, last = count // 4, max(count // 4 + 1, count - count // 4)
    step = max(1, (last - first) // _SLICES)
    mean: NDArray[np.float32] = array[first:last:step].mean(axis=0, dtype=np.float32)
    return mean


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
