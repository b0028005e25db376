"""Palettes that are written in segments (PS3.3 C.7.9.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.reasons import Refusal

Array = NDArray[Any]

_DISCRETE, _LINEAR = 0, 1


def expanded(segments: Array, count: int) -> Array:
    """The `count` entries that segments stand for, in their dtype.

    A segment is a kind, a number of entries, and either these entries or the last one, to which the ones
    before lead in equal steps. Raises Refusal for anything else: copies of other segments, by an offset,
    have not been seen in a file.
    """
    values = segments.tolist()
    pieces: list[Array] = []
    found, position, last = 0, 0, -1
    while found < count and position + 2 < len(values):
        kind, entries = values[position : position + 2]
        position += 2
        width = entries if kind == _DISCRETE else 1
        given = segments[position : position + width]
        if not entries or len(given) < width or kind > _LINEAR or (kind == _LINEAR and not pieces):
            raise _unreadable(position - 2)
        piece = given if kind == _DISCRETE else _steps(last, values[position], entries)
        pieces.append(piece)
        found, position, last = found + entries, position + width, int(piece[-1])
    if found != count:
        raise Refusal(
            "inconsistent_pixel_attributes", f"segments of a palette give {found} entries of {count}"
        )
    return np.concatenate(pieces).astype(segments.dtype)


def _steps(before: int, last: int, entries: int) -> Array:
    """Equal steps from `before`, the last entry of the segment before, that end at `last`."""
    return np.rint(np.linspace(before, last, entries + 1)[1:])


def _unreadable(position: int) -> Refusal:
    return Refusal(
        "inconsistent_pixel_attributes", f"the segment of a palette at entry {position} is not readable"
    )
