from __future__ import annotations

import numpy as np
import pytest

from pipeline.file_grids import onto_grid

AFFINE = np.array([[0, 0, -0.8, 30], [0, -0.5, 0, 20], [2.5, 0, 0, -10], [0, 0, 0, 1.0]])
"""Of (slices, rows, columns): to the head, to the back, to the left."""


def marked(shape: tuple[int, ...] = (4, 5, 6)) -> np.ndarray:
    return np.arange(1, 1 + np.prod(shape), dtype=np.uint8).reshape(shape)


def test_marks_on_their_own_grid_stay_as_they_are() -> None:
    assert np.array_equal(onto_grid(marked(), AFFINE, AFFINE, (4, 5, 6)), marked())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("turned", [(False, False, False), (True, False, True), (True, True, True)])
def test_axes_in_another_order_and_direction_are_found_by_their_places(
    order: tuple[int, int, int], turned: tuple[bool, bool, bool]
) -> None:
    expected = np.flip(marked(), [axis for axis, flip in enumerate(turned) if flip]).transpose(order)
    # The affine of that array, made from the places of its corners.
    to_own = np.zeros((4, 4))
    to_own[3, 3] = 1
    for axis, own in enumerate(order):
        to_own[own, axis] = -1 if turned[own] else 1
        to_own[own, 3] = marked().shape[own] - 1 if turned[own] else 0
    assert np.array_equal(onto_grid(marked(), AFFINE, AFFINE @ to_own, expected.shape), expected)


def test_a_plane_is_cut_out_and_what_lies_beyond_is_unmarked() -> None:
    plane = AFFINE.copy()
    plane[:, 3] = AFFINE @ (
        2,
        -1,
        1,
        1,
    )  # in the third slice, a row before the first, from the second column on
    found = onto_grid(marked(), AFFINE, plane, (1, 3, 2))
    assert found[0].tolist() == [[0, 0], *marked()[2, :2, 1:3].tolist()]


def test_a_plane_between_two_takes_the_nearer_one() -> None:
    for height, slice_number in ((1.4, 1), (1.6, 2), (-0.4, 0), (3.4, 3)):
        plane = AFFINE.copy()
        plane[:, 3] = AFFINE @ (height, 0, 0, 1)
        assert np.array_equal(onto_grid(marked(), AFFINE, plane, (1, 5, 6))[0], marked()[slice_number])
    plane = AFFINE.copy()
    plane[:, 3] = AFFINE @ (3.6, 0, 0, 1)
    assert not onto_grid(marked(), AFFINE, plane, (1, 5, 6)).any()


def test_a_turned_grid_takes_of_each_voxel_the_nearest_mark() -> None:
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]]
    grid = turn @ AFFINE
    found = onto_grid(marked(), AFFINE, grid, (4, 5, 6))
    to_index = np.linalg.inv(AFFINE) @ grid
    for index in np.ndindex(4, 5, 6):
        there = np.floor((to_index @ (*index, 1))[:3] + 0.5).astype(int)
        inside = all(0 <= at < size for at, size in zip(there, (4, 5, 6), strict=True))
        assert found[index] == (marked()[tuple(there)] if inside else 0)
