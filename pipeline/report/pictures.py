"""Arrays as colours: heat over a picture, heat alone, the kernels of a layer."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

KERNEL_SCALE = 12  # screen pixels for one weight
HEAT_OPACITY = 0.8  # a choice: anatomy still shows through the hottest spot
_SCALE_GREY = 96  # as soft tissue is in most pictures

Bytes = NDArray[np.uint8]


def with_heat(grey: Bytes, heat: Bytes) -> Bytes:
    """The picture in grey with the heat laid over it; both `(rows, columns)`, result with 3 channels."""
    share = heat[..., None] / 255
    # The dark quarter of the scale would be taken for air, and its white end for bone.
    color = mpl.colormaps["inferno"](0.25 + 0.7 * heat / 255)[..., :3] * 255
    opacity = HEAT_OPACITY * share
    return np.asarray(np.rint((1 - opacity) * grey[..., None] + opacity * color), dtype=np.uint8)


def heat_scale() -> Bytes:
    """All heats from none to the most as they lie over grey, `(rows, columns, 3)`."""
    heat = np.tile(np.arange(256, dtype=np.uint8), (12, 1))
    return with_heat(np.full_like(heat, _SCALE_GREY), heat)


def heat_map(heat: Bytes) -> Bytes:
    """Heat alone, black to yellow, with 3 channels."""
    return np.asarray(np.rint(mpl.colormaps["inferno"](heat / 255)[..., :3] * 255), dtype=np.uint8)


def kernel_sheet(kernels: NDArray[np.float32]) -> Bytes:
    """All kernels `(filters, rows, columns)` on one sheet: white is 0, blue negative, orange positive.

    Every kernel is scaled to its own largest weight, so that the patterns can be compared.
    """
    columns = math.ceil(math.sqrt(len(kernels)))
    peak = np.abs(kernels).max(axis=(1, 2), keepdims=True)
    shares = kernels / np.where(peak > 0, peak, 1)
    tiles = [
        np.pad(
            np.kron(_diverging(share), np.ones((KERNEL_SCALE, KERNEL_SCALE, 1))),
            ((3, 3), (3, 3), (0, 0)),
            constant_values=255,
        )
        for share in shares
    ]
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[start : start + columns], axis=1) for start in range(0, len(tiles), columns)]
    return np.asarray(np.concatenate(rows), dtype=np.uint8)


def _diverging(share: NDArray[np.float32]) -> NDArray[np.float64]:
    ends = np.where(share[..., None] > 0, [194, 87, 12], [11, 83, 148])
    return np.asarray(np.rint(255 + np.abs(share[..., None]) * (ends - 255)), dtype=np.float64)


def borders(marked: NDArray[np.bool_]) -> str:
    """The border of what is marked, as the path of an SVG in units of pixels: along the edges of pixels.

    >>> borders(np.array([[False, True]]))
    'M1 0H2V1H1V0Z'
    """
    ends = _edges(np.pad(marked, 1))
    path = []
    while ends:
        first = at = next(iter(ends))
        way = [f"M{at[1]} {at[0]}"]
        before: tuple[int, int] | None = None
        while True:
            following = ends[at].pop()
            if not ends[at]:
                del ends[at]
            step = (following[0] - at[0], following[1] - at[1])
            if step == before:
                way.pop()
            way.append(f"H{following[1]}" if step[1] else f"V{following[0]}")
            before, at = step, following
            if at == first:
                break
        path.append("".join(way) + "Z")
    return "".join(path)


def _edges(padded: NDArray[np.bool_]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """The edges of marked pixels, from corner to corner `(row, column)`, with marks at the right hand."""
    ends: dict[tuple[int, int], list[tuple[int, int]]] = {}
    inside = padded[1:-1, 1:-1]
    sides = (
        (padded[:-2, 1:-1], (0, 0), (0, 1)),  # nothing above: to the right
        (padded[1:-1, 2:], (0, 1), (1, 1)),  # nothing at the right: down
        (padded[2:, 1:-1], (1, 1), (1, 0)),  # nothing below: to the left
        (padded[1:-1, :-2], (1, 0), (0, 0)),  # nothing at the left: up
    )
    for beside, start, end in sides:
        for row, column in np.argwhere(inside & ~beside).tolist():
            ends.setdefault((row + start[0], column + start[1]), []).append((row + end[0], column + end[1]))
    return ends
