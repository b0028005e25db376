from __future__ import annotations

import re

import numpy as np
import pytest

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


def area(path: str) -> int:
    """The area that the closed paths of an SVG enclose, holes taken off (the shoelace formula)."""
    total = 0
    for way in path.split("Z")[:-1]:
        steps = re.findall(r"([MHV])(\d+)(?: (\d+))?", way)
        x, y = int(steps[0][1]), int(steps[0][2])
        corners = [(x, y)]
        for step, at, _ in steps[1:]:
            x, y = (int(at), y) if step == "H" else (x, int(at))
            corners.append((x, y))
        assert corners[0] == corners[-1] or steps[-1][0] in "HV"
        total += sum(
            a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
        )
    return total // 2


@pytest.mark.parametrize("seed", range(5))
def test_a_border_encloses_as_much_as_is_marked(seed: int) -> None:
    marked = np.random.default_rng(seed).random((14, 17)) < 0.55
    assert area(pictures.borders(marked)) == marked.sum()


def test_the_border_of_a_ring_has_an_outer_and_an_inner_path() -> None:
    ring = np.ones((5, 5), dtype=np.bool_)
    ring[2, 2] = False
    path = pictures.borders(ring)
    assert path.count("Z") == 2
    assert "M0 0H5V5H0V0Z" in path
    assert area(path) == 24
