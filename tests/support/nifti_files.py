"""NIfTI files for tests, as bytes: written by nibabel, and then changed where nibabel would not write them so."""

from __future__ import annotations

import gzip
import struct
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

OBLIQUE = np.array(
    [[-0.8, 0.06, 0.0, 20.0], [0.048, 0.998, -0.1, -30.0], [0.0, 0.1, 2.5, 12.0], [0.0, 0.0, 0.0, 1.0]]
)
OBLIQUE[:3, :3] = np.linalg.qr(OBLIQUE[:3, :3])[0] * np.array([0.8, 1.0, 2.5])
"""A turned grid of 0.8 x 1 x 2.5 mm, its axes at right angles."""


def ramp(shape: tuple[int, ...] = (5, 4, 3), dtype: Any = np.int16, start: int = 0) -> NDArray[Any]:
    """Numbers that are all different, so that no two voxels could change places unseen."""
    return (np.arange(int(np.prod(shape))) + start).reshape(shape).astype(dtype)


def nifti(
    array: NDArray[Any],
    affine: NDArray[np.float64] | None = OBLIQUE,
    *,
    codes: tuple[int, int] = (1, 1),
    version: int = 1,
    order: str = "<",
    scaling: tuple[float, float] | None = None,
) -> bytes:
    """A `.nii` of the array `(i, j, k)`; `codes` are those of sform and qform, `scaling` slope and intercept."""
    kind = {1: nibabel.Nifti1Image, 2: nibabel.Nifti2Image}[version]
    header = kind.header_class(endianness=order)
    header.set_data_dtype(array.dtype)
    picture = kind(array, affine, header)
    picture.set_sform(affine, codes[0])
    picture.set_qform(affine, codes[1])
    data = picture.to_bytes()
    if scaling is not None:
        start, form = {1: (112, "2f"), 2: (176, "2d")}[version]
        data = patched(data, start, struct.pack(order + form, *scaling))
    return data


def patched(data: bytes, start: int, new: bytes) -> bytes:
    """The bytes with others from `start` on."""
    return data[:start] + new + data[start + len(new) :]


def packed(data: bytes) -> bytes:
    """The bytes in gzip."""
    return gzip.compress(data, mtime=0)
