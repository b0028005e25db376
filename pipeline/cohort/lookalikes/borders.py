"""Images without a border of one grey, which padding adds and a collimator leaves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.views import Pictures
from pipeline.records import LIKENESS_SIDE

_FLAT: Final = 25
"""Of 255 greys: a row or column whose averages differ by less is border, as air is.

A choice: the noise of air in a CT is less, and any body more, with or without a window.
"""
_LEAST: Final = LIKENESS_SIDE // 4  # pixels of a side: of less, not enough is left to be told by


def has_border(pictures: Pictures) -> NDArray[np.bool_]:
    """Which pictures have a border."""
    return _is_smaller([_inside(pictures, axis) for axis in (1, 2)])


def without_border(pictures: Pictures) -> Pictures:
    """What is inside of the borders, at 64 x 64 again."""
    boxes = [_inside(pictures, axis) for axis in (1, 2)]
    inside = pictures.copy()
    for place in np.flatnonzero(_is_smaller(boxes)).tolist():
        rows, columns = (_stretching(int(first[place]), int(last[place])) for first, last in boxes)
        inside[place] = np.rint(rows @ pictures[place].astype(np.float32) @ columns.T).astype(np.uint8)
    return inside


def _is_smaller(boxes: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]) -> NDArray[np.bool_]:
    smaller: NDArray[np.bool_] = np.any([last - first < LIKENESS_SIDE for first, last in boxes], axis=0)
    return smaller


def _inside(pictures: Pictures, axis: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of each the first row (axis 1) or column (axis 2) inside of the border, and the one behind the last."""
    across = 3 - axis
    filled = pictures.max(axis=across).astype(np.int16) - pictures.min(axis=across) > _FLAT
    first = filled.argmax(axis=1)
    last = LIKENESS_SIDE - filled[:, ::-1].argmax(axis=1)
    whole = last - first < _LEAST  # and where nothing stands out
    whole |= ~filled.any(axis=1)
    return np.where(whole, 0, first), np.where(whole, LIKENESS_SIDE, last)


@lru_cache(maxsize=4096)
def _stretching(first: int, last: int) -> NDArray[np.float32]:
    """From 64 pixels to 64 between two of them, each by its neighbours' distances."""
    places = first + (np.arange(LIKENESS_SIDE) + 0.5) * (last - first) / LIKENESS_SIDE - 0.5
    places = np.clip(places, first, last - 1)  # no grey of the border gets in
    below = np.minimum(np.floor(places).astype(np.intp), LIKENESS_SIDE - 2)
    matrix = np.zeros((LIKENESS_SIDE, LIKENESS_SIDE), np.float32)
    matrix[np.arange(LIKENESS_SIDE), below] = 1 - (places - below)
    matrix[np.arange(LIKENESS_SIDE), below + 1] = places - below
    return matrix
