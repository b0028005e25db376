"""The chest sampled on a grid: true densities in HU, without the scanner's blur and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.phantom.chest import (
    SQUARENESS,
    Chest,
    Place,
    cavity_depth,
    effusion_depth,
    lung_depth,
    nodule_depth,
    oval_depth,
    spine_centre_mm,
)

Array = NDArray[np.float64]

# Densities as in CT of the chest, rounded; air is -1000 by the definition of the unit. What is below about
# shapes and sizes is a choice for the eye.
AIR_HU = -1000.0
FAT_HU = -100.0
MUSCLE_HU = 45.0
MARROW_HU = 260.0
CORTEX_HU = 750.0
CORTEX_MM = 3.0
COUCH_HU = -250.0
DRAIN_HU = 900.0
BASE_HU_PER_MM = 0.35
"""A lying person's lung is denser towards the back."""
GRAIN_MM = 5.0
_RIB_HALF_MM = 4.0
_RIB_PITCH_MM = 28.0


@dataclass(frozen=True)
class Grid:
    """An axial grid in the patient frame: the first voxel's centre and the steps, in mm.

    `roll` (radians) and `shift_mm` say how the person lies in it.
    """

    shape: tuple[int, int, int]
    first: tuple[float, float, float]
    spacing_mm: float
    step_mm: float
    roll: float
    shift_mm: tuple[float, float]

    def axes(self) -> tuple[Array, Array, Array]:
        """x, y, z of the voxels in mm, as `(1, 1, columns)`, `(1, rows, 1)` and `(slices, 1, 1)`."""
        slices, rows, columns = self.shape
        x = self.first[0] + self.spacing_mm * np.arange(columns, dtype=np.float64)
        y = self.first[1] + self.spacing_mm * np.arange(rows, dtype=np.float64)
        z = self.first[2] + self.step_mm * np.arange(slices, dtype=np.float64)
        return x[np.newaxis, np.newaxis, :], y[np.newaxis, :, np.newaxis], z[:, np.newaxis, np.newaxis]

    def to_chest(self, x: Array, y: Array) -> tuple[Array, Array]:
        """x and y in the chest's own frame of points of the grid."""
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        right, down = x - self.shift_mm[0], y - self.shift_mm[1]
        return cos * right + sin * down, cos * down - sin * right

    def from_chest(self, points: Array) -> Array:
        """Points `(n, 3)` of the chest's own frame on the grid, mm; the reverse of `to_chest`."""
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        x, y, z = points.T
        return np.stack(
            [cos * x - sin * y + self.shift_mm[0], cos * y + sin * x + self.shift_mm[1], z], axis=1
        )


def render(chest: Chest, grid: Grid, *, rng: np.random.Generator) -> Array:
    """Densities in HU, `(slices, rows, columns)`; `rng` draws the texture of the lungs."""
    x, y, z = grid.axes()
    place = (*grid.to_chest(x, y), z)
    edge = grid.spacing_mm
    lung = _inside(lung_depth(chest, place), edge)
    air = chest.lung_hu + BASE_HU_PER_MM * place[1] + chest.texture_hu * _texture(grid, rng)
    hu = _blend(_body(chest, place, edge_mm=edge), lung, value=air)
    hu = _blend(hu, lung * _share_of(chest.vessels, grid), value=chest.vessel_hu)
    for nodule in chest.nodules:
        hu = _blend(hu, lung * _inside(nodule_depth(nodule, place), edge), value=nodule.hu)
    if chest.effusion is not None:
        hu = _blend(hu, _inside(effusion_depth(chest, place), edge), value=chest.effusion.hu)
    if chest.drain is not None:
        hu = _blend(hu, _share_of(chest.drain, grid), value=DRAIN_HU)
    couch = 3.0 - np.abs(y - 4e-4 * x**2 - chest.half_depth_mm - 12.0)
    return _blend(hu, _inside(couch, edge), value=COUCH_HU)


