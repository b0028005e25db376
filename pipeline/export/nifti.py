"""A case as the bytes of a NIfTI file."""

from __future__ import annotations

import gzip
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from pipeline.records import Geometry

__all__ = ["nifti_bytes", "placed_bytes"]

_SCANNER = 1  # NIFTI_XFORM_SCANNER_ANAT
_AFFINE_TOLERANCE_MM = 1e-3  # the qform is stored in float32: seven digits of offsets of up to a metre
# Voxels hardly compress further than this fast level does.
_COMPRESSION = 1


def nifti_bytes(array: NDArray[Any], geometry: Geometry) -> bytes:
    """The gzipped NIfTI-1 file of `(slices, rows, columns)` or `(rows, columns)`, plus any axis of 3.

    NIfTI's first axis are the columns, then rows, then slices; colours become its fifth axis, a vector
    a voxel. The affine is the sform; the qform is set only if it can say the same, since it holds no
    shear. Raises ValueError where the case has no position in space.
    """
    if geometry.affine is None:
        raise ValueError("this case has no position in space")
    volume = array if len(geometry.spacing) == 3 else array[None]
    voxels = np.swapaxes(volume, 0, 2)  # (columns, rows, slices), plus colours
    return placed_bytes(voxels, np.array(geometry.affine)[:, [2, 1, 0, 3]])


def placed_bytes(voxels: NDArray[Any], affine: NDArray[np.float64]) -> bytes:
    """The same of voxels `(i, j, k)`, plus any axis of 3, whose indices `affine` maps to RAS millimetres."""
    if voxels.ndim == 4:
        voxels = voxels[:, :, :, None, :]
    image = nib.Nifti1Image(voxels, affine, dtype=voxels.dtype)
    if voxels.ndim == 5:
        image.header.set_intent("vector")
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=_SCANNER)
    image.set_qform(affine, code=_SCANNER)
    if np.abs(image.get_qform() - affine).max() > _AFFINE_TOLERANCE_MM:
        image.set_qform(None, code=0)
    return gzip.compress(image.to_bytes(), _COMPRESSION, mtime=0)
