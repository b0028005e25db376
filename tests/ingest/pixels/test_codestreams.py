from __future__ import annotations

import struct

import imagecodecs
import numpy as np
import pytest

from pipeline.ingest.pixels.codestreams import read_jpeg, read_jpeg2000, rle_segments, without_boxes
from pipeline.ingest.reasons import Refusal

GREY = np.arange(16 * 24, dtype=np.uint8).reshape(16, 24)
COLOUR = np.repeat(GREY[..., None], 3, axis=2)


def test_the_frame_of_a_jpeg_stream_is_read_from_its_header() -> None:
    found = read_jpeg(imagecodecs.jpeg8_encode(GREY))
    assert (found.process, found.rows, found.columns, found.samples, found.bits) == (0xC0, 16, 24, 1, 8)
    lossless = read_jpeg(imagecodecs.ljpeg_encode(GREY.astype(np.uint16), bitspersample=12))
    assert (lossless.process, lossless.rows, lossless.columns, lossless.bits) == (0xC3, 16, 24, 12)
    near = read_jpeg(imagecodecs.jpegls_encode(GREY))
    assert (near.process, near.rows, near.columns) == (0xF7, 16, 24)


def test_the_colour_model_is_the_one_that_the_stream_names() -> None:
    assert read_jpeg(imagecodecs.jpeg8_encode(COLOUR)).colour == "YBR"  # JFIF
    assert (
        read_jpeg(imagecodecs.jpeg8_encode(COLOUR, colorspace="RGB", outcolorspace="RGB")).colour == "RGB"
    )  # Adobe


def test_the_frame_of_a_jpeg2000_stream_is_read_from_its_header() -> None:
    for container in ("j2k", "jp2"):
        stream = without_boxes(imagecodecs.jpeg2k_encode(GREY, codecformat=container, reversible=True))
        found = read_jpeg2000(stream)
        assert (found.rows, found.columns, found.samples, found.bits, found.signed) == (16, 24, 1, 8, False)
    signed = read_jpeg2000(imagecodecs.jpeg2k_encode(GREY.astype(np.int16), codecformat="j2k"))
    assert (signed.bits, signed.signed) == (16, True)
    assert read_jpeg2000(imagecodecs.jpeg2k_encode(COLOUR, codecformat="j2k", mct=True)).colour == "RGB"
    assert read_jpeg2000(imagecodecs.jpeg2k_encode(COLOUR, codecformat="j2k", mct=False)).colour is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xc0\0\x0b",
        b"\xff\xd8\xff\xda\0\4ab",
        b"\xff\xd8" + b"\xff\xfe\0\2" * 300,
    ],
)
def test_a_jpeg_stream_without_a_frame_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal, match="decode_error"):
        read_jpeg(data)


def jpeg2000(columns: int, rows: int, tile: int, depths: bytes = b"\x0f") -> bytes:
    size = struct.pack(">HIIIIIIIIH", 0, columns, rows, 0, 0, tile, tile, 0, 0, len(depths))
    size += b"".join(bytes((depth, 1, 1)) for depth in depths)
    stream = b"\xff\x4f\xff\x51" + struct.pack(">H", len(size) + 2) + size
    return stream + b"\xff\x52" + struct.pack(">H", 12) + bytes(10)


def test_a_picture_cut_into_very_many_tiles_is_over_the_limit() -> None:
    with pytest.raises(Refusal, match="limit_exceeded"):
        read_jpeg2000(jpeg2000(60000, 60000, 1))
    assert read_jpeg2000(jpeg2000(512, 512, 64)).rows == 512


def test_damaged_jpeg2000_headers_are_refused() -> None:
    for data in (b"", jpeg2000(0, 5, 4), jpeg2000(5, 5, 0), jpeg2000(8, 8, 8)[:30], jpeg2000(8, 8, 8)[:-14]):
        with pytest.raises(Refusal, match="decode_error"):
            read_jpeg2000(data)
    with pytest.raises(Refusal, match="inconsistent_pixel_attributes"):
        read_jpeg2000(jpeg2000(8, 8, 8, b"\x0f\x07"))


def rle(offsets: list[int], size: int) -> bytes:
    return struct.pack("<16I", len(offsets), *offsets, *[0] * (15 - len(offsets))).ljust(size, b"\0")


def test_rle_segments_must_lie_in_the_frame_and_can_hold_it() -> None:
    halves = rle_segments(rle([64, 68], 72), segments=2, segment_bytes=256)  # four bytes make at most 256
    assert halves == [bytes(4), bytes(4)]
    for data in (b"", rle([64, 0xFFFFFF00], 72), rle([60, 68], 72), rle([64, 66], 72)):
        with pytest.raises(Refusal, match="decode_error"):
            rle_segments(data, segments=2, segment_bytes=256)
    with pytest.raises(Refusal, match="inconsistent_pixel_attributes"):
        rle_segments(rle([64], 72), segments=2, segment_bytes=256)
