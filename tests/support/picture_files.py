"""Pictures for tests, as bytes: written by Pillow, and put together by hand where it would not write them so."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def grey(rows: int = 20, columns: int = 24, dtype: Any = np.uint8) -> NDArray[Any]:
    """A picture that no turn and no mirroring leaves as it is."""
    down, across = np.mgrid[0:rows, 0:columns]
    return (10 * down + across).astype(dtype)


def colours(rows: int = 20, columns: int = 24) -> NDArray[np.uint8]:
    """A coloured picture `(rows, columns, 3)`."""
    return np.stack([grey(rows, columns), grey(rows, columns) // 2, 255 - grey(rows, columns)], axis=-1)


def picture(array: NDArray[Any], kind: str = "PNG", mode: str | None = None, **settings: Any) -> bytes:
    """The file of a picture as Pillow writes it."""
    stream = io.BytesIO()
    made = Image.fromarray(array) if mode is None else Image.fromarray(array).convert(mode)
    made.save(stream, kind, **settings)
    return stream.getvalue()


def with_orientation(number: int) -> Image.Exif:
    """An EXIF block that says how a picture is to be turned."""
    exif = Image.Exif()
    exif[274] = number
    return exif


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(array: NDArray[Any], *, depth: int, colour: int = 0, before: bytes = b"") -> bytes:
    """A PNG of rows of bytes as they are to be packed, with chunks `before` its pixels."""
    rows, columns = array.shape[:2]
    header = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    bits = 1 if depth < 8 else 0
    lines = [_packed(line, depth) if bits else line.astype(f">u{depth // 8}").tobytes() for line in array]
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines))
    chunks = chunk(b"IHDR", header) + before + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _packed(line: NDArray[Any], depth: int) -> bytes:
    bits = ((line[:, None] >> np.arange(depth - 1, -1, -1)) & 1).reshape(-1)
    return np.packbits(bits.astype(np.uint8)).tobytes()
