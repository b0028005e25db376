from __future__ import annotations

import numpy as np

from pipeline.report import pictures


def test_where_there_is_no_heat_the_picture_stays_grey() -> None:
    grey = np.array([[10, 200]], np.uint8)
    laid_over = pictures.with_heat(grey, np.array([[0, 255]], np.uint8))
    np.testing.assert_array_equal(laid_over[0, 0], [10, 10, 10])
    assert np.ptp(laid_over[0, 1].astype(int)) > 50


def test_kernels_lie_in_a_square_with_zero_white_positive_orange_negative_blue() -> None:
    kernels = np.zeros((3, 1, 1), np.float32)
    kernels[0], kernels[1] = 2.0, -0.5
    sheet = pictures.kernel_sheet(kernels)
    tile = pictures.KERNEL_SCALE + 6
    assert sheet.shape == (2 * tile, 2 * tile, 3)
    centre = tile // 2
    assert sheet[centre, centre].tolist() == [194, 87, 12]
    assert sheet[centre, tile + centre].tolist() == [11, 83, 148]
    assert sheet[tile + centre, centre].tolist() == [255, 255, 255]
