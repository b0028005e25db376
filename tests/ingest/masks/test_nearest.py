"""Masks of other grids, against the world points of each voxel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from pipeline.ingest.masks.grid import Block, Grid, put_whole
from pipeline.ingest.masks.nearest import put_nearest
from pipeline.ingest.reasons import Refusal

SHAPE = (6, 8, 10)
TURNED = np.eye(4)
TURNED[:3, :3] = Rotation.from_euler("xyz", (10, -20, 35), degrees=True).as_matrix()
AFFINE = TURNED @ np.array([[0, 0, -0.8, 40.0], [0, -0.5, 0, -7], [3, 0, 0, 11], [0, 0, 0, 1]])


def other(steps: tuple[float, float, float], shape: tuple[int, int, int]) -> Block:
    """Random marks on a grid whose voxels are so many times as large and whose outer sides are the same."""
    affine = AFFINE @ np.diag([*steps, 1.0])
    affine[:3, 3] = (AFFINE @ [*((np.array(steps) - 1) / 2), 1])[:3]
    return Block(affine, np.random.default_rng(3).random(shape) < 0.4)


def points(affine: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.indices(shape).reshape(3, -1).T @ affine[:3, :3].T + affine[:3, 3]


@pytest.mark.parametrize(
    ("steps", "shape"),
    [((2, 2, 2), (3, 4, 5)), ((1, 1 / 3, 0.2), (6, 24, 50)), ((3, 1, 0.4), (2, 8, 25)), ((1, 1, 1), SHAPE)],
    ids=["coarser", "finer", "both", "the same"],
)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_every_voxel_takes_the_mark_that_is_nearest_in_space(
    steps: tuple[float, float, float], shape: tuple[int, int, int], order: tuple[int, int, int]
) -> None:
    block = other(steps, shape)
    moved = Block(block.affine[:, [*order, 3]], block.marked.transpose(order)[:, ::-1])
    moved.affine[:3, 3] += moved.affine[:3, 1] * (moved.marked.shape[1] - 1)
    moved.affine[:3, 1] *= -1
    mask = np.zeros(SHAPE, np.uint8)
    put_nearest(moved, Grid(AFFINE, SHAPE), mask)
    distances, nearest = cKDTree(points(block.affine, shape)).query(points(AFFINE, SHAPE), k=2)
    clear = distances[:, 1] - distances[:, 0] > 1e-6  # on the border of two voxels either is the nearest
    expected = block.marked.ravel()[nearest[:, 0]]
    assert clear.any()
    assert np.array_equal(mask.ravel()[clear].astype(bool), expected[clear])


@pytest.mark.parametrize("turn", range(5))
def test_of_two_that_are_as_near_the_later_one_counts_whatever_rounding_does(turn: int) -> None:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.random(random_state=turn).as_matrix() * 0.7
    affine[:3, 3] = (123.4, -56.7, 8.9)
    finer = affine @ np.diag([0.5, 0.5, 0.5, 1])
    finer[:3, 3] = (affine @ [-0.25, -0.25, -0.25, 1])[:3]
    marked = np.random.default_rng(turn).random((12, 16, 20)) < 0.5
    mask = np.zeros(SHAPE, np.uint8)
    put_nearest(Block(finer, marked), Grid(affine, SHAPE), mask)
    assert np.array_equal(mask.astype(bool), marked[1::2, 1::2, 1::2])


def refused(block: Block) -> str:
    mask = np.zeros(SHAPE, np.uint8)
    with pytest.raises(Refusal) as refusal:
        put_nearest(block, Grid(AFFINE, SHAPE), mask)
    assert not mask.any()
    return f"{refusal.value.reason}: {refusal.value.detail}"


def test_a_mask_that_lies_elsewhere_is_refused_with_how_far() -> None:
    block = other((1, 2, 2), (6, 4, 5))
    block.affine[:3, 3] += AFFINE[:3, 0]  # a slice up, of 3 mm
    assert refused(block) == "mask_geometry_mismatch: it ends 3.00 mm before the scan does"


def test_a_part_of_the_scan_is_not_enough_and_marks_beyond_it_are_too_much() -> None:
    whole = other((1, 2, 2), (6, 4, 5))
    assert refused(Block(whole.affine, whole.marked[:, :, :4])).endswith(
        "it ends 1.60 mm before the scan does"
    )
    larger = Block(whole.affine, np.pad(whole.marked, ((0, 4), (0, 0), (0, 0))))
    mask = np.zeros(SHAPE, np.uint8)
    put_nearest(larger, Grid(AFFINE, SHAPE), mask)  # it marks nothing out there
    assert mask.any()
    larger.marked[9, 0, 0] = True
    assert refused(larger).endswith("mm beyond the scan")


def test_marks_that_are_nearest_to_no_voxel_are_refused_and_not_lost() -> None:
    small = other((1 / 3, 1 / 4, 1 / 4), (18, 32, 40))
    small.marked[:] = False
    small.marked[3, 8:10, 8] = True  # of its thirds of a slice, the first
    assert refused(small) == "mask_geometry_mismatch: none of its marks is nearest to a voxel of the scan"
    mask = np.zeros(SHAPE, np.uint8)
    put_nearest(Block(small.affine, np.zeros_like(small.marked)), Grid(AFFINE, SHAPE), mask)
    assert not mask.any()  # an empty one is no mistake here


def test_sizes_of_voxels_are_told_where_they_differ() -> None:
    with pytest.raises(Refusal, match=r"; its voxels have 1 x 1.6 x 3 mm, those of the scan 0.5 x 0.8 x 3"):
        put_whole(other((1, 2, 2), (6, 4, 5)), Grid(AFFINE, SHAPE), np.zeros(SHAPE, np.uint8))
