"""Stage one: which pairs are worth a look, by one product of matrices for each view.

Likenesses of 16 x 16, evened, with what all images have in common taken out (the set's own principal
components, each made equally strong): two images of two people are then nearly at right angles, however
alike all chests are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.views import NONE, Cut, Pictures, View, cut_off, views

_SIDE: Final = 16  # pixels: the cosine asks for what is large, registration for the rest
_MOST_DIRECTIONS: Final = 128  # a choice: half of what 16 x 16 pixels can have
_SCANS_A_DIRECTION: Final = 4  # a choice: fewer, and two near copies would have a direction of their own
_FITTED: Final = 4000  # scans; more change the components by nothing
_FAINT: Final = 0.02  # of the strongest component: what is weaker is noise, and isn't made as strong
_ALIKE: Final = 0.40
"""The least cosine of a candidate: all copies of 100 CT slices reach it, changed in any of 22 ways.

In chest radiographs one pair in 12 000 of two patients reaches 0.45.
"""
_BLOCK: Final = 2048  # scans: a block of cosines of float32 is 16 MB
_ALL_VIEWS: Final = 20_000  # scans; of more, only the uncut views are compared: minutes in place of an hour


@dataclass(frozen=True)
class Candidates:
    """Pairs of places in the set: `first` under the view looks like `second`, by the cosine."""

    view: View
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    cosine: NDArray[np.float32]


def candidates(
    pictures: Pictures, persons: NDArray[np.intp], among: NDArray[np.intp] | None = None
) -> Iterator[Candidates]:
    """The pairs of scans of two `persons` that look alike, view by view. `pictures` are evened.

    With `among`, one of each pair is among these places, and no view is cut.
    """
    mean, components = _components(_small(pictures, NONE))
    plain = _directions(pictures, mean, components)
    looking = np.arange(len(pictures)) if among is None else among
    for view in views(with_cuts=among is None and len(pictures) <= _ALL_VIEWS):
        seen = _directions(view.of(pictures[looking]), mean, components, cut=view.cut)
        # Uncut, the view of a pair and that of the same pair the other way round are both tried.
        one_way = among is None and view.cut.is_none
        pairs = _above(seen, plain, looking, persons, one_way=one_way)
        if pairs:
            yield Candidates(view, *(np.concatenate(each) for each in zip(*pairs, strict=True)))


def _above(
    seen: NDArray[np.float32],
    plain: NDArray[np.float32],
    looking: NDArray[np.intp],
    persons: NDArray[np.intp],
    *,
    one_way: bool,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]]:
    """The pairs above the bar; `seen` are views of the places `looking`, `plain` is everyone.

    `one_way`: of a pair that would be met twice, only with the smaller place first.
    """
    found = []
    for start in range(0, len(seen), _BLOCK):
        rows = seen[start : start + _BLOCK]
        for column in range(start if one_way else 0, len(plain), _BLOCK):
            cosines = rows @ plain[column : column + _BLOCK].T
            flat = np.flatnonzero(cosines.reshape(-1) > _ALIKE)
            i, j = np.divmod(flat, cosines.shape[1])
            first, second = looking[i + start], j + column
            kept = persons[first] != persons[second]
            if one_way:
                kept &= first < second
            if kept.any():
                found.append((first[kept], second[kept], cosines.reshape(-1)[flat[kept]]))
    return found


def _small(pictures: Pictures, cut: Cut) -> NDArray[np.float32]:
    """What a cut leaves of the pictures, at 16 x 16, `(scans, 256)`."""
    rows, columns = cut_off(cut, _SIDE)
    parts = [
        (rows @ pictures[start : start + _BLOCK].astype(np.float32) @ columns.T).reshape(-1, _SIDE**2)
        for start in range(0, len(pictures), _BLOCK)
    ]
    return np.concatenate(parts)


def _components(small: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean, `(256,)`, and the components that make the set equally strong in all, `(256, directions)`."""
    fitted = small[:: max(1, len(small) // _FITTED)].astype(np.float64)
    mean = fitted.mean(axis=0)
    apart = fitted - mean
    strengths, vectors = np.linalg.eigh(apart.T @ apart / len(apart))
    count = int(np.clip(len(fitted) // _SCANS_A_DIRECTION, 8, _MOST_DIRECTIONS))
    spread = np.sqrt(np.clip(strengths[::-1][:count], 0, None))
    # Of a set of empty pictures no component has a strength to divide by.
    scaled = vectors[:, ::-1][:, :count] / (spread + _FAINT * spread[0] + 1e-6)
    return mean.astype(np.float32), scaled.astype(np.float32)


def _directions(
    pictures: Pictures, mean: NDArray[np.float32], components: NDArray[np.float32], *, cut: Cut = NONE
) -> NDArray[np.float32]:
    """Unit vectors, `(scans, directions)`."""
    projected = (_small(pictures, cut) - mean) @ components
    lengths = np.linalg.norm(projected, axis=1, keepdims=True)
    unit: NDArray[np.float32] = projected / np.maximum(lengths, 1e-9)
    return unit
