from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from picture_files import chunk, colours, grey, picture, png, with_orientation
from PIL import Image, ImageOps

from pipeline.ingest.formats.decoding import decoded
from pipeline.ingest.formats.description import Stated
from pipeline.ingest.formats.png import describe, indexed, place, stored
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal

LIMITS = FileLimits()


def refusal(data: bytes, limits: FileLimits = LIMITS) -> str:
    with pytest.raises(Refusal) as caught:
        describe(data, limits)
        stored(data, limits)
    return str(caught.value)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_greys_of_every_depth_keep_the_numbers_that_are_stored(depth: int) -> None:
    numbers = grey(5, 11, np.int64) * 1000 % (1 << depth)
    data = png(numbers, depth=depth)
    assert stored(data, LIMITS)[0].tolist() == numbers.tolist()
    form = describe(data, LIMITS).form
    assert (form.rows, form.columns, form.samples) == (5, 11, 1)
    assert form.bits_allocated == (16 if depth == 16 else 8)


def test_colours_of_8_and_16_bits_are_kept() -> None:
    assert np.array_equal(stored(picture(colours()), LIMITS)[0], colours())
    deep = colours().astype(np.uint16) * 201
    data = png(deep, depth=16, colour=2)
    assert np.array_equal(stored(data, LIMITS)[0], deep)
    assert describe(data, LIMITS).form.bits_allocated == 16


def test_a_palette_gives_its_colours() -> None:
    table = np.stack([np.arange(256), 255 - np.arange(256), np.arange(256) // 2], axis=-1).astype(np.uint8)
    data = png(grey(5, 6), depth=8, colour=3, before=chunk(b"PLTE", table.tobytes()))
    assert np.array_equal(stored(data, LIMITS)[0], table[grey(5, 6)])
    assert describe(data, LIMITS).form.photometric == "RGB"


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_has_the_numbers_of_its_colours_whatever_they_are(depth: int) -> None:
    numbers = grey(5, 11, np.int64) % (1 << depth)
    table = np.stack([np.arange(256)[::-1], np.arange(256) // 3, np.arange(256)], axis=-1).astype(np.uint8)
    table = table[: 1 << depth]
    seen_through = chunk(b"PLTE", table.tobytes()) + chunk(b"tRNS", b"\0")  # the first colour
    found = indexed(png(numbers, depth=depth, colour=3, before=seen_through))
    assert found is not None
    assert found.numbers.tolist() == numbers.tolist()
    assert found.palette.tolist() == table.tolist()
    assert indexed(png(numbers, depth=depth)) is None


def test_opacity_is_left_out_where_all_is_opaque_and_refused_where_it_is_not() -> None:
    full = np.full((20, 24, 1), 255, np.uint8)
    assert np.array_equal(stored(picture(np.dstack([colours(), full])), LIMITS)[0], colours())
    assert np.array_equal(stored(picture(np.dstack([grey()[..., None], full])), LIMITS)[0], grey())
    full[:2] = 254
    assert refusal(picture(np.dstack([colours(), full]))) == (
        "format_kind_unsupported: transparency: 10 % of the pixels have some"
    )
    assert refusal(picture(grey(), transparency=5)).startswith("format_kind_unsupported: transparency")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_block_says(orientation: int) -> None:
    data = picture(grey(), exif=with_orientation(orientation))
    seen = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert np.array_equal(stored(data, LIMITS)[0], seen)
    described = describe(data, LIMITS)
    assert (described.form.rows, described.form.columns) == seen.shape
    assert described.notes == (() if orientation == 1 else ("picture_turned",))


def test_an_animation_is_refused() -> None:
    moving = [Image.fromarray(grey()), Image.fromarray(255 - grey())]
    data = picture(grey(), save_all=True, append_images=moving)
    assert refusal(data) == "format_kind_unsupported: an animation"


def test_a_picture_that_breaks_off_or_is_damaged_is_refused() -> None:
    data = picture(grey())
    assert refusal(data[:-12]) == "truncated_pixel_data: the picture breaks off"
    assert refusal(data[:60]) == "truncated_pixel_data: the picture breaks off"
    assert refusal(data[:50] + b"\0\0" + data[52:]) == "decode_error: the checksum of a chunk is wrong"
    assert refusal(data[:8] + chunk(b"IEND", b"")) == "corrupt_dataset: no header of a PNG"


@pytest.mark.parametrize(("depth", "colour"), [(3, 0), (8, 1), (16, 3), (4, 2)])
def test_a_header_that_cannot_be_is_refused(depth: int, colour: int) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 3, depth, colour, 0, 0, 0))
    assert refusal(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IEND", b"")).startswith("corrupt_dataset")


def test_what_the_decoder_says_of_a_damaged_header_is_not_at_the_terminal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 24, 20, 8, 0, 0, 0, 9))  # there is no interlace method 9
    whole = png(grey(), depth=8)
    with pytest.raises(Refusal, match="decode_error"):
        decoded("png_decode", whole[:8] + header + whole[8 + len(header) :], (20, 24))
    assert not caplog.records


def test_what_it_announces_is_held_against_the_limits_before_a_decoder_runs() -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 16, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    assert refusal(bomb) == f"limit_exceeded: {60000 * 60000 * 6} bytes of pixels, allowed {1 << 30}"


def test_rows_that_are_missing_inside_are_no_picture() -> None:
    whole = png(grey(8, 9), depth=8)
    start = whole.index(b"IDAT")
    few = png(grey(4, 9), depth=8)
    body = few[few.index(b"IDAT") - 4 :]
    assert refusal(whole[: start - 4] + body).startswith("decode_error")


def test_a_picture_lies_nowhere() -> None:
    assert place(picture(grey()), Stated("DX")) is None
