from __future__ import annotations

import numpy as np
import pytest

from pipeline.bits import bits_for, joined, of_bit, packed


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
