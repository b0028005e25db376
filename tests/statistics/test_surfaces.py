"""Distances of borders against every pair of voxels, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from least_seconds import least_seconds
from numpy.typing import NDArray

from pipeline.statistics.surfaces import border, distances, joint_box

Mask = NDArray[np.bool_]
SHAPES = arrays.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=6)


def is_border(mask: Mask, place: tuple[int, ...]) -> bool:
    """Whether a neighbour over a face lies outside the mask or the image, asked voxel by voxel."""
    for axis in range(mask.ndim):
        for step in (-1, 1):
            beside = tuple(at + step * (number == axis) for number, at in enumerate(place))
            inside = all(0 <= at < size for at, size in zip(beside, mask.shape, strict=True))
            if not inside or not mask[beside]:
                return True
    return False


def by_force(mask: Mask, other: Mask, spacing: tuple[float, ...]) -> list[float]:
    """The distance of each border voxel of `mask` to all of the other's, the smallest, sorted."""
    places = [place for place in np.argwhere(mask) if is_border(mask, tuple(place))]
    others = [place for place in np.argwhere(other) if is_border(other, tuple(place))]
    return sorted(min(float(np.linalg.norm((a - b) * np.array(spacing))) for b in others) for a in places)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Mask, Mask, tuple[float, ...]]:
    shape = draw(SHAPES)
    one, other = (draw(arrays.arrays(np.bool_, shape)) for _ in range(2))
    one[tuple(draw(st.integers(0, size - 1)) for size in shape)] = True
    other[tuple(draw(st.integers(0, size - 1)) for size in shape)] = True
    return one, other, tuple(draw(st.sampled_from([0.5, 0.7, 1.0, 3.0])) for _ in shape)


@given(pairs(), st.sampled_from([0, 4, 1000]))
@settings(max_examples=150)
def test_distances_are_those_of_every_pair_of_border_voxels(
    pair: tuple[Mask, Mask, tuple[float, ...]], voxels_a_point: int
) -> None:
    one, other, spacing = pair
    with pytest.MonkeyPatch.context() as patch:  # 0: always the tree; 1000: always the transform
        patch.setattr("pipeline.statistics.surfaces._VOXELS_A_POINT", voxels_a_point)
        found = distances(one, other, spacing)
    assert sorted(found.of_truth) == pytest.approx(by_force(one, other, spacing))
    assert sorted(found.of_prediction) == pytest.approx(by_force(other, one, spacing))


@given(arrays.arrays(np.bool_, SHAPES))
def test_a_border_voxel_has_a_face_to_what_the_mask_does_not_hold(mask: Mask) -> None:
    expected = np.zeros_like(mask)
    for place in np.argwhere(mask):
        expected[tuple(place)] = is_border(mask, tuple(place))
    assert np.array_equal(border(mask), expected)


def test_the_joint_box_holds_all_voxels_of_both_and_no_more() -> None:
    one, other = np.zeros((5, 6, 7), bool), np.zeros((5, 6, 7), bool)
    one[1, 2, 3] = other[3, 2, 6] = True
    assert joint_box(one, other) == (slice(1, 4), slice(2, 3), slice(3, 7))
    assert joint_box(np.zeros((5, 6), bool)) == (slice(0, 0), slice(0, 0))


def test_a_distance_of_exactly_the_tolerance_is_within_it() -> None:
    one, other = np.zeros((1, 5), bool), np.zeros((1, 5), bool)
    one[0, 0] = other[0, 3] = True
    # Three times 0.7 is 2.0999999999999996 in binary fractions, and three times 0.1 is more than 0.3.
    assert distances(one, other, (1.0, 0.7)).share_within(2.1) == 1.0
    assert distances(one, other, (1.0, 0.1)).share_within(0.3) == 1.0
    assert distances(one, other, (1.0, 0.7)).share_within(2.09) == 0.0


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_salt_and_pepper_costs_no_more_than_a_few_passes_over_the_voxels(share: float) -> None:
    def seconds(length: int) -> float:
        generator = np.random.default_rng(0)
        one, other = (generator.random((length, length, length)) < share for _ in range(2))
        return least_seconds(lambda: distances(one, other, (1.0, 1.0, 1.0)))

    assert seconds(64) < 24 * seconds(32)  # eight times the voxels; every pair would be sixty-four times
