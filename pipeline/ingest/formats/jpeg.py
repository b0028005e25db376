"""JPEG: pictures of 8 bits with loss, grey or coloured; turned upright as their EXIF orientation says.

The header is read as that of a compressed DICOM frame (ISO/IEC 10918-1 annex B).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats.decoding import decoded
from pipeline.ingest.formats.description import Description, Stated, grid_of
from pipeline.ingest.formats.directory import ORIENTATION, first_directory, turn_of, turned, turned_shape
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.codestreams import Codestream, read_jpeg
from pipeline.ingest.pixels.pixel_format import check_limits
from pipeline.ingest.reasons import Refusal

_COMMON_PROCESSES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_APP1, _SOS, _END = 0xE1, 0xDA, b"\xff\xd9"
_EXIF, _MOST_MARKERS = b"Exif\0\0", 1000  # a choice: 64 kB each, so no picture's profile needs more


def describe(data: Buffer, limits: FileLimits) -> Description:
    """What the markers of a picture say. Raises Refusal."""
    stream, orientation = _header(data)
    rows, columns = turned_shape(stream.rows, stream.columns, orientation)
    form = grid_of((1, rows, columns), np.dtype(np.uint8), samples=stream.samples)
    check_limits(form, decoded_bytes=limits.decoded_bytes)
    return Description(form, lossy=True, notes=("picture_turned",) if orientation != 1 else ())


def stored(data: Buffer, limits: FileLimits) -> NDArray[Any]:
    """The picture, `(1, rows, columns)` or `(1, rows, columns, 3)`, upright. Raises Refusal."""
    stream, orientation = _header(data)
    array = decoded("jpeg8_decode", data, (stream.rows, stream.columns))
    return turned(array, orientation)[None]


def place(data: Buffer, stated: Stated) -> None:
    """None: a picture lies nowhere."""


def _header(data: Buffer) -> tuple[Codestream, int]:
    stream = read_jpeg(bytes(data))
    if stream.process not in _COMMON_PROCESSES or stream.bits != 8:
        raise Refusal("format_kind_unsupported", f"JPEG of {stream.bits} bits or without loss")
    if stream.samples not in (1, 3):
        raise Refusal("format_kind_unsupported", f"{stream.samples} colours, as for print")
    if not stream.rows or not stream.columns:
        raise Refusal("corrupt_dataset", "a side of the picture is 0")
    orientation, scan = 1, len(data)
    for marker, start, end in _segments(data):
        if marker == _APP1 and bytes(data[start : start + 6]) == _EXIF:
            orientation = turn_of(first_directory(bytes(data[start + 6 : end]))[0].one(ORIENTATION))
        if marker == _SOS:
            scan = start
    # A decoder fills up a picture that breaks off with grey, and only warns.
    if bytes(data[scan:]).rfind(_END) < 0:
        raise Refusal("truncated_pixel_data", "the picture breaks off")
    return stream, orientation


def _segments(data: Buffer) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the first scan."""
    position = 2
    for _ in range(_MOST_MARKERS):
        while bytes(data[position : position + 2]) == b"\xff\xff":
            position += 1
        if len(data) < position + 4 or data[position] != 0xFF:
            return
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        yield marker, position + 4, position + 2 + length
        if marker == _SOS:
            return
        position += 2 + max(length, 2)
