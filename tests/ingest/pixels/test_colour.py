from __future__ import annotations

import numpy as np
import pytest

from pipeline.ingest.pixels.colour import Palette, narrowed, rgb_of_palette, rgb_of_ybr


@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [
        ((76, 85, 255), (254, 0, 0)),  # red: 76 + 1.402 * 127 = 254.05
        ((150, 44, 21), (0, 255, 1)),  # green, PS3.3 C.7.6.3.1.2 read backwards
        ((29, 255, 107), (0, 0, 254)),  # blue: 29 + 1.772 * 127 = 254.04
        ((200, 128, 128), (200, 200, 200)),
    ],
)
def test_full_range_ybr_becomes_rgb(ybr: tuple[int, ...], rgb: tuple[int, ...]) -> None:
    made = rgb_of_ybr(np.array([[ybr]], np.uint8), 8)
    assert np.abs(made[0, 0].astype(int) - rgb).max() <= 1


def test_palette_ends_are_kept_for_values_beyond_them() -> None:
    palette = Palette(10, np.array([[1, 2, 3], [4, 5, 6]], np.uint8))
    assert rgb_of_palette(np.array([[0, 10, 11, 99]]), palette).tolist() == [
        [[1, 2, 3], [1, 2, 3], [4, 5, 6], [4, 5, 6]]
    ]


def test_sixteen_bit_colours_are_narrowed_only_where_nothing_is_lost() -> None:
    assert narrowed(np.array([0, 0x0500, 0xFF00], np.uint16)).tolist() == [0, 5, 255]
    assert narrowed(np.array([0, 0x0505, 0xFFFF], np.uint16)).tolist() == [0, 5, 255]
    assert narrowed(np.array([0, 0x0501], np.uint16)).dtype == np.uint16
