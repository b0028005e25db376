"""Where voxels lie: affines from positions, and the lossless turn to the canonical orientation.

DICOM's patient frame is LPS (x to the left, y to the back, z to the head); everything stored is
RAS (x to the right, y to the front). An affine maps `(slice, row, column, 1)` to millimetres at
voxel centres (PS3.3 C.7.6.2.1.1). Nothing here resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Geometry, SpacingKind

__all__ = [
    "LPS_TO_RAS",
    "ORIENTATION_TOLERANCE",
    "affine_array",
    "affine_from",
    "canonical",
    "geometry_of",
    "image_geometry",
    "normal_of",
    "orientation_error",
]

ORIENTATION_TOLERANCE = 1e-3
"""Of a unit vector: over a plane of 500 pixels it moves the far side by half a pixel."""
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

# Directions of growing index in RAS, as (slices, rows, columns): to the head, to the back, to the left.
_VOLUME_AXES = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
# Single slices keep their plane, shown as is usual: (rows, columns) by the axis of the normal.
_SAGITTAL, _CORONAL, _AXIAL = 0, 1, 2
_PLANE_AXES = {
    _SAGITTAL: np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0]]),
    _CORONAL: np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]]),
    _AXIAL: np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]]),
}

Affine = NDArray[np.float64]
Vector = NDArray[np.float64]
Numbers = Sequence[float] | Vector


def normal_of(orientation: Sequence[float]) -> Vector:
    """The direction of growing slices, row direction x column direction, in LPS; not rescaled.

    >>> normal_of((1, 0, 0, 0, 1, 0)).tolist()
    [0.0, 0.0, 1.0]
    """
    directions = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
    return np.cross(directions[0], directions[1])


def orientation_error(orientation: Sequence[float]) -> float:
    """How far the two directions are from unit length and from a right angle; infinite if not finite.

    >>> round(orientation_error((1, 0, 0, 0.1, 1, 0)), 3)
    0.1
    """
    directions = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
    if not np.isfinite(directions).all():
        return float("inf")
    lengths = np.linalg.norm(directions, axis=1)
    return float(max(*np.abs(lengths - 1.0), abs(directions[0] @ directions[1])))


def affine_from(
    position_mm: Numbers,
    orientation: Numbers,
    *,
    spacing_mm: Sequence[float],
    step_mm: Vector,
) -> Affine:
    """The RAS affine of a stack of planes, 4 x 4 float64.

    `position_mm` (LPS) is the centre of the first voxel of the first slice, `spacing_mm` the distance
    between rows, then between columns, `step_mm` (LPS) the way from one slice to the next.
    """
    directions = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
    lps = np.eye(4)
    lps[:3, 0] = step_mm
    lps[:3, 1] = directions[1] * spacing_mm[0]
    lps[:3, 2] = directions[0] * spacing_mm[1]
    lps[:3, 3] = position_mm
    return LPS_TO_RAS @ lps


def geometry_of(affine: Affine, *, kind: SpacingKind = "patient") -> Geometry:
    """The record of a volume's grid; the spacing is the length of the affine's columns."""
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    return Geometry(tuple(float(length) for length in lengths), kind, _nested(affine))


def image_geometry(affine: Affine, *, kind: SpacingKind = "patient") -> Geometry:
    """The record of a single image's grid: two spacings, rows then columns; the slice index is 0."""
    lengths = np.linalg.norm(affine[:3, 1:3], axis=0)
    return Geometry(tuple(float(length) for length in lengths), kind, _nested(affine))


def affine_array(geometry: Geometry) -> Affine:
    """The affine of a geometry as a 4 x 4 array. Raises ValueError where the scan has no position."""
    if geometry.affine is None:
        raise ValueError("this scan has no position in space")
    return np.array(geometry.affine, dtype=np.float64)


def canonical(array: NDArray[Any], geometry: Geometry) -> tuple[NDArray[Any], Geometry]:
    """The same voxels with the axes nearest to the canonical ones, and their geometry.

    `array` is `(slices, rows, columns)` or `(rows, columns)`, by the number of spacings, plus any
    last axis of channels. Volumes come out with slices to the head, rows to the back, columns to
    the left. A single image keeps its plane: axial rows run to the back and columns to the left,
    sagittal rows to the feet and columns to the back, coronal rows to the feet and columns to the
    left. Only permutes and flips; world points keep their values; right-handed in LPS. Without an
    affine nothing is known and nothing changes.
    """
    if geometry.affine is None:
        return array, geometry
    if len(geometry.spacing) == 2:
        return _canonical_image(array, geometry)
    affine = affine_array(geometry)
    order, flips = _nearest_axes(affine[:3, :3], _VOLUME_AXES)
    turned, affine = _turn(array, affine, order=order, flips=flips)
    return turned, geometry_of(affine, kind=geometry.spacing_kind)


def _canonical_image(array: NDArray[Any], geometry: Geometry) -> tuple[NDArray[Any], Geometry]:
    affine = affine_array(geometry)
    normal = np.cross(affine[:3, 1], affine[:3, 2])
    # Rounded, so that a plane halfway between two axes doesn't turn on the last bit.
    plane = int(np.argmax(np.round(np.abs(normal) / np.linalg.norm(normal), 6)))
    order, flips = _nearest_axes(affine[:3, 1:3], _PLANE_AXES[plane])
    volume, affine = _turn(
        array[None], affine, order=(0, *(axis + 1 for axis in order)), flips=(False, *flips)
    )
    # (slice, row, column) is the reverse of (x, y, z), so right-handed is a negative determinant.
    if np.linalg.det(affine[:3, :3]) > 0:
        affine[:3, 0] *= -1
    return volume[0], image_geometry(affine + 0.0, kind=geometry.spacing_kind)


def _nearest_axes(columns: Affine, targets: Affine) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Which axis comes to each place, and whether it is flipped; the smallest total angle wins."""
    # Axes at equal angles must tie on every machine: last bits would decide which of them comes first.
    cosines = np.round(targets @ (columns / np.linalg.norm(columns, axis=0)), 6)
    places = range(len(targets))
    order = max(permutations(places), key=lambda axes: sum(abs(cosines[i, axes[i]]) for i in places))
    return order, tuple(bool(cosines[i, order[i]] < 0) for i in places)


def _turn(
    array: NDArray[Any], affine: Affine, *, order: tuple[int, ...], flips: tuple[bool, ...]
) -> tuple[NDArray[Any], Affine]:
    """Axes in `order`, then flipped where asked; channels stay last."""
    turned = np.transpose(array, (*order, *range(3, array.ndim)))
    moved = affine.copy()
    moved[:3, :3] = affine[:3, list(order)]
    for axis in [axis for axis, flipped in enumerate(flips) if flipped]:
        turned = np.flip(turned, axis)
        moved[:3, 3] += moved[:3, axis] * (turned.shape[axis] - 1)
        moved[:3, axis] *= -1
    return np.ascontiguousarray(turned), moved + 0.0  # + 0.0 turns -0.0 into 0.0


def _nested(affine: Affine) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in affine)
