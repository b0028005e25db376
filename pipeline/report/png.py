"""Arrays as pictures inside a page: PNG data URIs without a word of metadata."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def uri(picture: Bytes) -> str:
    """The PNG of `(rows, columns)` grey values or `(rows, columns, 3)` colours as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode()


def png(picture: Bytes) -> bytes:
    """The PNG file of 8-bit grey values or colours: header, pixels, end and nothing else (RFC 2083)."""
    rows, columns = picture.shape[:2]
    kind = 2 if picture.ndim == 3 else 0
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), picture.reshape(rows, -1)], axis=1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)), _chunk(b"IEND", b"")]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
