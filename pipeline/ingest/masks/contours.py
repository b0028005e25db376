"""Fills closed contours on a grid of pixels: a pixel is marked where its centre lies inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.reasons import Refusal

__all__ = ["cross", "filled"]

_DECIMALS: Final = 6
"""Of a pixel: what a way through two affines leaves of a point that was written onto a pixel's centre."""
_MOST_CROSSINGS: Final = 20_000_000  # of a plane; drawn structures have some thousand
Points = NDArray[np.float64]


def filled(contours: Iterable[Points], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of a plane `(rows, columns)` lie inside an odd number of times.

    Each contour has shape (points, 2), rows then columns, in pixels from the centre of the first one, and
    is closed from its last point to its first. So a contour inside another is a hole, one inside that an
    island, and the two ways of a keyhole cancel. Of a centre on an edge, the side of the lower indices
    belongs to the contour: what borders on another contour is never in both, nor in neither.
    Raises Refusal `limit_exceeded`.
    """
    rows, columns = shape
    toggled = np.zeros((rows, columns + 1), np.bool_)
    for contour in contours:
        at_rows, at_columns = _crossings(np.round(contour, _DECIMALS), rows)
        # From the first pixel centre at or beyond a crossing on, the line is on its other side.
        firsts = np.clip(np.ceil(at_columns), 0, columns).astype(np.int64)
        np.logical_xor.at(toggled, (at_rows, firsts), True)
    return np.logical_xor.accumulate(toggled, axis=1)[:, :columns]


def cross(contours: Sequence[Points], shape: tuple[int, int]) -> bool:
    """Whether two of the contours hold pixels in common, and each of them others besides.

    Neither is then a hole or an island of the other. Contours and shape as for `filled`; raises as it does.
    """
    if len(contours) < 2:
        return False
    # Largest first, a pixel is known by the last contour that holds it: those around it hold that, too.
    sizes = [int(np.count_nonzero(_part(contour, shape)[1])) for contour in contours]
    innermost = np.zeros(shape, np.int32)
    for number in sorted(range(len(contours)), key=sizes.__getitem__, reverse=True):
        place, inside = _part(contours[number], shape)
        around = innermost[place][inside]
        if (around != around[:1]).any():
            return True
        innermost[place][inside] = number + 1
    return False


def _part(contour: Points, shape: tuple[int, int]) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """The rows and columns that a contour reaches, and which pixels of them lie inside."""
    low = np.clip(np.floor(contour.min(axis=0)), 0, shape).astype(np.int64)
    high = np.clip(np.ceil(contour.max(axis=0)) + 1, low, shape).astype(np.int64)
    inside = filled([contour - low], (int(high[0] - low[0]), int(high[1] - low[1])))
    return (slice(low[0], high[0]), slice(low[1], high[1])), inside


def _crossings(contour: Points, rows: int) -> tuple[NDArray[np.int64], Points]:
    """Where the edges of a contour cross the lines of pixel centres: row, and column as a fraction.

    An edge has its upper end and not its lower one, so that a corner on a line is crossed once, or not.
    """
    begin, end = contour, np.roll(contour, -1, axis=0)
    upper, lower = np.minimum(begin[:, 0], end[:, 0]), np.maximum(begin[:, 0], end[:, 0])
    first = np.clip(np.ceil(upper), 0, rows).astype(np.int64)
    beyond = np.clip(np.ceil(lower), 0, rows).astype(np.int64)
    counts = beyond - first
    total = int(counts.sum())
    if total > _MOST_CROSSINGS:
        raise Refusal("limit_exceeded", f"more than {_MOST_CROSSINGS} crossings of a contour")
    edges = np.repeat(np.arange(len(contour)), counts)
    at_rows = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts) + first[edges]
    share = (at_rows - begin[edges, 0]) / (end[edges, 0] - begin[edges, 0])
    at_columns = begin[edges, 1] + share * (end[edges, 1] - begin[edges, 1])
    return at_rows, np.round(at_columns, _DECIMALS)
