"""Stage one: which pairs are worth a look, by one product of matrices for each view.

Likenesses of 16 x 16, ranked, with what all images have in common taken out (the set's own principal
components, each made equally strong): two images of two people are then nearly at right angles, however
alike all chests are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.views import CUTS, Pictures, View, cutting, views

_SIDE: Final = 16  # pixels: the cosine asks for what is large, registration for the rest
_MOST_DIRECTIONS: Final = 128
_SCANS_A_DIRECTION: Final = 4  # a choice: fewer, and two near copies would have a direction of their own
_FITTED: Final = 4000  # scans; more change the components by nothing
_FAINT: Final = 0.02  # of the strongest component: what is weaker is noise, and isn't made as strong
_ALIKE: Final = 0.45
"""The least cosine of a candidate. In 5232 chest radiographs of children one pair in 20 000 of two patients
reaches it, and 24 of 25 copies that were windowed hard, 25 of 25 that were changed otherwise."""
_BLOCK: Final = 2048  # scans: a block of cosines of float32 is 16 MB
_ALL_VIEWS: Final = 20_000  # scans; of more, only the uncut views are compared: minutes in place of an hour


@dataclass(frozen=True)
class Candidates:
    """Pairs of places in the set: `first` under the view looks like `second`, by the cosine."""

    view: View
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    cosine: NDArray[np.float32]


def candidates(pictures: Pictures, persons: NDArray[np.intp]) -> Iterator[Candidates]:
    """The pairs of scans of two `persons` that look alike, view by view. `pictures` are ranked."""
    mean, components = _components(_small(pictures, cut=0))
    plain = _directions(pictures, mean, components)
    for view in views(with_cuts=len(pictures) <= _ALL_VIEWS):
        seen = _directions(view.of(pictures), mean, components, cut=view.cut)
        # Uncut, the view of a pair and that of the same pair the other way round are both tried.
        pairs = _above(seen, plain, persons, both_ways=view.cut > 0)
        if pairs:
            yield Candidates(view, *(np.concatenate(each) for each in zip(*pairs, strict=True)))


def _above(
    seen: NDArray[np.float32], plain: NDArray[np.float32], persons: NDArray[np.intp], *, both_ways: bool
) -> list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]]:
    found = []
    for start in range(0, len(seen), _BLOCK):
        rows = seen[start : start + _BLOCK]
        first_column = 0 if both_ways else start
        for column in range(first_column, len(plain), _BLOCK):
            cosines = rows @ plain[column : column + _BLOCK].T
            flat = np.flatnonzero(cosines.reshape(-1) > _ALIKE)
            i, j = np.divmod(flat, cosines.shape[1])
            first, second = i + start, j + column
            kept = persons[first] != persons[second]
            if not both_ways:
                kept &= first < second
            if kept.any():
                found.append((first[kept], second[kept], cosines.reshape(-1)[flat[kept]]))
    return found


def _small(pictures: Pictures, *, cut: int) -> NDArray[np.float32]:
    """The pictures at 16 x 16, `(scans, 256)`."""
    matrix = cutting(cut, _SIDE)
    parts = [
        (matrix @ pictures[start : start + _BLOCK].astype(np.float32) @ matrix.T).reshape(-1, _SIDE**2)
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
    scaled = vectors[:, ::-1][:, :count] / (spread + _FAINT * spread[0] + 1e-6)
    return mean.astype(np.float32), scaled.astype(np.float32)


def _directions(
    pictures: Pictures, mean: NDArray[np.float32], components: NDArray[np.float32], *, cut: int = CUTS[0]
) -> NDArray[np.float32]:
    """Unit vectors, `(scans, directions)`."""
    projected = (_small(pictures, cut=cut) - mean) @ components
    lengths = np.linalg.norm(projected, axis=1, keepdims=True)
    unit: NDArray[np.float32] = projected / np.maximum(lengths, 1e-9)
    return unit
