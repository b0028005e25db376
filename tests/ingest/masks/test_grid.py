"""Marks on grids of every order and direction of axes, against the world points of each voxel."""

from __future__ import annotations

import re
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.ingest.masks.grid import Block, Grid, put
from pipeline.ingest.reasons import Refusal

SHAPE = (4, 6, 5)
ORIENTATIONS = [(order, signs) for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]
STRAIGHT = np.array([[0, 0, -0.8, 40.0], [0, -0.5, 0, -7], [3, 0, 0, 11], [0, 0, 0, 1]])


def oblique(affine: NDArray[np.float64], degrees: tuple[float, float, float]) -> NDArray[np.float64]:
    turned = affine.copy()
    turned[:3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() @ affine[:3]
    return turned


def turned(
    marked: NDArray[np.bool_], affine: NDArray[np.float64], order: tuple[int, ...], signs: tuple[int, ...]
) -> Block:
    """The same marks at the same points, stored in another order and direction of axes."""
    moved = np.transpose(marked, order)
    columns = affine[:3, list(order)].copy()
    origin = affine[:3, 3].copy()
    for axis, sign in enumerate(signs):
        if sign < 0:
            origin += columns[:, axis] * (moved.shape[axis] - 1)
            columns[:, axis] *= -1
            moved = np.flip(moved, axis)
    return Block(np.vstack([np.column_stack([columns, origin]), [0, 0, 0, 1]]), moved)


def placed(*blocks: Block, affine: NDArray[np.float64] = STRAIGHT) -> NDArray[np.uint8]:
    mask = np.zeros(SHAPE, np.uint8)
    for block in blocks:
        put(block, Grid(affine, SHAPE), mask)
    return mask


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
@pytest.mark.parametrize("degrees", [(0, 0, 0), (12, -33, 71)], ids=["straight", "oblique"])
def test_every_voxel_keeps_its_place_in_all_orders_and_directions_of_axes(
    orientation: tuple[tuple[int, ...], tuple[int, ...]], degrees: tuple[float, float, float]
) -> None:
    affine = oblique(STRAIGHT, degrees)
    marked = np.random.default_rng(1).random(SHAPE) < 0.3
    block = turned(marked, affine, *orientation)
    assert np.array_equal(placed(block, affine=affine), marked)


@given(
    st.sampled_from(ORIENTATIONS),
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.permutations(range(SHAPE[0])),
    st.integers(1, SHAPE[0]),
)
@settings(max_examples=60)
def test_slices_come_one_by_one_in_any_order_and_those_that_do_not_come_are_empty(
    orientation: tuple[tuple[int, ...], tuple[int, ...]],
    degrees: tuple[float, float, float],
    order: list[int],
    count: int,
) -> None:
    affine = oblique(STRAIGHT, degrees)
    marked = np.random.default_rng(2).random(SHAPE) < 0.5
    expected = np.zeros(SHAPE, bool)
    blocks = []
    for number in order[:count]:
        expected[number] = marked[number]
        own = affine.copy()
        own[:3, 3] += number * affine[:3, 0]
        own[:3, 0] = (7.0, 7.0, 7.0)  # of a single slice, nothing depends on the step
        blocks.append(turned(marked[number : number + 1], own, *orientation))
    assert np.array_equal(placed(*blocks, affine=affine), expected)


def test_a_part_of_the_scan_may_be_marked_alone() -> None:
    marked = np.ones((2, 3, 4), bool)
    own = STRAIGHT.copy()
    own[:3, 3] += STRAIGHT[:3, :3] @ (1, 2, 1)
    expected = np.zeros(SHAPE, bool)
    expected[1:3, 2:5, 1:5] = True
    assert np.array_equal(placed(Block(own, marked)), expected)


def moved(voxels: tuple[float, float, float] = (0, 0, 0), **changes: float) -> Block:
    own = STRAIGHT.copy()
    own[:3, 3] += STRAIGHT[:3, :3] @ voxels
    if "scale" in changes:
        own[:3, 2] *= changes["scale"]
    return Block(oblique(own, (changes.get("degrees", 0), 0, 0)), np.ones(SHAPE, bool))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("far", [1e308, np.inf, np.nan], ids=str)
def test_a_place_beyond_all_numbers_is_refused(far: float) -> None:
    own = STRAIGHT.copy()
    own[0, 3] = own[1, 1] = far
    with pytest.raises(Refusal, match="mask_geometry_mismatch"):
        placed(Block(own, np.ones(SHAPE, bool)))


def test_a_tenth_of_a_voxel_is_rounding_and_more_is_told_in_millimetres() -> None:
    assert placed(moved((0.09, 0, -0.09))).all()
    with pytest.raises(Refusal, match=r"0\.09 mm off its voxels, turned by 0\.00 degrees"):
        placed(moved((0, 0, 0.11)))


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (moved((0, 0, 1)), "reaches 0.80 mm beyond the scan"),
        (moved((-2, 0, 0)), "reaches 6.00 mm beyond the scan"),
        (moved((0, 0, 0.5)), r"0.40 mm off its voxels, turned by 0.00 degrees"),
        (moved(scale=2.0), "mm off its voxels, turned by 0.00 degrees"),
        (moved(degrees=30), r"mm off its voxels, turned by 30.00 degrees"),
        (Block(STRAIGHT @ np.diag([-1.0, 1, 1, 1]), np.ones(SHAPE, bool)), "reaches 9.00 mm beyond"),
    ],
    ids=["a column aside", "two slices below", "half a pixel", "another spacing", "turned", "upside down"],
)
def test_what_lies_elsewhere_is_refused_however_well_its_shape_fits(block: Block, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        placed(block)
    assert refused.value.reason == "mask_geometry_mismatch"
    assert re.search(told, refused.value.detail)
