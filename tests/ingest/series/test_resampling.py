from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from pipeline.ingest.series.resampling import evened, straightened


def test_slices_move_down_by_whole_and_half_rows() -> None:
    volume = np.array([[[10.0], [20.0], [30.0]]] * 3)  # 3 slices, 3 rows, 1 column
    shifts = [np.array([0.0, 1.0, 1.5]), np.zeros(3)]
    upright = straightened(volume, shifts, shape=(5, 1), fill=-1.0)
    assert upright[:, :, 0].tolist() == [
        [10, 20, 30, -1, -1],
        [-1, 10, 20, 30, -1],
        # Row 2 lies at 0.5 of the slice, row 3 at 1.5; rows 1 and 4 lie half a row outside.
        [-1, -1, 15, 25, -1],
    ]


def test_slices_move_right_independently_of_rows() -> None:
    volume = np.array([[[1.0, 3.0], [5.0, 7.0]]])
    upright = straightened(volume, [np.array([1.0]), np.array([0.5])], shape=(3, 3), fill=0.0)
    assert upright[0].tolist() == [[0, 0, 0], [0, 2, 0], [0, 6, 0]]


def test_a_straightened_plane_equals_an_independent_linear_shift_inside() -> None:
    plane = np.random.default_rng(0).normal(size=(1, 9, 7))
    upright = straightened(plane, [np.array([2.3]), np.array([0.7])], shape=(12, 8), fill=0.0)
    padded = np.zeros((12, 8))
    padded[:9, :7] = plane[0]
    oracle = ndimage.shift(padded, (2.3, 0.7), order=1)
    assert upright[0, 3:11, 1:7] == pytest.approx(oracle[3:11, 1:7], abs=1e-6)


def test_colour_is_straightened_channel_by_channel() -> None:
    volume = np.random.default_rng(1).normal(size=(2, 4, 3, 3))
    shifts = [np.array([0.0, 1.5]), np.array([0.25, 0.0])]
    colour = straightened(volume, shifts, shape=(6, 4), fill=0.0)
    for channel in range(3):
        alone = straightened(volume[..., channel], shifts, shape=(6, 4), fill=0.0)
        assert (colour[..., channel] == alone).all()


def test_uneven_slices_are_interpolated_between_their_true_neighbours() -> None:
    heights = np.array([0.0, 2.0, 4.0, 9.0, 14.0])
    volume = (heights**2)[:, None, None].astype(np.float32)
    even = evened(volume, heights, np.array([0.0, 3.5, 7.0, 10.5, 14.0]))
    # 3.5 lies at 3/4 of (2, 4): 4 + 0.75 * 12 = 13; 7 at 3/5 of (4, 9): 16 + 0.6 * 65 = 55;
    # 10.5 at 3/10 of (9, 14): 81 + 0.3 * 115 = 115.5.
    assert even[:, 0, 0].tolist() == [0.0, 13.0, 55.0, 115.5, 196.0]
    assert even.dtype == np.float32


def test_a_linear_ramp_is_kept_exactly() -> None:
    heights = np.array([1.0, 1.5, 4.0, 4.25])
    even = evened(heights[:, None, None] * 2 + 1, heights, np.linspace(1.0, 4.25, 7))
    assert even[:, 0, 0] == pytest.approx(np.linspace(1.0, 4.25, 7) * 2 + 1)
