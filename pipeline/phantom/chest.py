"""An invented chest: its measures, its vessels and perhaps nodules, before any scanner sees it.

Coordinates are millimetres in DICOM's patient frame (LPS): x to the left, y to the back, z to the
head, with the origin in the middle of the chest. Nothing here is a grid; `render` samples it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.difficulty import Difficulty, Range

Array = NDArray[np.float64]
Place = tuple[Array, Array, Array]
"""x, y and z of points in mm; the three arrays broadcast."""

LUNG_HU = (-890.0, -790.0)
VESSEL_HU = (10.0, 110.0)
SQUARENESS = 2.3
"""The exponent of the body's outline: 2 would be an ellipse."""
_HALF_HEIGHT_MM = 160.0
_BEYOND_MM = 25.0
"""How far above and below the imaged part vessels are still drawn."""
_ATTEMPTS = 64
_DRAIN_DEPTH_MM = 22.0
_DRAIN_RADIUS_MM = (4.0, 5.5)  # tubes of 24 to 33 French


@dataclass(frozen=True)
class Nodule:
    """A lobulated ball: its centre `(x, y, z)` and radius in mm, its density in HU."""

    centre: tuple[float, float, float]
    radius_mm: float
    hu: float
    lobes: int
    lobe_depth: float
    lobe_phase: float


@dataclass(frozen=True)
class Effusion:
    """Fluid in the back of the lung on one side (-1 right, 1 left): its depth in mm, its density in HU."""

    side: float
    depth_mm: float
    hu: float


@dataclass(frozen=True)
class Chest:
    """One person's chest; lengths in mm, densities in HU, angles in radians.

    `vessels` has a row `(x, y, z, x, y, z, radius)` for each straight piece, from end to end.
    `drain` has such rows too, for a tube from outside.
    `outline` holds the strength (mm) and phase of the second and third harmonic of the lung's edge.
    """

    half_width_mm: float
    half_depth_mm: float
    fat_mm: float
    wall_mm: float
    mediastinum_mm: float
    heart_mm: float
    outline: tuple[float, float, float, float]
    ribs: int
    rib_phase: float
    lung_hu: float
    vessel_hu: float
    texture_hu: float
    vessels: Array
    nodules: tuple[Nodule, ...] = ()
    effusion: Effusion | None = None
    drain: Array | None = None


def draw_chest(rng: np.random.Generator, difficulty: Difficulty, *, span_mm: Range, size: float) -> Chest:
    """A chest without nodules whose vessels cover the heights `span_mm`; `size` 1 is a man's mean."""
    bare = Chest(
        half_width_mm=size * rng.uniform(138, 172),
        half_depth_mm=size * rng.uniform(94, 122),
        fat_mm=rng.uniform(5, 18),
        wall_mm=rng.uniform(15, 21),
        mediastinum_mm=rng.uniform(19, 29),
        heart_mm=size * rng.uniform(38, 56),
        outline=(rng.uniform(0, 4), rng.uniform(0, 2 * np.pi), rng.uniform(0, 3), rng.uniform(0, 2 * np.pi)),
        ribs=int(rng.integers(9, 13)),
        rib_phase=rng.uniform(0, 2 * np.pi),
        lung_hu=rng.uniform(*LUNG_HU),
        vessel_hu=rng.uniform(*VESSEL_HU),
        texture_hu=rng.uniform(*difficulty.lung_texture_hu),
        vessels=np.zeros((0, 7)),
    )
    return replace(bare, vessels=_vessels(rng, bare, difficulty=difficulty, span_mm=span_mm))


def with_nodules(chest: Chest, rng: np.random.Generator, *, difficulty: Difficulty, span_mm: Range) -> Chest:
    """The chest with nodules inside the lungs, their centres between the two heights of `span_mm`."""
    count = int(rng.integers(difficulty.nodules[0], difficulty.nodules[1] + 1))
    nodules = [_nodule(rng, chest, difficulty=difficulty, span_mm=span_mm) for _ in range(count)]
    return replace(chest, nodules=tuple(nodules))


