"""What stands at one place of many images: an arrow, a letter of lead, a ruler, where one class alone has it.

Asked of the likenesses: whether a few spots stand out from what is around them. Anatomy lies elsewhere in
each patient, and what is burned in doesn't.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from pipeline.cohort.shortcuts import Told, Truths, best_class, folds
from pipeline.records import LIKENESS_SIDE

_EDGE: Final = LIKENESS_SIDE // 10  # pixels: what lies farther out is asked of the border
_SPOTS: Final = ((1, 5), (3, 9))  # pixels of a spot, and of it with what is around it: choices
_TOGETHER: Final = 4  # spots, a choice: of a ruler no stroke alone tells much among bones of all kinds
_STEADY: Final = 1.0  # grey of 255: less is rounding, and no spread to measure a difference by

Grey = NDArray[np.uint8]
Contrasts = NDArray[np.float32]


@dataclass(frozen=True)
class Spots:
    """How well a few places tell the truth, and where most folds found the first, from the top and left."""

    told: Told
    down: float
    right: float


def told_by_spots(pictures: Grey, truth: Truths) -> Spots | None:
    """How well the few spots that tell most of others tell the truth, `pictures` being `(cases, 64, 64)`.

    Which they are is learned in each fold from other persons, and each counts by what it tells there, as if
    it knew nothing of the others (diagonal discriminant). None where no spot differs.
    """
    contrasts = _contrasts(pictures)
    scores = np.zeros((len(pictures), len(truth.classes)))
    places: list[int] = []
    for learned, held in folds(len(pictures), truth):
        for number in range(len(truth.classes)):
            is_class = truth.of_case[learned] == number
            found, middles, weights = _most_telling(contrasts[learned], is_class)
            scores[held, number] = (contrasts[np.ix_(held, found)] - middles) @ weights
            places.append(int(found[0]))
    told = best_class(scores, truth)
    if told is None:
        return None
    down, right = _shares(max(set(places), key=places.count))
    return Spots(told, down, right)


def _contrasts(pictures: Grey) -> Contrasts:
    """How much each spot of each size stands out, `(cases, spots)`."""
    grey = pictures.astype(np.float32)
    inside = slice(_EDGE, -_EDGE)
    parts = []
    for size, around in _SPOTS:
        spots, grounds = (uniform_filter(grey, (0, width, width)) for width in (size, around))
        parts.append((spots - grounds)[:, inside, inside].reshape(len(grey), -1))
    return np.concatenate(parts, axis=1)


def _most_telling(
    contrasts: Contrasts, is_class: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], Contrasts, Contrasts]:
    """The spots by which a class differs most from the others, by spreads; their middles and weights."""
    one, other = contrasts[is_class], contrasts[~is_class]
    apart = one.mean(axis=0) - other.mean(axis=0)
    spread = one.std(axis=0) + other.std(axis=0) + np.float32(_STEADY)
    found = np.argsort(-np.abs(apart) / spread, kind="stable")[:_TOGETHER]
    middles = (one[:, found].mean(axis=0) + other[:, found].mean(axis=0)) / 2
    return found, middles, apart[found] / spread[found] ** 2


def _shares(place: int) -> tuple[float, float]:
    side = LIKENESS_SIDE - 2 * _EDGE
    row, column = divmod(place % side**2, side)
    return (row + _EDGE + 0.5) / LIKENESS_SIDE, (column + _EDGE + 0.5) / LIKENESS_SIDE
