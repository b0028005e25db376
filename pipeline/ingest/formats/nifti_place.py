"""Where the voxels of a NIfTI file lie: its sform, else its qform, and whether the two agree.

The frame is RAS: x to the right, y to the front, z to the head. Affines map `(i, j, k, 1)` to millimetres at
voxel centres.
"""

from __future__ import annotations

from itertools import product
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.formats.nifti_header import NiftiHeader
from pipeline.ingest.reasons import Refusal

Affine = NDArray[np.float64]

AGREE_MM, AGREE_VOXELS = 0.1, 0.1
"""sform and qform may differ by so much at the corners of the grid, whichever is less: they are float32."""
SHEAR_TOLERANCE = 1e-3
"""Of the cosine between two axes: as for the directions of a DICOM plane."""
LEAST_MM, MOST_MM = 1e-6, 500
"""No voxel is shorter than a nanometre or longer than half a metre: such metres are millimetres."""
FARTHEST_MM = 1e9
"""Nor does a scan lie so far from the origin of its frame."""
_ROUNDING = 4e-7  # three units in the last place of float32, in which b, c and d are written
_DIRECTIONS = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}


def affine_of(header: NiftiHeader, *, form: str = "", axes: str = "") -> Affine:
    """The affine, 4 x 4.

    `form` ("sform" or "qform") chooses one where the two disagree; `axes` names the directions in which i, j
    and k grow where the file has neither, as "RAS", the origin then lying in the grid's middle. Raises
    Refusal `no_geometry`, `affine_conflict` or `geometry_invalid`.
    """
    # Numbers of a file may be any: what overflows is found by what it leaves, which is no length.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _affine(header, form, axes)


def _affine(header: NiftiHeader, form: str, axes: str) -> Affine:
    forms = {}
    if header.sform_code > 0:
        forms["sform"] = _sform(header)
    if header.qform_code > 0:
        forms["qform"] = _qform(header)
    if not forms:
        if not axes:
            raise Refusal("no_geometry", "neither sform nor qform")
        return _checked(_stated(header, axes))
    if form in forms:
        return _checked(forms[form])
    if len(forms) == 2:
        _require_agreement(forms["sform"], forms["qform"], header.shape)
    return _checked(next(iter(forms.values())))


def _sform(header: NiftiHeader) -> Affine:
    affine = np.array([*header.srows, (0.0, 0.0, 0.0, 1.0)], dtype=np.float64)
    return _in_millimetres(affine, header)


def _qform(header: NiftiHeader) -> Affine:
    b, c, d, *offsets = header.quaternion
    rest = 1.0 - (b * b + c * c + d * d)
    if not rest >= -_ROUNDING:
        raise Refusal("geometry_invalid", "the quaternion of the qform is no rotation")
    a = 0.0 if rest < _ROUNDING else sqrt(rest)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    rotation /= np.linalg.norm(rotation, axis=0)
    affine = np.eye(4)
    affine[:3, :3] = rotation * _sides(header)
    affine[:3, 2] *= -1.0 if header.lengths[0] < 0 else 1.0
    affine[:3, 3] = offsets
    return _in_millimetres(affine, header)


def _stated(header: NiftiHeader, axes: str) -> Affine:
    """The grid with its middle in the origin, its axes along the named directions."""
    affine = np.zeros((4, 4))
    affine[3, 3] = 1.0
    for axis, letter in enumerate(axes):
        row, sign = _DIRECTIONS[letter]
        affine[row, axis] = sign * _sides(header)[axis]
        affine[row, 3] = -affine[row, axis] * (header.shape[axis] - 1) / 2
    return _in_millimetres(affine, header)


def _sides(header: NiftiHeader) -> NDArray[np.float64]:
    sides = np.array(header.lengths[1:], dtype=np.float64)
    if not (np.isfinite(sides).all() and (sides > 0).all()):
        raise Refusal("geometry_invalid", "pixdim holds no lengths of a voxel's sides")
    return sides


def _in_millimetres(affine: Affine, header: NiftiHeader) -> Affine:
    scaled = affine.copy()
    scaled[:3] *= header.millimetres
    return scaled


def _require_agreement(sform: Affine, qform: Affine, shape: tuple[int, int, int]) -> None:
    corners = np.array([(*corner, 1) for corner in product(*((0, length - 1) for length in shape))])
    apart = float(np.linalg.norm((corners @ (sform - qform).T)[:, :3], axis=1).max())
    voxel = float(np.linalg.norm(qform[:3, :3], axis=0).min())
    if not apart <= min(AGREE_MM, AGREE_VOXELS * voxel):
        far = f"{apart:.3g} mm" if apart < FARTHEST_MM else "immeasurably far"
        raise Refusal("affine_conflict", f"sform and qform lie {far} apart")


def _checked(affine: Affine) -> Affine:
    """The affine. Raises Refusal `geometry_invalid` where it spans no grid of right angles."""
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if MOST_MM < float(lengths.max()) < FARTHEST_MM:
        raise Refusal("geometry_invalid", f"the affine has voxels of {lengths.max():.4g} mm along one side")
    if not ((lengths >= LEAST_MM) & (lengths <= MOST_MM)).all():  # also where one is no number
        raise Refusal("geometry_invalid", "the affine holds no lengths of a voxel's sides")
    if not (np.abs(affine[:3, 3]) <= FARTHEST_MM).all():
        raise Refusal("geometry_invalid", "the affine's origin is no place of a scan")
    cosines = np.abs((affine[:3, :3] / lengths).T @ (affine[:3, :3] / lengths) - np.eye(3))
    if (shear := float(cosines.max())) > SHEAR_TOLERANCE:
        raise Refusal("geometry_invalid", f"sheared: the cosine between two axes is {shear:.4f}")
    return affine
