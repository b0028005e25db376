"""Colour frames as RGB, converted once (PS3.3 C.7.6.3.1.2 and C.7.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Palette:
    """The colours of stored values from `first` on, `(entries, 3)` uint8 or uint16; the ends are kept."""

    first: int
    colours: Array


def rgb_of_palette(stored: Array, palette: Palette) -> Array:
    """The colours `(rows, columns, 3)` of palette indices `(rows, columns)`."""
    index = np.clip(stored.astype(np.int64) - palette.first, 0, len(palette.colours) - 1)
    return palette.colours[index]


def rgb_of_ybr(ybr: Array, bits_stored: int) -> Array:
    """Full-range luminance and chroma `(rows, columns, 3)` as RGB of the same unsigned dtype (JFIF)."""
    top = (1 << bits_stored) - 1
    half = 1 << (bits_stored - 1)
    y = ybr[..., 0].astype(np.float32)
    blue = ybr[..., 1].astype(np.float32) - half
    red = ybr[..., 2].astype(np.float32) - half
    rgb = np.stack(
        (y + 1.402 * red, y - 0.344136286 * blue - 0.714136286 * red, y + 1.772 * blue), axis=-1
    )  # (rows, columns, 3)
    converted: Array = np.clip(np.rint(rgb), 0, top).astype(ybr.dtype)
    return converted


def narrowed(colours: Array) -> Array:
    """16-bit colours as 8-bit ones where they hold no more (low byte 0 or a copy), else as given."""
    if colours.dtype == np.uint8:
        return colours
    high = colours >> 8
    if np.array_equal(colours, high << 8) or np.array_equal(colours, high * 257):
        return high.astype(np.uint8)
    return colours
