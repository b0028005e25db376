"""What stands at one place of many images: an arrow, a letter of lead, a ruler, where one class alone has it.

Asked of the likenesses: whether a spot stands out from what is around it. Anatomy lies elsewhere in each
patient, and what is burned in doesn't.
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
_STEADY: Final = 1.0  # grey of 255: less is rounding, and no spread to measure a difference by

Grey = NDArray[np.uint8]
Contrasts = NDArray[np.float32]


@dataclass(frozen=True)
class Spot:
    """How well one place tells the truth, and where most folds found it, in shares from the top and left."""

    told: Told
    down: float
    right: float


def told_by_a_spot(pictures: Grey, truth: Truths) -> Spot | None:
    """How well the one spot that tells most of others tells the truth, `pictures` being `(cases, 64, 64)`.

    Which spot it is is learned in each fold from other persons. None where no spot differs.
    """
    contrasts = _contrasts(pictures)
    scores = np.zeros((len(pictures), len(truth.classes)))
    places: list[int] = []
    for learned, held in folds(len(pictures), truth):
        for number in range(len(truth.classes)):
            is_class = truth.of_case[learned] == number
            place, middle, scale = _most_telling(contrasts[learned], is_class)
            scores[held, number] = (contrasts[held, place] - middle) / scale
            places.append(place)
    told = best_class(scores, truth)
    if told is None:
        return None
    down, right = _shares(max(set(places), key=places.count))
    return Spot(told, down, right)


def _contrasts(pictures: Grey) -> Contrasts:
    """How much each spot of each size stands out, `(cases, spots)`."""
    grey = pictures.astype(np.float32)
    inside = slice(_EDGE, -_EDGE)
    parts = []
    for size, around in _SPOTS:
        spots, grounds = (uniform_filter(grey, (0, width, width)) for width in (size, around))
        parts.append((spots - grounds)[:, inside, inside].reshape(len(grey), -1))
    return np.concatenate(parts, axis=1)


def _most_telling(contrasts: Contrasts, is_class: NDArray[np.bool_]) -> tuple[int, float, float]:
    """The spot by which a class differs most from the others, by spreads; the middle, and the difference."""
    one, other = contrasts[is_class], contrasts[~is_class]
    apart = one.mean(axis=0) - other.mean(axis=0)
    spread = one.std(axis=0) + other.std(axis=0) + np.float32(_STEADY)
    place = int(np.argmax(np.abs(apart) / spread))
    middle = float(one[:, place].mean() + other[:, place].mean()) / 2
    return place, middle, float(apart[place]) or 1.0


def _shares(place: int) -> tuple[float, float]:
    side = LIKENESS_SIDE - 2 * _EDGE
    row, column = divmod(place % side**2, side)
    return (row + _EDGE + 0.5) / LIKENESS_SIDE, (column + _EDGE + 0.5) / LIKENESS_SIDE
