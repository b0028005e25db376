from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from picture_files import colours, grey, picture
from PIL import Image

from pipeline.ingest.formats.tiff import describe, indexed, stored
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal

LIMITS = FileLimits()


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        describe(data, LIMITS)
        stored(data, LIMITS)
    return str(caught.value)


def tiff(array: np.ndarray, order: str = "<", **tags: Any) -> bytes:
    """An uncompressed TIFF, put together by hand; `tags` replace the usual ones, by number as `t262`."""
    rows, columns = array.shape[:2]
    samples = array.shape[2] if array.ndim == 3 else 1
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    pixels = array.astype(array.dtype.newbyteorder(order)).tobytes()
    usual = {
        256: columns, 257: rows, 258: 8 * array.dtype.itemsize, 259: 1, 262: 2 if samples == 3 else 1, 273: 8,
        277: samples, 278: rows, 279: len(pixels), 339: kind,
    }  # fmt: skip
    entries = sorted((usual | {int(name[1:]): number for name, number in tags.items()}).items())
    place = 8 + len(pixels)
    header = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HI", 42, place)
    directory = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, number) for tag, number in entries)
    return header + pixels + struct.pack(f"{order}H", len(entries)) + directory + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])
def test_every_kind_of_number_is_kept(order: str, dtype: str) -> None:
    array = grey(dtype=np.dtype(dtype)) - (7 if dtype[0] != "u" else 0)
    data = tiff(array.astype(dtype), order)
    assert np.array_equal(stored(data, LIMITS)[0], array)
    form = describe(data, LIMITS).form
    assert (form.kind, form.signed) == ("float" if dtype[0] == "f" else "integer", dtype[0] != "u")
    assert form.bits_allocated == 8 * np.dtype(dtype).itemsize


@pytest.mark.parametrize("compression", [None, "group3", "group4", "packbits", "tiff_adobe_deflate"])
def test_a_picture_of_one_bit_has_0_and_1(compression: str | None) -> None:
    bits = grey(5, 11) % 3 == 0
    data = picture(bits, "TIFF", compression=compression)
    form = describe(data, LIMITS).form
    assert stored(data, LIMITS).tolist() == [bits.astype(int).tolist()]
    assert (form.bits_allocated, form.bits_stored, form.photometric) == (8, 1, "MONOCHROME2")


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_pictures_are_those_that_were_written(compression: str | None) -> None:
    for array in (grey(), grey(dtype=np.uint16) * 200, colours()):
        data = picture(array, "TIFF", compression=compression)
        assert np.array_equal(stored(data, LIMITS)[0], array)
        assert not describe(data, LIMITS).lossy


def test_jpeg_inside_is_told_as_lossy() -> None:
    data = picture(colours(32, 32), "TIFF", compression="jpeg")
    assert describe(data, LIMITS).lossy
    assert stored(data, LIMITS).shape == (1, 32, 32, 3)


def big_tiff(array: np.ndarray, order: str) -> bytes:
    """A BigTIFF of one tile of 32 x 32 pixels, of which the picture takes the first."""
    rows, columns = array.shape
    tile = np.zeros((32, 32), array.dtype)
    tile[:rows, :columns] = array
    pixels = tile.astype(array.dtype.newbyteorder(order)).tobytes()
    tags = {256: columns, 257: rows, 258: 8 * array.dtype.itemsize, 259: 1, 262: 1, 277: 1, 322: 32, 323: 32,
            324: 16, 325: len(pixels), 339: 1}  # fmt: skip
    directory = b"".join(struct.pack(f"{order}HHQQ", tag, 16, 1, number) for tag, number in tags.items())
    header = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HHHQ", 43, 8, 0, 16 + len(pixels))
    return header + pixels + struct.pack(f"{order}Q", len(tags)) + directory + bytes(8)


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiles_and_big_tiff_are_read(order: str) -> None:
    array = grey(dtype=np.uint16) * 200
    assert np.array_equal(stored(big_tiff(array, order), LIMITS)[0], array)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_damaged_compressed_pixels_are_refused(compression: str) -> None:
    data = picture(grey(200, 240), "TIFF", compression=compression)
    start = data.index(b"\x78") if compression == "tiff_adobe_deflate" else 8
    broken = data[: start + 60] + bytes(len(data[start + 60 : start + 400])) + data[start + 400 :]
    assert refusal(broken).startswith("decode_error")


