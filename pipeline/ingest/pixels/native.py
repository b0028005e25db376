"""Uncompressed frames as arrays of bit patterns (PS3.5 section 8, PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.reasons import Refusal

Array = NDArray[Any]


def unpack_native(raw: bytes | memoryview, form: PixelFormat, order: str, bit_offset: int = 0) -> Array:
    """The array of one uncompressed frame; `bit_offset` is where its first bit lies in `raw`."""
    if form.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return bits[bit_offset : bit_offset + form.samples_per_frame].reshape(form.rows, form.columns)
    kind = "f" if form.kind == "float" else "u"
    count = form.frame_bits // form.bits_allocated
    array = np.frombuffer(raw, f"{order}{kind}{form.bits_allocated // 8}", count=count)
    if form.samples == 1:
        return array.reshape(form.rows, form.columns)
    if form.photometric == "YBR_FULL_422":
        return _spread_chroma(array, form)
    if form.planar:
        return np.moveaxis(array.reshape(3, form.rows, form.columns), 0, 2)
    return array.reshape(form.rows, form.columns, 3)


def _spread_chroma(array: Array, form: PixelFormat) -> Array:
    """Two pixels share their chroma: Y1 Y2 Cb Cr becomes Y1 Cb Cr, Y2 Cb Cr (PS3.3 C.7.6.3.1.2)."""
    if form.columns % 2:
        raise Refusal("inconsistent_pixel_attributes", "YBR_FULL_422 with an odd number of columns")
    pairs = array.reshape(form.rows, form.columns // 2, 4)
    spread = np.stack((pairs[..., (0, 2, 3)], pairs[..., (1, 2, 3)]), axis=2)
    return spread.reshape(form.rows, form.columns, 3)
