from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from pipeline.report import png


def _decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_png_gives_back_its_pixels_in_an_independent_reader() -> None:
    generator = np.random.default_rng(0)
    grey = generator.integers(0, 256, (5, 9), dtype=np.uint8)
    color = generator.integers(0, 256, (4, 3, 3), dtype=np.uint8)
    np.testing.assert_array_equal(_decoded(png.png(grey)), grey)
    np.testing.assert_array_equal(_decoded(png.png(color)), color)


def test_a_png_holds_header_pixels_and_end_and_no_text() -> None:
    data, kinds, place = png.png(np.zeros((3, 3), np.uint8)), [], 8
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        kinds.append(data[place + 4 : place + 8])
        place += 12 + size
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_a_uri_holds_the_png() -> None:
    picture = np.full((2, 2), 7, np.uint8)
    head, _, body = png.uri(picture).partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == png.png(picture)