def test_a_palette_gives_its_colours() -> None:
    table = [*range(256), *range(255, -1, -1), *([7] * 256)]
    made = Image.fromarray(grey(), "P")
    made.putpalette(np.array(table).reshape(3, 256).T.reshape(-1).tolist())
    stream = io.BytesIO()
    made.save(stream, "TIFF")
    expected = np.array(table).reshape(3, 256).T[grey()]
    assert np.array_equal(stored(stream.getvalue(), LIMITS)[0] // 256, expected)
    found = indexed(stream.getvalue())
    assert found is not None
    assert np.array_equal(found.numbers, grey())
    assert np.array_equal(found.palette, np.array(table).reshape(3, 256).T)
    assert indexed(picture(grey(), "TIFF")) is None


def test_low_numbers_that_are_bright_are_told() -> None:
    described = describe(tiff(grey(), t262=0), LIMITS)
    assert (described.form.photometric, described.notes) == ("MONOCHROME1", ("monochrome1",))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_picture_is_turned_as_its_tag_says(orientation: int) -> None:
    turns = {1: 0, 3: 2, 6: 3, 8: 1}[orientation]  # against the clock
    data = tiff(grey(), t274=orientation)
    assert np.array_equal(stored(data, LIMITS)[0], np.rot90(grey(), turns))


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("ImageJ=1.53t\nimages=5\nslices=5\nunit=mm\n", True),
        ("ImageJ=1.53t\nframes=5\nimages=5\n", True),
        ('{"shape": [5, 20, 24]}', True),
        ('{"shape": [5, 20, 24], "axes": "ZYX"}', True),
        ("ImageJ=1.53t\nimages=1\n", False),
        ('{"shape": [20, 24]}', False),
        ('{"shape": [1, 20, 24, 1]}', False),
        ("images=5", False),
    ],
)
def test_a_page_that_says_in_words_that_it_is_the_first_of_a_stack_is_refused(
    said: str, refused: bool
) -> None:
    data = picture(grey(), "TIFF", tiffinfo={270: said})
    if refused:
        assert refusal(data) == "format_kind_unsupported: several pages"
    else:
        assert np.array_equal(stored(data, LIMITS)[0], grey())


def test_planes_of_a_volume_in_one_page_are_several_pages() -> None:
    assert refusal(tiff(grey(), t32997=5)) == "format_kind_unsupported: several pages"
    assert np.array_equal(stored(tiff(grey(), t32997=1), LIMITS)[0], grey())


def test_several_pages_are_refused_but_not_a_smaller_copy() -> None:
    pages = picture(grey(), "TIFF", save_all=True, append_images=[Image.fromarray(grey() + 1)])
    assert refusal(pages) == "format_kind_unsupported: several pages"
    data = tiff(grey())
    smaller = struct.pack("<HHHII", 1, 254, 4, 1, 1) + bytes(4)
    assert np.array_equal(stored(data[:-4] + struct.pack("<I", len(data)) + smaller, LIMITS)[0], grey())


def test_directories_that_run_in_a_circle_are_refused() -> None:
    data = tiff(grey())
    (place,) = struct.unpack("<I", data[4:8])
    assert refusal(data[:-4] + struct.pack("<I", place)).startswith("corrupt_dataset: the directories")


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"t262": 5}, "format_kind_unsupported: colours for print"),
        ({"t262": 8}, "format_kind_unsupported: Lab colours"),
        ({"t262": 6}, "format_kind_unsupported: luminance and chroma without JPEG"),
        ({"t262": 99}, "format_kind_unsupported: a colour model that is not read"),
        ({"t258": 12}, "format_kind_unsupported: numbers of 12 bits"),
        ({"t258": 4}, "format_kind_unsupported: numbers of 4 bits"),
        ({"t339": 5}, "format_kind_unsupported: complex numbers"),
        ({"t277": 5}, "format_kind_unsupported: 5 samples a pixel"),
        ({"t277": 3, "t284": 2, "t262": 2}, "format_kind_unsupported: samples in planes of their own"),
        ({"t256": 0}, "corrupt_dataset: a side of the picture is 0"),
        ({"t274": 11}, "inconsistent_pixel_attributes: Orientation 11"),
        ({"t257": 60000, "t256": 60000}, "limit_exceeded: 3600000000 bytes"),
        ({"t273": 10**6}, "decode_error"),
        ({"t262": 3}, "inconsistent_pixel_attributes: a palette without"),
    ],
)
def test_what_is_not_read_is_told(tags: dict[str, int], reason: str) -> None:
    assert refusal(tiff(grey(), **tags)).startswith(reason)


def test_real_numbers_that_are_bright_where_low_are_refused() -> None:
    assert refusal(tiff(grey(dtype=np.float32), t262=0)).startswith("format_kind_unsupported: real numbers")


def test_a_file_that_breaks_off_is_refused() -> None:
    data = tiff(grey())
    for end in (3, 7, 100, len(data) - 30, len(data) - 3):
        assert refusal(data[:end]).startswith("corrupt_dataset")


def test_opacity_is_left_out_where_all_is_opaque_and_refused_where_it_is_not() -> None:
    full = np.full((20, 24, 1), 255, np.uint8)
    assert np.array_equal(stored(picture(np.dstack([colours(), full]), "TIFF"), LIMITS)[0], colours())
    full[3] = 0
    assert refusal(picture(np.dstack([colours(), full]), "TIFF")).startswith(
        "format_kind_unsupported: transparency: 5 %"
    )