def _body(chest: Chest, place: Place, *, edge_mm: float) -> Array:
    """HU of fat, muscle, bone and windpipe: everything but the lungs."""
    x, y, z = place
    smaller = min(chest.half_width_mm, chest.half_depth_mm)
    skin = oval_depth(x / chest.half_width_mm, y / chest.half_depth_mm, scale_mm=smaller, power=SQUARENESS)
    bone = _bone_depth(chest, place)
    apart = np.clip(-0.5 * z, 0.0, 30.0)  # the windpipe parts in two below the middle of the chest
    airway = oval_depth((np.abs(x) - apart) / 8.0, (y - 4.0) / 8.0, scale_mm=8.0)
    layers = (
        (skin, FAT_HU),
        (skin - chest.fat_mm, MUSCLE_HU),
        (bone, CORTEX_HU),
        (bone - CORTEX_MM, MARROW_HU),
        (airway, AIR_HU),
    )
    hu = np.full(np.broadcast_shapes(x.shape, y.shape, z.shape), AIR_HU)
    for depth, density in layers:
        hu = _blend(hu, _inside(depth, edge_mm), value=density)
    return hu


def _bone_depth(chest: Chest, place: Place) -> Array:
    """How deep (mm, negative outside) points lie inside a rib, a vertebra or the breastbone.

    Ribs slope, so a slice cuts each once and they move round the cage from slice to slice.
    """
    x, y, z = place
    angle = np.arctan2(y / chest.half_depth_mm, np.abs(x) / chest.half_width_mm)
    wave = np.cos(chest.ribs * angle + 2 * np.pi * z / _RIB_PITCH_MM + chest.rib_phase)
    rib = np.minimum(_RIB_HALF_MM - np.abs(cavity_depth(chest, place) + _RIB_HALF_MM + 2.0), 12.0 * wave)
    back, front = spine_centre_mm(chest), 8.0 - 0.97 * (chest.half_depth_mm - chest.fat_mm)
    vertebra = oval_depth(x / 19.0, (y - back) / 16.0, scale_mm=16.0)
    arch = oval_depth(x / 16.0, (y - back - 31.0) / 8.0, scale_mm=8.0)
    sternum = oval_depth(x / 17.0, (y - front) / 6.0, scale_mm=6.0)
    return np.maximum(np.maximum(rib, vertebra), np.maximum(arch, sternum))


def _share_of(pieces: Array, grid: Grid) -> Array:
    """The share of each voxel that round pieces fill, as rows of `Chest.vessels` describe them."""
    filled = np.zeros(grid.shape)
    starts, ends = grid.from_chest(pieces[:, 0:3]), grid.from_chest(pieces[:, 3:6])
    for start, end, radius_mm in zip(starts, ends, pieces[:, 6], strict=True):
        _fill_piece(filled, grid, start=start, end=end, radius_mm=radius_mm)
    return filled


def _fill_piece(filled: Array, grid: Grid, *, start: Array, end: Array, radius_mm: float) -> None:
    """Fills a straight round piece into `filled`; only the voxels of its bounding box are touched."""
    reach = radius_mm + grid.spacing_mm
    box, offsets = [], []
    for axis, one, other in zip(grid.axes(), start, end, strict=True):
        near = np.flatnonzero((axis > min(one, other) - reach) & (axis < max(one, other) + reach))
        if not len(near):
            return
        box.append(slice(near[0], near[-1] + 1))
        offsets.append(axis.ravel()[box[-1]] - one)
    dx, dy, dz = offsets[0], offsets[1][:, np.newaxis], offsets[2][:, np.newaxis, np.newaxis]
    ax, ay, az = end - start
    along = np.clip((dx * ax + dy * ay + dz * az) / (ax * ax + ay * ay + az * az), 0.0, 1.0)
    distance = np.sqrt((dx - along * ax) ** 2 + (dy - along * ay) ** 2 + (dz - along * az) ** 2)
    place = (box[2], box[1], box[0])  # (slices, rows, columns)
    filled[place] = np.maximum(filled[place], _inside(radius_mm - distance, grid.spacing_mm))


def _texture(grid: Grid, rng: np.random.Generator) -> Array:
    """Smooth noise of standard deviation 1, `(slices, rows, columns)`."""
    sigma = (GRAIN_MM / grid.step_mm, GRAIN_MM / grid.spacing_mm, GRAIN_MM / grid.spacing_mm)
    noise: Array = ndimage.gaussian_filter(rng.standard_normal(grid.shape), sigma, mode="wrap")
    noise /= noise.std()
    return noise


def _inside(depth_mm: Array, edge_mm: float) -> Array:
    """The share of a voxel that lies inside a surface `depth_mm` away: 0, 1, or between at the edge."""
    return np.clip(0.5 + depth_mm / edge_mm, 0.0, 1.0)


def _blend(hu: Array, share: Array, *, value: Array | float) -> Array:
    """HU with `value` in its share of each voxel."""
    return hu + share * (value - hu)
