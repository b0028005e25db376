"""A print of an image's coarse look: near duplicates have prints that differ in few bits.

The signs of the 256 lowest frequencies of the image at 64 x 64, against their median (a "pHash" of
256 bits).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIDE, _FREQUENCIES = 64, 16


def perceptual_digest(array: NDArray[Any], *, spatial_axes: int) -> str:
    """64 hex digits for `(rows, columns[, 3])`, or for the middle slice of `(slices, rows, columns[, 3])`."""
    # The ends of a volume are often air, and look alike in all patients.
    image = array[array.shape[0] // 2] if spatial_axes == 3 else array
    grey = image.mean(axis=2) if image.ndim == 3 else image
    values = grey.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    # Scaled to its own range, so that a window or unit doesn't change the look.
    if high > low:
        values = (values - low) / (high - low)
    left, right = _transform(values.shape[0]), _transform(values.shape[1])
    spectrum = left @ values @ right.T  # (frequencies, frequencies)
    bits = (spectrum > np.median(spectrum)).reshape(-1)
    return np.packbits(bits).tobytes().hex()


@lru_cache(maxsize=32)
def _transform(size: int) -> NDArray[np.float32]:
    """From `size` samples to the lowest cosine frequencies of their averages over 64 equal parts."""
    edges = np.linspace(0, size, _SIDE + 1)
    samples = np.arange(size)
    starts = np.maximum(edges[:-1, None], samples[None])
    ends = np.minimum(edges[1:, None], samples[None] + 1)
    averages = np.clip(ends - starts, 0, None) * (_SIDE / size)  # (parts, samples)
    parts = (np.arange(_SIDE) + 0.5) * np.pi / _SIDE
    cosines = np.cos(np.arange(1, _FREQUENCIES + 1)[:, None] * parts[None])  # (frequencies, parts)
    matrix: NDArray[np.float32] = (cosines @ averages / _SIDE).astype(np.float32)
    return matrix
