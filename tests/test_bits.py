from __future__ import annotations

import numpy as np
import pytest

from pipeline.bits import bits_for, joined, of_bit, packed, wrong_along


@pytest.mark.parametrize(
    ("count", "kind"), [(1, "u1"), (8, "u1"), (9, "u2"), (16, "u2"), (17, "u4"), (32, "u4")]
)
def test_the_smallest_number_that_has_a_bit_for_each_structure_is_taken(count: int, kind: str) -> None:
    assert bits_for(count) == np.dtype(kind)


@pytest.mark.parametrize("count", [1, 8, 9, 32])
def test_every_structure_is_found_again_by_its_bit(count: int) -> None:
    masks = (np.random.default_rng(count).random((3, 4, count)) < 0.5).astype(np.uint8)
    bits = packed(masks)
    for bit in range(count):
        np.testing.assert_array_equal(of_bit(bits, bit), masks[..., bit] == 1)


def test_flags_one_after_the_other_give_the_same_numbers() -> None:
    flags = [np.array([True, False, True]), np.array([False, False, True])]
    assert joined(iter(flags), (3,), 2).tolist() == [1, 0, 3]


def test_what_is_wrong_of_a_small_structure_tells_as_much_as_of_a_large_one() -> None:
    organ, finding = np.zeros((2, 4, 10), np.uint8)
    organ[:, :] = 1
    finding[2, 3:5] = 1
    truth = packed(np.stack([organ, finding], axis=-1))
    missed = packed(np.stack([organ, np.zeros_like(organ)], axis=-1))
    missed[0, :8] = 0  # eight of forty voxels of the organ, and both of the finding
    assert wrong_along(0, truth, [missed]).tolist() == [0.2, 0, 1, 0]
    assert wrong_along(1, truth, [missed]).tolist() == pytest.approx(
        [0.025] * 3 + [0.525] * 2 + [0.025] * 3 + [0] * 2
    )


def test_what_several_answers_have_wrong_is_added_up_by_the_voxels_of_all() -> None:
    truth = np.array([[1], [0], [0]], np.uint8)
    one, other = np.array([[0], [1], [0]], np.uint8), np.array([[1], [1], [0]], np.uint8)
    assert wrong_along(0, truth, [one, other]).tolist() == [0.5, 1, 0]  # of two voxels
    assert wrong_along(0, truth * 0, [truth * 0]).tolist() == [0, 0, 0]
