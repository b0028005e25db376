"""How far two masks' borders lie apart, in millimetres between centres of voxels.

A border voxel has a neighbour over a face that the mask doesn't hold; beyond the edge of the image there
is nothing, so a mask that touches the edge has its border there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.spatial import KDTree

from pipeline.statistics.vectors import Flags, Floats, Integers

ROBUST: Final = 95
"""The percentile that a Hausdorff distance is made robust by: linear between ranks (Maier-Hein 2024)."""
_ROUNDING_MM: Final = 1e-6
"""What sums of spacings that are decimal fractions may be off by; no scanner knows a nanometre."""
_VOXELS_A_POINT: Final = 4
"""A nearest neighbour by a tree costs as much as passing so many voxels in a distance transform.

Measured on 256^3 scattered voxels, one core: 0.7 microseconds a point against 0.2 a voxel.
"""


@dataclass(frozen=True)
class Distances:
    """For each border voxel of one mask how far the other's nearest lies, in mm, both ways.

    `of_truth` has one value a border voxel of the truth, `of_prediction` one of the prediction.
    """

    of_truth: Floats
    of_prediction: Floats

    def hausdorff(self) -> float:
        """The largest distance from either border to the other, in mm."""
        return float(max(self.of_truth.max(), self.of_prediction.max()))

    def robust_hausdorff(self) -> float:
        """HD95, in mm: the larger of the two directed 95th percentiles."""
        directed = (np.percentile(one, ROBUST) for one in (self.of_truth, self.of_prediction))
        return float(max(directed))

    def share_within(self, tolerance_mm: float) -> float:
        """NSD: the share of both borders' voxels that lie within the tolerance (Nikolov 2021)."""
        bound = tolerance_mm + _ROUNDING_MM
        within = np.count_nonzero(self.of_truth <= bound) + np.count_nonzero(self.of_prediction <= bound)
        return float(within) / (self.of_truth.size + self.of_prediction.size)


def distances(truth: Flags, prediction: Flags, spacing_mm: tuple[float, ...]) -> Distances:
    """The distances of the borders of two masks of one shape, neither of them empty.

    What lies in both borders is at no distance, so only the rest is searched for: by a tree of the other
    border's voxels, or, where they are so many that passing every voxel is cheaper, by a distance
    transform. `spacing_mm` has a number an axis.
    """
    box = joint_box(truth, prediction)
    of_truth, of_prediction = border(truth[box]), border(prediction[box])
    scale = np.asarray(spacing_mm)
    return Distances(_directed(of_truth, of_prediction, scale), _directed(of_prediction, of_truth, scale))


def border(mask: Flags) -> Flags:
    """Which voxels of the mask have a neighbour over a face that it doesn't hold, of the mask's shape."""
    inside = mask.copy()
    for axis in range(mask.ndim):
        before, after = _halves(mask.ndim, axis)
        inside[after] &= mask[before]
        inside[before] &= mask[after]
        edges = np.moveaxis(inside, axis, 0)  # a view
        edges[0] = edges[-1] = False
    return mask & ~inside


def joint_box(*masks: Flags) -> tuple[slice, ...]:
    """The smallest box that holds every voxel of the masks; no voxel at all gives an empty box."""
    box = []
    for axis in range(masks[0].ndim):
        others = tuple(other for other in range(masks[0].ndim) if other != axis)
        held = np.logical_or.reduce([mask.any(axis=others) for mask in masks])
        places = np.flatnonzero(held)
        box.append(slice(int(places[0]), int(places[-1]) + 1) if places.size else slice(0, 0))
    return tuple(box)


def _halves(dimensions: int, axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """All voxels but the last along an axis, and all but the first."""
    whole = [slice(None)] * dimensions
    before, after = [*whole], [*whole]
    before[axis], after[axis] = slice(None, -1), slice(1, None)
    return tuple(before), tuple(after)


def _directed(here: Flags, there: Flags, scale: Floats) -> Floats:
    """For each voxel of the border `here` the distance to the nearest of `there`, in mm; zeros last."""
    apart = np.argwhere(here & ~there)  # (voxels, axes)
    distance = np.zeros(np.count_nonzero(here))
    if apart.size:
        points = len(apart) + np.count_nonzero(there)
        nearest = _by_transform if points * _VOXELS_A_POINT > here.size else _by_tree
        distance[: len(apart)] = nearest(apart, there, scale)
    return distance


def _by_tree(points: Integers, there: Flags, scale: Floats) -> Floats:
    tree = KDTree(np.argwhere(there) * scale, balanced_tree=False)
    found: Floats = tree.query(points * scale)[0]
    return found


def _by_transform(points: Integers, there: Flags, scale: Floats) -> Floats:
    places: Any = distance_transform_edt(
        ~there, sampling=scale, return_distances=False, return_indices=True
    )  # (axes, *shape), of 32 bits: the distances of all voxels would take three times as much memory
    nearest = places[(slice(None), *points.T)].T
    found: Floats = np.sqrt((((points - nearest) * scale) ** 2).sum(axis=1))
    return found
