"""A grid of another pitch: linear, smoothed where detail would alias; of masks the nearest voxel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.bits import Bits


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
    offset = first_voxel(values.shape[:-1], shape, pitch)
    result = np.empty((*shape, values.shape[-1]), dtype=np.float32)
    for channel in range(values.shape[-1]):
        # A float64 intermediate keeps the result free of the order of summation.
        plane = ndimage.gaussian_filter(values[..., channel].astype(np.float64), sigma, mode="nearest")
        result[..., channel] = ndimage.affine_transform(
            plane, np.asarray(pitch), offset=offset, output_shape=shape, order=1, mode="nearest"
        )
    return result


def regrid_mask(mask: Bits, shape: tuple[int, ...], *, pitch: tuple[float, ...]) -> Bits:
    """The mask `(*space, numbers)` on the grid that `regrid` gives, by the nearest voxel.

    Halfway between two voxels the one of the higher index counts.
    """
    offset = first_voxel(mask.shape[:-1], shape, pitch)
    nearest = [
        np.clip(np.floor(start + step * np.arange(new) + 0.5), 0, old - 1).astype(np.int64)
        for start, step, new, old in zip(offset, pitch, shape, mask.shape[:-1], strict=True)
    ]
    return np.ascontiguousarray(mask[np.ix_(*nearest)])


def first_voxel(old: tuple[int, ...], new: tuple[int, ...], pitch: tuple[float, ...]) -> tuple[float, ...]:
    """Where the new grid's first voxel lies, in voxels of the old one, if both share their centre."""
    return tuple((a - 1) / 2 - step * (b - 1) / 2 for a, b, step in zip(old, new, pitch, strict=True))
