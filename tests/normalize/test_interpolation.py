from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.normalize.interpolation import regrid, regrid_mask


def test_a_mask_twice_as_fine_repeats_each_voxel_and_twice_as_coarse_takes_the_second_of_two() -> None:
    mask = np.array([[1, 0, 0, 1]], np.uint8)[..., None]
    finer = regrid_mask(mask, (1, 8), pitch=(1.0, 0.5))
    assert finer[0, :, 0].tolist() == [1, 1, 0, 0, 0, 0, 1, 1]
    # The new centres lie halfway between two voxels.
    assert regrid_mask(mask, (1, 2), pitch=(1.0, 2.0))[0, :, 0].tolist() == [0, 1]


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([0.3, 0.5, 0.7, 1.0]),
    st.integers(0, 1 << 30),
)
@settings(max_examples=80)
def test_a_mask_goes_where_the_nearest_values_go(old: int, new: int, pitch: float, seed: int) -> None:
    mask = (np.random.default_rng(seed).random((old, 3, 2)) < 0.5).astype(np.uint8)
    places = np.arange(old, dtype=np.float32)[:, None, None] * np.ones((1, 3, 1), np.float32)
    found = regrid_mask(mask, (new, 3), pitch=(pitch, 1.0))
    # Where the linear image of the row numbers lies says which row is nearest; halves are left out.
    rows = regrid(places, (new, 3), pitch=(pitch, 1.0))[:, 0, 0]
    for row, place in zip(found, rows.tolist(), strict=True):
        if abs(place % 1 - 0.5) > 1e-4:
            assert np.array_equal(row, mask[round(place)])


def test_what_is_marked_stays_zero_or_one() -> None:
    mask = (np.random.default_rng(0).random((5, 6, 7, 3)) < 0.5).astype(np.uint8)
    found = regrid_mask(mask, (9, 4, 7), pitch=(0.6, 1.4, 1.0))
    assert (found.dtype, found.shape) == (np.uint8, (9, 4, 7, 3))
    assert set(np.unique(found)) == {0, 1}
    assert found.mean() == pytest.approx(mask.mean(), abs=0.1)
