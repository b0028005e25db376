"""What the header of a compressed frame says of itself, read without a decoder.

JPEG and JPEG-LS: ISO/IEC 10918-1 annex B, 14495-1 annex C. JPEG 2000: ISO/IEC 15444-1 annex A.
RLE: PS3.5 annex G.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

from pipeline.ingest.reasons import Refusal

# Markers of JPEG (ITU-T T.81, table B.1) and of JPEG-LS (T.87).
_LOSSLESS_SOF, _LS_SOF = 0xC3, 0xF7
_SOF = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), _LS_SOF)
_SOI, _SOS, _APP0, _APP14 = 0xD8, 0xDA, 0xE0, 0xEE
_MAX_MARKERS = 200  # a choice: a frame has some ten, and a foreign stream may go on without end
_JPEG_2000_START, _LONGEST_BOXES = b"\xff\x4f\xff\x51", 4096
_STARTS = (b"\xff\xd8\xff", _JPEG_2000_START, b"\0\0\0\x0cjP  ")
_RLE_HEADER_BYTES, _MOST_RLE_SEGMENTS = 64, 15  # PS3.5 G.5
LONGEST_START = 8
"""As many bytes of a fragment tell whether a frame begins there."""


@dataclass(frozen=True)
class Codestream:
    """The frame that a compressed stream announces.

    `process` is the JPEG start-of-frame code, or "j2k" as 0x4F; `colour` is the model that the stream
    itself names, None where it doesn't; `signed` is None where the stream has no notion of it.
    """

    process: int
    rows: int
    columns: int
    samples: int
    bits: int
    signed: bool | None = None
    colour: str | None = None


def begins_jpeg(start: bytes) -> bool:
    """Whether bytes are the first of a JPEG, JPEG-LS or JPEG 2000 stream."""
    return start.startswith(_STARTS)


def begins_rle(start: bytes) -> bool:
    """Whether bytes are the first of an RLE frame: a number of segments, and where the first one lies."""
    if len(start) < LONGEST_START:
        return False
    segments = int.from_bytes(start[:4], "little")
    first = int.from_bytes(start[4:8], "little")
    return 0 < segments <= _MOST_RLE_SEGMENTS and first == _RLE_HEADER_BYTES


def read_jpeg(data: bytes) -> Codestream:
    """The start-of-frame of a JPEG or JPEG-LS stream. Raises Refusal `decode_error`."""
    if data[:2] != b"\xff\xd8":
        raise Refusal("decode_error", "a frame is not a JPEG stream")
    position, adobe, jfif = 2, None, False
    for _ in range(_MAX_MARKERS):
        # Any number of fill bytes may stand before a marker (ISO/IEC 10918-1 B.1.1.2).
        while data[position : position + 2] == b"\xff\xff":
            position += 1
        if len(data) < position + 4 or data[position] != 0xFF:
            break
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + length]
        if length < 2 or len(body) != length - 2 or marker == _SOS:
            break
        if marker in _SOF:
            return _start_of_frame(marker, body, adobe, jfif)
        if marker == _APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        jfif |= marker == _APP0 and body[:4] == b"JFIF"
        position += 2 + length
    raise Refusal("decode_error", "a JPEG frame has no header")


def without_boxes(data: bytes) -> bytes:
    """A JPEG 2000 stream without the boxes of a JP2 file around it. Raises Refusal where there is none.

    A decoder that knows of a colour space in them converts colours that we then would convert again.
    """
    if data[:4] == _JPEG_2000_START:
        return data
    start = data.find(b"jp2c" + _JPEG_2000_START, 0, _LONGEST_BOXES) + 4
    if start == 3:
        raise Refusal("decode_error", "a frame is not a JPEG 2000 stream")
    return data[start:]


def read_jpeg2000(data: bytes) -> Codestream:
    """The image and tile size of a JPEG 2000 stream without boxes. Raises Refusal."""
    siz = data[4:48]
    if data[:4] != _JPEG_2000_START or len(siz) < 41:
        raise Refusal("decode_error", "a frame is not a JPEG 2000 stream")
    length, _, right, bottom, left, top, tile_width, tile_height, _, _, samples = struct.unpack(
        ">HHIIIIIIIIH", siz[:38]
    )
    columns, rows = right - left, bottom - top
    components = data[42 : 42 + 3 * samples]
    if length != 38 + 3 * samples or not samples or len(components) != 3 * samples:
        raise Refusal("decode_error", "the size marker of a JPEG 2000 frame is damaged")
    if not tile_width or not tile_height or min(columns, rows) < 1:
        raise Refusal("decode_error", "a JPEG 2000 frame has no size")
    # A choice, 8 x 8 pixels a tile at least: each tile costs a decoder memory, however small it is.
    if -(-columns // tile_width) * -(-rows // tile_height) > max(1, columns * rows // 64):
        raise Refusal("limit_exceeded", "a JPEG 2000 frame is cut into tiles of a few pixels")
    depth = components[0]
    if components != bytes((depth, 1, 1)) * samples:
        raise Refusal("inconsistent_pixel_attributes", "the components of a JPEG 2000 frame differ")
    transformed = _component_transform(data, 4 + length)
    colour = "RGB" if transformed else None
    return Codestream(0x4F, rows, columns, samples, (depth & 0x7F) + 1, bool(depth & 0x80), colour)


def rle_segments(data: bytes, *, segments: int, segment_bytes: int) -> list[bytes]:
    """The packed segments of an RLE frame. Raises Refusal unless there are as many as can hold the frame."""
    if len(data) < _RLE_HEADER_BYTES:
        raise Refusal("decode_error", "an RLE frame has no header")
    count, *offsets = struct.unpack("<16I", data[:_RLE_HEADER_BYTES])
    if count != segments:
        raise Refusal("inconsistent_pixel_attributes", f"{count} RLE segments, expected {segments}")
    bounds = [*offsets[:count], len(data)]
    if bounds[0] != _RLE_HEADER_BYTES or any(b < a for a, b in pairwise(bounds)):
        raise Refusal("decode_error", "the segment offsets of an RLE frame are wrong")
    packed = [data[start:end] for start, end in pairwise(bounds)]
    if any(64 * len(segment) < segment_bytes for segment in packed):  # two bytes make at most 128
        raise Refusal("decode_error", "an RLE segment is too short for the frame")
    return packed


def _start_of_frame(marker: int, body: bytes, adobe: int | None, jfif: bool) -> Codestream:
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise Refusal("decode_error", "the start of a JPEG frame is damaged")
    bits, rows, columns, samples = struct.unpack(">BHHB", body[:6])
    identifiers = bytes(body[6::3])
    colour = None
    if samples == 3 and marker not in (_LOSSLESS_SOF, _LS_SOF):
        if adobe is not None:
            colour = "RGB" if adobe == 0 else "YBR"
        elif jfif:
            colour = "YBR"
        elif identifiers == b"RGB":
            colour = "RGB"
    return Codestream(marker, rows, columns, samples, bits, colour=colour)


def _component_transform(data: bytes, position: int) -> bool:
    """Whether the COD marker names a multiple component transform: the decoder then returns RGB."""
    for _ in range(_MAX_MARKERS):
        marker, length = (
            data[position : position + 2],
            int.from_bytes(data[position + 2 : position + 4], "big"),
        )
        if marker == b"\xff\x52":
            return len(data) > position + 8 and data[position + 8] == 1
        if marker[:1] != b"\xff" or marker == b"\xff\x90" or length < 2:
            break
        position += 2 + length
    raise Refusal("decode_error", "a JPEG 2000 frame has no coding style")
