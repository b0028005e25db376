from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.phantom.chest import Chest, Nodule, draw_chest, lung_depth
from pipeline.phantom.difficulty import IMAGE
from pipeline.phantom.render import AIR_HU, FAT_HU, MUSCLE_HU, Grid, render

Array = NDArray[np.float64]


@pytest.fixture
def chest() -> Chest:
    drawn = draw_chest(np.random.default_rng(3), IMAGE, span_mm=(-2.0, 2.0), size=1.0)
    return replace(drawn, texture_hu=0.0, vessels=drawn.vessels[:0])


def _grid(*, side: int = 201, spacing_mm: float = 2.0, slices: int = 1) -> Grid:
    corner = -0.5 * (side - 1) * spacing_mm
    return Grid((slices, side, side), (corner, corner, 0.0), spacing_mm, spacing_mm, 0.0, (0.0, 0.0))


def _at(image: Array, grid: Grid, x: float, y: float) -> float:
    column = round((x - grid.first[0]) / grid.spacing_mm)
    row = round((y - grid.first[1]) / grid.spacing_mm)
    return float(image[0, row, column])


def test_each_tissue_has_its_density(chest: Chest) -> None:
    grid = _grid()
    image = render(chest, grid, rng=np.random.default_rng(0))
    assert _at(image, grid, -195.0, -195.0) == AIR_HU
    assert _at(image, grid, 0.0, 0.5 - chest.half_depth_mm + chest.fat_mm / 2) == pytest.approx(
        FAT_HU, abs=80
    )
    assert _at(image, grid, 0.0, 4.0) == pytest.approx(AIR_HU, abs=1)  # the windpipe
    assert _at(image, grid, 17.0, -20.0) == pytest.approx(MUSCLE_HU, abs=1)  # the heart
    assert _at(image, grid, -75.0, 0.0) == pytest.approx(chest.lung_hu, abs=1)
    assert image.max() > 400


def test_ribs_are_bone_of_several_hundred_units_outside_the_lungs(chest: Chest) -> None:
    grid = _grid()
    image = render(chest, grid, rng=np.random.default_rng(0))[0]
    x, y, z = grid.axes()
    lungs = lung_depth(chest, (x, y, z))[0] > 2.0
    assert image[lungs].max() < 0
    sides = np.abs(np.broadcast_to(x[0], image.shape)) > 60
    assert image[sides & ~lungs].max() > 400


def test_a_nodule_fills_its_own_volume(chest: Chest) -> None:
    ball = Nodule((75.0, 0.0, 20.0), radius_mm=9.0, hu=0.0, lobes=3, lobe_depth=0.0, lobe_phase=0.0)
    grid = _grid(slices=21)
    without = render(chest, grid, rng=np.random.default_rng(0))
    added = render(replace(chest, nodules=(ball,)), grid, rng=np.random.default_rng(0)) - without
    sphere_mm3 = 4.0 / 3.0 * np.pi * 9.0**3
    background = -chest.lung_hu
    assert added.sum() * 2.0**3 / background == pytest.approx(sphere_mm3, rel=0.05)


def test_a_vessel_across_the_slice_is_a_disc_of_its_own_area(chest: Chest) -> None:
    piece = np.array([[75.0, 0.0, -30.0, 75.0, 0.0, 30.0, 5.0]])
    grid = _grid()
    added = render(replace(chest, vessels=piece), grid, rng=np.random.default_rng(0))
    added -= render(chest, grid, rng=np.random.default_rng(0))
    disc_mm2 = np.pi * 5.0**2
    assert added.sum() * 2.0**2 / (chest.vessel_hu - chest.lung_hu) == pytest.approx(disc_mm2, rel=0.05)


def test_a_vessel_that_ends_below_the_slice_leaves_no_trace(chest: Chest) -> None:
    piece = np.array([[75.0, 0.0, -60.0, 75.0, 0.0, -20.0, 5.0]])
    image = render(replace(chest, vessels=piece), _grid(), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(image, render(chest, _grid(), rng=np.random.default_rng(0)))


def test_vessels_are_drawn_inside_the_lungs_only(chest: Chest) -> None:
    piece = np.array([[-190.0, 0.0, 0.0, 190.0, 0.0, 0.0, 5.0]])
    grid = _grid()
    x, y, z = grid.axes()
    outside = lung_depth(chest, (x, y, z)) < -grid.spacing_mm
    image = render(replace(chest, vessels=piece), grid, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(image[outside], render(chest, grid, rng=np.random.default_rng(0))[outside])


def test_the_grid_and_the_chest_agree_on_where_a_point_lies() -> None:
    grid = replace(_grid(), roll=0.3, shift_mm=(12.0, -7.0))
    points = np.array([[10.0, 20.0, 30.0], [-55.0, 3.0, 0.0]])
    there = grid.from_chest(points)
    x, y = grid.to_chest(there[:, 0], there[:, 1])
    np.testing.assert_allclose(np.stack([x, y, there[:, 2]], axis=1), points, atol=1e-12)


def test_a_turned_person_has_the_nodule_and_the_vessel_in_the_same_place(chest: Chest) -> None:
    grid = replace(_grid(), roll=0.1, shift_mm=(6.0, 4.0))
    ball = Nodule((75.0, 10.0, 0.0), radius_mm=6.0, hu=0.0, lobes=3, lobe_depth=0.0, lobe_phase=0.0)
    piece = np.array([[75.0, 10.0, -30.0, 75.0, 10.0, 30.0, 6.0]])
    bare = render(chest, grid, rng=np.random.default_rng(0))[0]
    with_ball = render(replace(chest, nodules=(ball,)), grid, rng=np.random.default_rng(0))[0] - bare
    with_piece = render(replace(chest, vessels=piece), grid, rng=np.random.default_rng(0))[0] - bare
    np.testing.assert_allclose(_centre(with_ball), _centre(with_piece), atol=0.05)


def _centre(image: Array) -> list[float]:
    return [float(np.average(index, weights=image)) for index in np.indices(image.shape)]
