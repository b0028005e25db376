"""The pixel data of one image in each transfer syntax the phantom uses; nothing is lost in any.

Deflated files are left out: their bytes would depend on the machine's zlib.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

Pixels = NDArray[np.uint16]

BITS: Final = 12


def encode(pixels: Pixels, syntax: str) -> bytes:
    """The value of Pixel Data for one image `(rows, columns)` of 12 bits, of even length."""
    data = ENCODERS[syntax](pixels)
    return data if syntax in _NATIVE else encapsulate([data])


def bits_stored(syntax: str) -> int:
    """What Bits Stored must say: 16 in JPEG-LS, where the encoder announces 16 bits, else 12."""
    return 16 if syntax == JPEGLSLossless else BITS


def _native(pixels: Pixels) -> bytes:
    return pixels.astype("<u2").tobytes()


def _rle(pixels: Pixels) -> bytes:
    """Two segments, the high bytes first, each row packed by itself (PS3.5 G.3 to G.5)."""
    segments = []
    for plane in ((pixels >> 8).astype(np.uint8), (pixels & 0xFF).astype(np.uint8)):
        packed = bytes(imagecodecs.packbits_encode(plane))
        segments.append(packed + b"\0" * (len(packed) % 2))
    offsets = (2, 64, 64 + len(segments[0]))
    return struct.pack("<16I", *offsets, *(0,) * 13) + b"".join(segments)


def _jpeg_ls(pixels: Pixels) -> bytes:
    return bytes(imagecodecs.jpegls_encode(pixels))


def _jpeg_2000(pixels: Pixels) -> bytes:
    stream = imagecodecs.jpeg2k_encode(
        pixels, level=0, codecformat="j2k", bitspersample=BITS, reversible=True, numthreads=1
    )
    return bytes(stream)


_NATIVE: Final = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
ENCODERS: Final[dict[str, Callable[[Pixels], bytes]]] = {
    ExplicitVRLittleEndian: _native,
    ImplicitVRLittleEndian: _native,
    RLELossless: _rle,
    JPEGLSLossless: _jpeg_ls,
    JPEG2000Lossless: _jpeg_2000,
}
