from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from pipeline.report import pictures


def _decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_png_gives_back_its_pixels_in_an_independent_reader() -> None:
    generator = np.random.default_rng(0)
    grey = generator.integers(0, 256, (5, 9), dtype=np.uint8)
    color = generator.integers(0, 256, (4, 3, 3), dtype=np.uint8)
    np.testing.assert_array_equal(_decoded(pictures.png(grey)), grey)
    np.testing.assert_array_equal(_decoded(pictures.png(color)), color)


def test_a_png_holds_header_pixels_and_end_and_no_text() -> None:
    data, kinds, place = pictures.png(np.zeros((3, 3), np.uint8)), [], 8
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        kinds.append(data[place + 4 : place + 8])
        place += 12 + size
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_a_uri_holds_the_png() -> None:
    picture = np.full((2, 2), 7, np.uint8)
    head, _, body = pictures.uri(picture).partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == pictures.png(picture)


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
