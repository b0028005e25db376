"""Stage one: which pairs are worth a look, by one product of matrices for each view.

Likenesses of 16 x 16, evened, with what all images have in common taken out (the set's own principal
components, each made equally strong): two images of two people are then nearly at right angles, however
alike all chests are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.shrinking import Shrunk
from pipeline.cohort.lookalikes.views import NONE, View, views

_MOST_DIRECTIONS: Final = 128  # a choice: half of what 16 x 16 pixels can have
_SCANS_A_DIRECTION: Final = 4  # a choice: fewer, and two near copies would have a direction of their own
_FITTED: Final = 4000  # scans; more change the components by nothing
_FAINT: Final = 0.02  # of the strongest component: what is weaker is noise, and isn't made as strong
_ALIKE: Final = 0.40
"""The least cosine of a candidate: all copies of 100 CT slices reach it, changed in any of 22 ways.

In chest radiographs one pair in 12 000 of two patients reaches 0.45.
"""
_BLOCK: Final = 2048  # scans: a block of cosines of float32 is 16 MB


_AS_IT_IS: Final = View(NONE, turns=0, mirrored=False, inverted=False)


@dataclass(frozen=True)
class Candidates:
    """Pairs of places in the set: `first` under the view looks like `second`, by the cosine."""

    view: View
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    cosine: NDArray[np.float32]


def candidates(
    scans: Shrunk, persons: NDArray[np.intp], among: NDArray[np.intp] | None = None, *, most: int
) -> list[Candidates]:
    """The pairs of scans of two `persons` that look alike, no more than `most`, view by view.

    The pictures are evened; cut is what they were shrunk to. With `among`, one of each pair is among these
    places.
    """
    mean, components = _components(scans.of_cut[NONE])
    everyone = np.arange(len(persons))
    looking = everyone if among is None else among
    # Those that are looked at come first: of two of them, each is met once.
    order = np.concatenate([looking, np.setdiff1d(everyone, looking)])
    project = partial(_projected, mean=mean, components=components)
    plain = _unit(project(scans.under(_AS_IT_IS, order)))
    white = (255 - 2 * mean) @ components
    # And of either those of one brightness together, for a block to have one limit for the inverted.
    sorting = np.lexsort((plain @ white, np.arange(len(order)) >= len(looking)))
    order, plain = order[sorting], plain[sorting]
    looking = order[: len(looking)]
    found = _Found(persons, order, most)
    for view in views(tuple(scans.of_cut)):
        if view.inverted:  # was looked at beside the same view as it is
            continue
        seen = project(scans.under(view, looking))
        other = replace(view, inverted=True) if view.cut.is_none else None
        _look(found, _Seen(view, other, seen, white), plain)
    return found.by_view()


@dataclass(frozen=True)
class _Seen:
    """The scans under a view, not of length one, and the view that is `inverted`, if that is asked, too.

    Under it they are `white` less what they are: one product of matrices answers for both.
    """

    view: View
    inverted: View | None
    projected: NDArray[np.float32]
    white: NDArray[np.float32]


class _Found:
    """The pairs that look most alike so far; `bar` rises as more are found than can be looked at."""

    def __init__(self, persons: NDArray[np.intp], order: NDArray[np.intp], most: int) -> None:
        self.bar = np.float32(_ALIKE)
        self._persons, self._order, self._most = persons, order, most
        self._views: list[View] = []
        self._pairs: list[tuple[NDArray[np.intp], ...]] = []
        self._cosines: list[NDArray[np.float32]] = []

    def add(
        self, view: View, first: NDArray[np.intp], second: NDArray[np.intp], cosine: NDArray[np.float32]
    ) -> None:
        """Pairs by their places in the order; of one that is met twice, uncut, the one way is taken."""
        one, two = self._order[first], self._order[second]
        kept = self._persons[one] != self._persons[two]
        if view.cut.is_none:
            kept &= first < second
        if kept.any():
            if view not in self._views:
                self._views.append(view)
            number = np.full(int(kept.sum()), self._views.index(view))
            self._pairs.append((number, one[kept], two[kept]))
            self._cosines.append(cosine[kept])
            if sum(map(len, self._cosines)) > 4 * self._most:
                self._keep_the_most_alike()

    def by_view(self) -> list[Candidates]:
        """All that are left, by their views."""
        if not self._cosines:
            return []
        self._keep_the_most_alike()
        (number, first, second), cosine = self._pairs[0], self._cosines[0]
        parts = [(view, np.flatnonzero(number == at)) for at, view in enumerate(self._views)]
        return [Candidates(view, first[at], second[at], cosine[at]) for view, at in parts if at.size]

    def _keep_the_most_alike(self) -> None:
        cosine = np.concatenate(self._cosines)
        kept = np.sort(np.argsort(-cosine, kind="stable")[: self._most])
        self._pairs = [tuple(np.concatenate(each)[kept] for each in zip(*self._pairs, strict=True))]
        self._cosines = [cosine[kept]]
        if cosine.size > self._most:
            self.bar = np.float32(max(self.bar, self._cosines[0].min()))


def _look(found: _Found, seen: _Seen, plain: NDArray[np.float32]) -> None:
    """Adds the pairs above the bar; `plain` is everyone, those that are looked at first."""
    towards_white = plain @ seen.white
    for start in range(0, len(seen.projected), _BLOCK):
        rows = seen.projected[start : start + _BLOCK]
        lengths = _lengths(rows)
        inverted = _lengths(seen.white - rows)
        units = _unit(rows)
        for column in range(start if seen.view.cut.is_none else 0, len(plain), _BLOCK):
            cosines: NDArray[np.float32] = units @ plain[column : column + _BLOCK].T
            likely = np.flatnonzero(cosines.max(axis=1) > found.bar)
            i, j = np.nonzero(cosines[likely] > found.bar)
            found.add(seen.view, likely[i] + start, j + column, cosines[likely[i], j])
            if seen.inverted:
                white = towards_white[column : column + _BLOCK]
                least = (white.max() - found.bar * inverted) / lengths
                likely = np.flatnonzero(cosines.min(axis=1) < least[:, 0])
                turned = (white - lengths[likely] * cosines[likely]) / inverted[likely]
                i, j = np.nonzero(turned > found.bar)
                found.add(
                    seen.inverted, likely[i] + start, j + column, turned[i, j].astype(np.float32, copy=False)
                )


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


def _projected(
    parts: Iterable[NDArray[np.float32]], mean: NDArray[np.float32], components: NDArray[np.float32]
) -> NDArray[np.float32]:
    projected = [((small - mean) @ components).astype(np.float32, copy=False) for small in parts]
    return np.concatenate([np.empty((0, components.shape[1]), np.float32), *projected])


def _unit(projected: NDArray[np.float32]) -> NDArray[np.float32]:
    return (projected / _lengths(projected)).astype(np.float32, copy=False)


def _lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(vectors, 1)`, never 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    positive: NDArray[np.float32] = np.maximum(lengths, 1e-9, dtype=np.float32)
    return positive
