from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pytest
from picture_files import colours, grey, picture, with_orientation
from PIL import Image, ImageOps

from pipeline.ingest.formats.jpeg import describe, stored
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal

LIMITS = FileLimits()


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        describe(data, LIMITS)
        stored(data, LIMITS)
    return str(caught.value)


def seen(data: bytes) -> np.ndarray:
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("quality", [30, 95])
def test_greys_and_colours_are_those_that_pillow_decodes(progressive: bool, quality: int) -> None:
    for array in (grey(), colours()):
        data = picture(array, "JPEG", progressive=progressive, quality=quality)
        assert np.abs(stored(data, LIMITS)[0].astype(int) - seen(data)).max() <= 1
        described = describe(data, LIMITS)
        assert described.lossy
        assert described.form.samples == (3 if array.ndim == 3 else 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_the_camera_says(orientation: int) -> None:
    data = picture(grey(), "JPEG", exif=with_orientation(orientation))
    assert np.abs(stored(data, LIMITS)[0].astype(int) - seen(data)).max() <= 1
    described = describe(data, LIMITS)
    assert (described.form.rows, described.form.columns) == seen(data).shape
    assert described.notes == (() if orientation == 1 else ("picture_turned",))


def test_an_orientation_that_cannot_be_is_refused() -> None:
    data = picture(grey(), "JPEG", exif=with_orientation(9))
    assert refusal(data) == "inconsistent_pixel_attributes: Orientation 9 is none of 1 to 8"


def test_colours_for_print_are_refused() -> None:
    data = picture(colours(), "JPEG", mode="CMYK")
    assert refusal(data) == "format_kind_unsupported: 4 colours, as for print"


def test_a_picture_without_loss_or_of_more_bits_is_refused() -> None:
    data = imagecodecs.ljpeg_encode(grey(dtype=np.uint16), bitspersample=12)
    assert refusal(data) == "format_kind_unsupported: JPEG of 12 bits or without loss"


def test_a_picture_that_breaks_off_is_refused_though_decoders_fill_it_up() -> None:
    data = picture(grey(200, 240), "JPEG")
    assert imagecodecs.jpeg8_decode(data[: len(data) // 2]).shape == (200, 240)
    for cut in (2, len(data) // 3):
        assert refusal(data[:-cut]) == "truncated_pixel_data: the picture breaks off"
    assert refusal(data[:30]).startswith("decode_error")


def test_the_end_of_a_preview_is_not_the_end_of_the_picture() -> None:
    whole = picture(grey(), "JPEG", exif=with_orientation(1).tobytes() + picture(grey(), "JPEG"))
    assert refusal(whole[:-2]) == "truncated_pixel_data: the picture breaks off"
