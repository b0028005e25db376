"""Linear interpolation on a grid of another pitch, with smoothing where detail would alias."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def regrid(
    values: NDArray[np.float32], shape: tuple[int, ...], *, pitch: tuple[float, ...]
) -> NDArray[np.float32]:
    """The values on a grid of `shape`, whose pitch is `pitch` voxels of the old one.

    `values` is `(*space, channels)`, the result `(*shape, channels)`; `shape` and `pitch` have one
    entry per spatial axis. Both grids share their centre. Beyond the outermost voxel centres the
    border value holds. An axis that gets coarser is smoothed first by a Gaussian of
    `(pitch - 1) / 2` voxels, which leaves a constant image as it is and suppresses what the
    coarser grid can't carry.
    """
    from scipy import ndimage

    sigma = tuple(max(0.0, (step - 1.0) / 2.0) for step in pitch)
    offset = tuple(
        (old - 1) / 2 - step * (new - 1) / 2
        for old, new, step in zip(values.shape[:-1], shape, pitch, strict=True)
    )
    result = np.empty((*shape, values.shape[-1]), dtype=np.float32)
    for channel in range(values.shape[-1]):
        # A float64 intermediate keeps the result free of the order of summation.
        plane = ndimage.gaussian_filter(values[..., channel].astype(np.float64), sigma, mode="nearest")
        result[..., channel] = ndimage.affine_transform(
            plane, np.asarray(pitch), offset=offset, output_shape=shape, order=1, mode="nearest"
        )
    return result
