"""Parallel planes in the order of space.

Order and distances come from positions projected on the normal, never from instance numbers or
spacing tags (PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.geometry import normal_of

__all__ = ["GAP_TOLERANCE_MM", "GRID_TOLERANCE", "Stack", "heights_of", "places_of", "stack_of"]

GAP_TOLERANCE_MM = 0.01
"""Positions are written with about 1e-3 mm; slices this near to each other lie at the same place."""
GRID_TOLERANCE = 0.10
"""The share of a step, or of a pixel, by which a plane may lie off an even grid: a tenth of a voxel."""

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Stack:
    """Parallel planes sorted along their normal.

    `positions` (planes, 3) are LPS mm; `heights` (planes,) the positions along `normal`; `rows` and
    `columns` are the directions of growing row and column index; `spacing_mm` between rows, columns.
    """

    frames: tuple[Frame, ...]
    positions: Vector
    heights: Vector
    normal: Vector
    rows: Vector
    columns: Vector
    spacing_mm: tuple[float, float]


def stack_of(frames: Sequence[Frame]) -> Stack:
    """The frames sorted along the normal of the first by name.

    Raises ValueError where orientation or spacing is missing; all must have positions.
    """
    named = sorted(frames, key=lambda frame: frame.name)
    orientation, spacing_mm = named[0].orientation, _usual_spacing(named)
    if orientation is None or spacing_mm is None:
        raise ValueError("a plane without orientation or spacing has no place in a stack")
    directions = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
    normal = normal_of(orientation)
    normal /= np.linalg.norm(normal)
    positions = np.array([frame.position_mm for frame in named], dtype=np.float64).reshape(-1, 3)
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    return Stack(
        frames=tuple(named[i] for i in order),
        positions=positions[order],
        heights=heights[order],
        normal=normal,
        rows=directions[1],
        columns=directions[0],
        spacing_mm=spacing_mm,
    )


def _usual_spacing(frames: Sequence[Frame]) -> tuple[float, float] | None:
    """The spacing most planes have, where some are written with other digits."""
    counts = Counter(frame.spacing_mm for frame in frames)
    return max(counts, key=lambda spacing: (counts[spacing], spacing or ()))


def places_of(stack: Stack) -> NDArray[np.int64]:
    """A number for each plane, the same for planes at the same place, growing along the normal."""
    return np.concatenate([[0], np.cumsum(np.diff(stack.heights) > GAP_TOLERANCE_MM)])


def heights_of(parts: Sequence[Sequence[Frame]]) -> list[Vector]:
    """The heights of each part's planes along the normal of the first of all by name."""
    named = min((frame for part in parts for frame in part), key=lambda frame: frame.name)
    normal = normal_of(named.orientation or ())
    normal /= np.linalg.norm(normal)
    return [np.array([frame.position_mm for frame in part], dtype=np.float64) @ normal for part in parts]
