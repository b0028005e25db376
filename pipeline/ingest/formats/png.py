"""PNG: pictures of 1 to 16 bits, grey, coloured or by palette.

Numbers stay as they are stored: greys of 1, 2 and 4 bits are not stretched to 8. A palette gives colours; a
channel of opacity is left out where all is opaque, else the picture is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats.decoding import decoded
from pipeline.ingest.formats.description import Description, Indexed, Stated, grid_of, opaque
from pipeline.ingest.formats.directory import ORIENTATION, first_directory, turn_of, turned, turned_shape
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.pixel_format import check_limits
from pipeline.ingest.reasons import Refusal

_SIGNATURE_BYTES, _HEADER_BYTES, _MOST_CHUNKS = 8, 13, 1 << 20
_COLOUR_AT, _CHUNKS_OF_PIXELS = 9, (b"IHDR", b"IDAT", b"IEND")
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_DEPTHS = {
    _GREY: (1, 2, 4, 8, 16),
    _RGB: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GREY_ALPHA: (8, 16),
    _RGB_ALPHA: (8, 16),
}


class _Header(NamedTuple):
    rows: int
    columns: int
    depth: int
    colour: int
    orientation: int

    @property
    def samples(self) -> int:
        return 1 if self.colour in (_GREY, _GREY_ALPHA) else 3


def describe(data: Buffer, limits: FileLimits) -> Description:
    """What the chunks of a picture say, each found whole and sound. Raises Refusal."""
    header = _header(data)
    rows, columns = turned_shape(header.rows, header.columns, header.orientation)
    dtype = np.dtype(np.uint16 if header.depth == 16 else np.uint8)
    form = grid_of((1, rows, columns), dtype, samples=header.samples)
    check_limits(form, decoded_bytes=limits.decoded_bytes)
    return Description(form, notes=("picture_turned",) if header.orientation != 1 else ())


def stored(data: Buffer, limits: FileLimits) -> NDArray[Any]:
    """The picture, `(1, rows, columns)` or `(1, rows, columns, 3)`, upright. Raises Refusal."""
    header = _header(data)
    array = opaque(decoded("png_decode", data, (header.rows, header.columns)))
    if header.colour == _GREY and header.depth < 8:
        array = _unstretched(array, header.depth)
    return turned(array, header.orientation)[None]


def place(data: Buffer, stated: Stated) -> None:
    """None: a picture lies nowhere."""


def indexed(data: Buffer) -> Indexed | None:
    """The picture by the numbers of its colours, upright; None without a palette. Raises Refusal."""
    header = _header(data)
    if header.colour != _PALETTE:
        return None
    table = next((body for kind, body in _chunks(data) if kind == b"PLTE"), b"")
    if not table or len(table) % 3:
        raise Refusal("inconsistent_pixel_attributes", "a palette without its colours")
    array = decoded("png_decode", _as_greys(data), (header.rows, header.columns))
    numbers = turned(_unstretched(array, header.depth), header.orientation)
    return Indexed(numbers, np.frombuffer(table, np.uint8).reshape(-1, 3))


def _unstretched(array: NDArray[Any], depth: int) -> NDArray[Any]:
    """Greys of few bits as they are stored: the decoder stretches them to 8."""
    return array // (255 // ((1 << depth) - 1)) if depth < 8 else array


def _as_greys(data: Buffer) -> bytes:
    """A picture of a palette as one of greys, whose pixels are stored alike (PNG 11.2.2, 7.2)."""
    chunks = [
        (kind, body[:_COLOUR_AT] + bytes([_GREY]) + body[_COLOUR_AT + 1 :] if kind == b"IHDR" else body)
        for kind, body in _chunks(data)
        if kind in _CHUNKS_OF_PIXELS
    ]
    return bytes(data[:_SIGNATURE_BYTES]) + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big")
        for kind, body in chunks
    )


def _header(data: Buffer) -> _Header:
    header, orientation, ended = b"", 1, False
    for kind, body in _chunks(data):
        if kind == b"IHDR":
            header = body
        elif kind == b"acTL":
            raise Refusal("format_kind_unsupported", "an animation")
        elif kind == b"eXIf":
            orientation = turn_of(first_directory(body)[0].one(ORIENTATION))
        ended = kind == b"IEND"
    if not ended:
        raise Refusal("truncated_pixel_data", "the picture breaks off")
    if len(header) != _HEADER_BYTES:
        raise Refusal("corrupt_dataset", "no header of a PNG")
    columns, rows = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    depth, colour = header[8], header[9]
    if not rows or not columns or depth not in _DEPTHS.get(colour, ()):
        raise Refusal("corrupt_dataset", "the header of the PNG can't be")
    return _Header(rows, columns, depth, colour, orientation)


def _chunks(data: Buffer) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's type and bytes, their checksum compared, up to the last one. Raises Refusal."""
    position = _SIGNATURE_BYTES
    for _ in range(_MOST_CHUNKS):
        if position + 12 > len(data):
            return
        length, kind = (
            int.from_bytes(data[position : position + 4], "big"),
            bytes(data[position + 4 : position + 8]),
        )
        body = bytes(data[position + 8 : position + 8 + length])
        check = data[position + 8 + length : position + 12 + length]
        if len(check) < 4:
            return
        if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(check, "big"):
            raise Refusal("decode_error", "the checksum of a chunk is wrong")
        yield kind, body
        if kind == b"IEND":
            return
        position += 12 + length
    raise Refusal("limit_exceeded", f"more than {_MOST_CHUNKS} chunks")