def with_drain(chest: Chest, rng: np.random.Generator, *, span_mm: Range) -> Chest:
    """The chest with a tube that runs head to foot through a lung."""
    points = _anywhere(rng, chest, count=_ATTEMPTS, span_mm=span_mm)
    depth = lung_depth(chest, (points[:, 0], points[:, 1], points[:, 2]))
    middle = points[[int(np.argmin(np.abs(depth - _DRAIN_DEPTH_MM)))]]
    direction = np.array([[0.0, 0.0, 1.0]]) + 0.15 * rng.standard_normal((1, 3))
    radius = rng.uniform(*_DRAIN_RADIUS_MM, 1)
    height = span_mm[1] - span_mm[0] + 2 * _BEYOND_MM
    return replace(chest, drain=_pieces(middle, direction, length=np.array([height]), radius=radius))


def effusion_depth(chest: Chest, place: Place) -> Array:
    """How deep (mm, negative outside) points lie in the fluid of a chest that has an effusion."""
    x, y, _ = place
    fluid = chest.effusion or Effusion(1.0, 0.0, 0.0)
    back = chest.half_depth_mm - chest.fat_mm - chest.wall_mm
    below = np.minimum(y - (back - fluid.depth_mm), fluid.side * x)
    return np.minimum(lung_depth(chest, place), below)


def nodule_depth(nodule: Nodule, place: Place) -> Array:
    """How deep (mm, negative outside) points lie inside a nodule, by the radius in their direction."""
    dx, dy, dz = (axis - middle for axis, middle in zip(place, nodule.centre, strict=True))
    distance = np.sqrt(dx**2 + dy**2 + dz**2)
    lobes = nodule.lobe_depth * np.cos(nodule.lobes * np.arctan2(dy, dx) + nodule.lobe_phase)
    depth: Array = nodule.radius_mm * (1.0 + lobes) - distance
    return depth


def at_follow_up(chest: Chest, rng: np.random.Generator) -> Chest:
    """The same person at a follow-up: another breath, and nodules that have grown or shrunk a little."""
    breath = chest.lung_hu + rng.uniform(-15, 15)
    growth = rng.uniform(0.95, 1.3)
    nodules = tuple(replace(nodule, radius_mm=growth * nodule.radius_mm) for nodule in chest.nodules)
    return replace(chest, lung_hu=breath, nodules=nodules)


def oval_depth(x: Array, y: Array, *, scale_mm: Array | float, power: float = 2.0) -> Array:
    """How deep (mm, negative outside) points lie in an oval; x and y are shares of its half axes.

    Exact for a circle of radius `scale_mm`; `power` 2 is an ellipse, more is squarer.
    """
    return (1.0 - (np.abs(x) ** power + np.abs(y) ** power) ** (1.0 / power)) * scale_mm


def cavity_depth(chest: Chest, place: Place) -> Array:
    """How deep (mm, negative outside) points lie inside the rib cage."""
    x, y, z = place
    narrowing = np.sqrt(np.clip(1.0 - (z / _HALF_HEIGHT_MM) ** 2, 0.05, None))
    inner = chest.fat_mm + chest.wall_mm
    width = (chest.half_width_mm - inner) * narrowing
    depth = (chest.half_depth_mm - inner) * narrowing
    second, second_phase, third, third_phase = chest.outline
    angle = np.arctan2(y / depth, x / width)
    waves = second * np.cos(2 * angle + second_phase) + third * np.cos(3 * angle + third_phase)
    return oval_depth(x / width, y / depth, scale_mm=np.minimum(width, depth), power=SQUARENESS) + waves


def lung_depth(chest: Chest, place: Place) -> Array:
    """How deep (mm, negative outside) points lie inside either lung."""
    return np.minimum(cavity_depth(chest, place), -_mediastinum_depth(chest, place))


def spine_centre_mm(chest: Chest) -> float:
    """The y of the vertebral bodies' middle."""
    return 0.80 * (chest.half_depth_mm - chest.fat_mm - chest.wall_mm)


def _mediastinum_depth(chest: Chest, place: Place) -> Array:
    """How deep (mm, negative outside) points lie in what parts the lungs: vessels, heart and spine."""
    x, y, z = place
    band = chest.mediastinum_mm * (0.5 + 0.5 * np.exp(-(((y - 10.0) / 45.0) ** 2))) - np.abs(x - 3.0)
    size = chest.heart_mm * np.sqrt(np.clip(1.0 - ((z + 40.0) / 90.0) ** 2, 1e-9, None))
    heart = oval_depth((x - 17.0) / size, (y + 20.0) / (0.8 * size), scale_mm=size)
    spine = oval_depth(x / 29.0, (y - spine_centre_mm(chest)) / 26.0, scale_mm=26.0)
    return np.maximum(np.maximum(band, heart), spine)


