"""Mean and standard deviation of the training part, which the model carries with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError
from pipeline.models import Intensities


def measured(count: int, read: Callable[[int], NDArray[Any]]) -> Intensities:
    """The statistics per channel of `count` arrays `(*space, channels)` of one shape, in float64.

    Raises DataError when a channel is the same everywhere.
    """
    mean = np.mean([_per_channel(read(index)) for index in range(count)], axis=0)
    variance = np.mean([_per_channel((read(index) - mean) ** 2) for index in range(count)], axis=0)
    if not (variance > 0).all():
        channel = int(np.flatnonzero(~(variance > 0))[0])
        raise DataError(
            f"Channel {channel} of all {count} training scans has no contrast (variance "
            f"{variance[channel]:g}), so nothing can be learned from it. Look at the steps of `normalize`."
        )
    return Intensities(tuple(mean.tolist()), tuple(np.sqrt(variance).tolist()))


def _per_channel(array: NDArray[Any]) -> NDArray[np.float64]:
    """The mean over all positions, shape (channels,)."""
    means: NDArray[np.float64] = array.mean(axis=tuple(range(array.ndim - 1)), dtype=np.float64)
    return means
