from __future__ import annotations

import numpy as np
import pytest

from pipeline.places import moved, onto_native, own


def test_an_array_on_the_scans_own_grid_comes_back_as_it_is() -> None:
    bits = np.random.default_rng(0).integers(0, 4, (3, 4, 5)).astype(np.uint8)
    np.testing.assert_array_equal(onto_native(bits, own(3), (3, 4, 5)), bits)


def test_what_was_cut_off_has_no_bit_and_what_was_padded_is_forgotten() -> None:
    bits = np.array([[1, 2, 3]], np.uint8)
    place = ((1.0, 0.0), (1.0, 2.0))  # its first column is column 2 of the scan
    assert onto_native(bits, place, (1, 4)).tolist() == [[0, 0, 1, 2]]
    assert onto_native(bits, moved(own(2), [0, -1]), (1, 2)).tolist() == [[2, 3]]


def test_a_grid_of_half_the_pitch_gives_each_voxel_the_nearer_of_the_later_two() -> None:
    # Centres of 0.5 voxels about those of the scan: -0.25, 0.25, 0.75, 1.25; voxel 0 lies halfway.
    assert onto_native(np.array([1, 2, 3, 4], np.uint8), ((0.5, -0.25),), (2,)).tolist() == [2, 4]


def test_changes_one_after_the_other_are_one_change() -> None:
    # Cut 3 off, then every second voxel from the middle of the first two on: 3.5, 5.5, ...
    assert moved(moved(own(1), [3]), [0.5], [2.0]) == ((2.0, 3.5),)


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("pitch", [0.7, 1.5, 2.0, 3.3, 5.0])
def test_a_scan_that_was_resampled_keeps_its_marks_to_the_border(size: int, pitch: float) -> None:
    new = max(1, int(size / pitch + 0.5))
    first = (size - 1) / 2 - pitch * (new - 1) / 2
    back = onto_native(np.ones(new, np.uint8), ((pitch, first),), (size,))
    assert back.tolist() == [1] * size


def test_an_array_that_lies_beside_the_scan_leaves_it_empty() -> None:
    assert onto_native(np.ones(3, np.uint8), ((1.0, 10.0),), (4,)).tolist() == [0] * 4
