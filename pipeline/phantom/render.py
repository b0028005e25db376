"""The chest sampled on a grid: true densities in HU, without the scanner's blur and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.phantom.chest import (
    Chest,
    Nodule,
    cavity_depth,
    ellipse_depth,
    lung_depth,
    spine_centre_mm,
)

Array = NDArray[np.float64]

AIR_HU = -1000.0
FAT_HU = -100.0
MUSCLE_HU = 45.0
MARROW_HU = 260.0
CORTEX_HU = 750.0
COUCH_HU = -250.0
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
        # (1, 1, columns), (1, rows, 1), (slices, 1, 1)
        return x[np.newaxis, np.newaxis, :], y[np.newaxis, :, np.newaxis], z[:, np.newaxis, np.newaxis]

    def to_chest(self, x: Array, y: Array) -> tuple[Array, Array]:
        """x and y in the chest's own frame of a point of the grid."""
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        right, down = x - self.shift_mm[0], y - self.shift_mm[1]
        return cos * right + sin * down, cos * down - sin * right

    def from_chest(self, x: float, y: float) -> tuple[float, float]:
        """x and y on the grid of a point of the chest."""
        cos, sin = float(np.cos(self.roll)), float(np.sin(self.roll))
        return cos * x - sin * y + self.shift_mm[0], cos * y + sin * x + self.shift_mm[1]


def render(chest: Chest, grid: Grid, rng: np.random.Generator) -> Array:
    """Densities in HU, `(slices, rows, columns)`; `rng` draws the texture of the lungs."""
    x_grid, y_grid, z = grid.axes()
    x, y = grid.to_chest(x_grid, y_grid)
    edge = grid.spacing_mm
    lung = _inside(lung_depth(chest, x, y, z), edge)
    air = chest.lung_hu + BASE_HU_PER_MM * y + chest.texture_hu * _texture(rng, grid)
    hu = _blend(_body(chest, x, y, z, edge=edge), lung, air)
    for piece in chest.vessels:
        placed = (
            *grid.from_chest(piece[0], piece[1]),
            piece[2],
            *grid.from_chest(piece[3], piece[4]),
            piece[5],
        )
        _draw_vessel(hu, lung, np.array(placed), grid, radius_mm=piece[6], vessel_hu=chest.vessel_hu)
    if chest.nodule:
        hu = _blend(hu, lung * _nodule(chest.nodule, x, y, z, edge=edge), chest.nodule.hu)
    couch = 3.0 - np.abs(y_grid - 4e-4 * x_grid**2 - chest.half_depth_mm - 12.0)
    return _blend(hu, _inside(couch, edge), COUCH_HU)


def _body(chest: Chest, x: Array, y: Array, z: Array, *, edge: float) -> Array:
    """Fat, muscle, ribs, spine and windpipe; what the lungs don't fill."""
    smaller = min(chest.half_width_mm, chest.half_depth_mm)
    skin = ellipse_depth(x / chest.half_width_mm, y / chest.half_depth_mm, smaller)
    cage = cavity_depth(chest, x, y, z)
    hu = np.full(np.broadcast_shapes(x.shape, y.shape, z.shape), AIR_HU)
    hu = _blend(hu, _inside(skin, edge), FAT_HU)
    hu = _blend(hu, _inside(skin - chest.fat_mm, edge), MUSCLE_HU)
    angle = np.arctan2(y / chest.half_depth_mm, np.abs(x) / chest.half_width_mm)
    wave = np.cos(chest.ribs * angle + 2 * np.pi * z / _RIB_PITCH_MM + chest.rib_phase)
    rib = np.minimum(_RIB_HALF_MM - np.abs(cage + _RIB_HALF_MM + 2.0), 12.0 * wave)
    spine_y = spine_centre_mm(chest)
    vertebra = ellipse_depth(x / 19.0, (y - spine_y) / 16.0, 16.0, 2.0)
    arch = ellipse_depth(x / 16.0, (y - spine_y - 31.0) / 8.0, 8.0, 2.0)
    sternum = ellipse_depth(x / 17.0, (y + 0.97 * (chest.half_depth_mm - chest.fat_mm) - 8.0) / 6.0, 6.0, 2.0)
    bone = np.maximum(np.maximum(rib, vertebra), np.maximum(arch, sternum))
    hu = _blend(hu, _inside(bone, edge), CORTEX_HU)
    hu = _blend(hu, _inside(bone - 3.0, edge), MARROW_HU)
    apart = np.clip(-0.5 * z, 0.0, 30.0)
    airway = ellipse_depth((np.abs(x) - apart) / 8.0, (y - 4.0) / 8.0, 8.0, 2.0)
    return _blend(hu, _inside(airway, edge), AIR_HU)


def _nodule(nodule: Nodule, x: Array, y: Array, z: Array, *, edge: float) -> Array:
    """The share of each voxel that the nodule fills."""
    dx, dy, dz = x - nodule.centre[0], y - nodule.centre[1], z - nodule.centre[2]
    distance = np.sqrt(dx**2 + dy**2 + dz**2)
    lobes = nodule.lobe_depth * np.cos(nodule.lobes * np.arctan2(dy, dx) + nodule.lobe_phase)
    return _inside(nodule.radius_mm * (1.0 + lobes) - distance, edge)


def _draw_vessel(
    hu: Array, lung: Array, ends: Array, grid: Grid, *, radius_mm: float, vessel_hu: float
) -> None:
    """Draws a straight piece between `ends` (x, y, z, x, y, z on the grid) into the lung of `hu`.

    Only the voxels of its bounding box are touched.
    """
    axes = grid.axes()
    reach = radius_mm + grid.spacing_mm
    box, offsets = [], []
    for axis, one, other in zip(axes, ends[:3], ends[3:], strict=True):
        near = np.flatnonzero((axis > min(one, other) - reach) & (axis < max(one, other) + reach))
        if not len(near):
            return
        box.append(slice(near[0], near[-1] + 1))
        offsets.append(axis.ravel()[box[-1]] - one)
    dx, dy, dz = offsets[0], offsets[1][:, np.newaxis], offsets[2][:, np.newaxis, np.newaxis]
    along = ends[3:] - ends[:3]
    share = np.clip((dx * along[0] + dy * along[1] + dz * along[2]) / (along**2).sum(), 0.0, 1.0)
    squares = (dx - share * along[0]) ** 2 + (dy - share * along[1]) ** 2 + (dz - share * along[2]) ** 2
    place = (box[2], box[1], box[0])  # (slices, rows, columns)
    filled = lung[place] * _inside(radius_mm - np.sqrt(squares), grid.spacing_mm)
    hu[place] = _blend(hu[place], filled, vessel_hu)


def _texture(rng: np.random.Generator, grid: Grid) -> Array:
    """Smooth noise of standard deviation 1, `(slices, rows, columns)`."""
    sigma = (GRAIN_MM / grid.step_mm, GRAIN_MM / grid.spacing_mm, GRAIN_MM / grid.spacing_mm)
    noise: Array = ndimage.gaussian_filter(rng.standard_normal(grid.shape), sigma, mode="wrap")
    return noise / noise.std()


def _inside(depth_mm: Array, edge_mm: float) -> Array:
    """The share of a voxel that lies inside a surface `depth_mm` away: 0, 1, or between at the edge."""
    return np.clip(0.5 + depth_mm / edge_mm, 0.0, 1.0)


def _blend(hu: Array, share: Array, value: Array | float) -> Array:
    return hu + share * (value - hu)