def _nodule(rng: np.random.Generator, chest: Chest, *, difficulty: Difficulty, span_mm: Range) -> Nodule:
    low, high = difficulty.nodule_radius_mm
    radius = low * (high / low) ** rng.uniform()
    return Nodule(
        centre=_centre(rng, chest, span_mm=span_mm, margin_mm=radius),
        radius_mm=radius,
        hu=chest.lung_hu + rng.uniform(*difficulty.nodule_contrast_hu),
        lobes=int(rng.integers(2, 6)),
        lobe_depth=rng.uniform(0.0, 0.3),
        lobe_phase=rng.uniform(0, 2 * np.pi),
    )


def _anywhere(rng: np.random.Generator, chest: Chest, *, count: int, span_mm: Range) -> Array:
    """Points `(count, 3)` of the box around the body."""
    box = np.array([chest.half_width_mm, chest.half_depth_mm, 0.5 * (span_mm[1] - span_mm[0])])
    middle = np.array([0.0, 0.0, 0.5 * (span_mm[0] + span_mm[1])])
    points: Array = middle + box * rng.uniform(-1.0, 1.0, (count, 3))
    return points


def _centre(
    rng: np.random.Generator, chest: Chest, *, span_mm: Range, margin_mm: float
) -> tuple[float, float, float]:
    """A point of the lung at least `margin_mm` from its edge, or the deepest of those tried."""
    points = _anywhere(rng, chest, count=_ATTEMPTS, span_mm=span_mm)
    depth = np.minimum(lung_depth(chest, (points[:, 0], points[:, 1], points[:, 2])), margin_mm)
    x, y, z = points[int(np.argmax(depth))]
    return float(x), float(y), float(z)


def _vessels(rng: np.random.Generator, chest: Chest, *, difficulty: Difficulty, span_mm: Range) -> Array:
    span_mm = (span_mm[0] - _BEYOND_MM, span_mm[1] + _BEYOND_MM)
    height = span_mm[1] - span_mm[0]
    branches = _middles(rng, chest, count=round(difficulty.vessels_per_mm * height), span_mm=span_mm)
    across = _middles(rng, chest, count=round(difficulty.across_per_mm * height), span_mm=span_mm)
    return np.concatenate(
        [_branches(rng, branches), _across(rng, across, radius_mm=difficulty.across_radius_mm)]
    )


def _middles(rng: np.random.Generator, chest: Chest, *, count: int, span_mm: Range) -> Array:
    """Up to `count` points `(points, 3)` of the lungs: those in them out of three tries each."""
    points = _anywhere(rng, chest, count=3 * count, span_mm=span_mm)
    inside = lung_depth(chest, (points[:, 0], points[:, 1], points[:, 2])) > 3.0
    return points[inside][:count]


def _branches(rng: np.random.Generator, middles: Array) -> Array:
    """Pieces that run away from the root of the lung and thin out on the way."""
    x, _, z = middles.T
    root = np.stack([np.copysign(30.0, x), np.full(len(x), 8.0), 0.6 * z], axis=1)  # (points, 3)
    outwards = middles - root
    distance = np.sqrt((outwards**2).sum(axis=1, keepdims=True))
    direction = outwards / distance + 0.6 * rng.standard_normal(middles.shape)
    thinning = np.clip(1.0 - distance[:, 0] / 120.0, 0.0, None) ** 1.3
    radius = 0.6 + 2.6 * thinning * rng.uniform(0.4, 1.0, len(middles))
    return _pieces(middles, direction, length=rng.uniform(15, 45, len(middles)), radius=radius)


def _across(rng: np.random.Generator, middles: Array, *, radius_mm: Range) -> Array:
    """Pieces that run head to foot, so that an axial slice cuts them to discs."""
    direction = np.array([0.0, 0.0, 1.0]) + 0.2 * rng.standard_normal(middles.shape)
    radius = rng.uniform(*radius_mm, len(middles))
    return _pieces(middles, direction, length=rng.uniform(30, 80, len(middles)), radius=radius)


def _pieces(middles: Array, direction: Array, *, length: Array, radius: Array) -> Array:
    unit = direction / np.sqrt((direction**2).sum(axis=1, keepdims=True))
    half = 0.5 * length[:, np.newaxis] * unit
    return np.concatenate([middles - half, middles + half, radius[:, np.newaxis]], axis=1)  # (pieces, 7)
