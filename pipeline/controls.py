"""What a control run changes: truths dealt among persons anew, images of which a part is blanked.

Pure functions; training changes what a control network learns from by them, the evaluation what it is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import isqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

PERMUTED, RANDOM, CENTRE, BORDER = "permuted_labels", "random_weights", "centre_blanked", "border_only"
CONTROLS: Final = (PERMUTED, RANDOM, CENTRE, BORDER)
"""The networks by key: truths shuffled, weights as they were drawn, the middle or all but the border gone."""
BLANKED: Final = {CENTRE: 0.6, BORDER: 0.8}
"""The share of rows and of columns, about the middle, that each of these networks doesn't see: choices.

Three fifths of each side hold what an image was made for; a tenth at each edge is where marks, collimation
and table stand.
"""

Array = NDArray[Any]


def blanked(array: Array, share: float, fill: Sequence[float]) -> Array:
    """A copy of `([slices,] rows, columns, channels)`, the middle of slices at `fill`, a value a channel."""
    result = array.copy()
    rows, columns = (_middle(size, share) for size in array.shape[-3:-1])
    result[..., rows, columns, :] = np.asarray(fill, dtype=np.float64).astype(array.dtype)
    return result


def dealt_anew(truths: Array, persons: Sequence[str], *, seed: int) -> Array:
    """The truths `(cases, ...)` of whole persons exchanged, so that new ones say least about old ones.

    Persons of one truth get the truths of persons from the whole range, evenly: a mere draw would give so few
    persons many of their own by chance, and a network would learn those. A person's cases take the other's in
    turn.
    """
    cases: dict[str, list[int]] = defaultdict(list)
    for case, person in enumerate(persons):
        cases[person].append(case)
    names = sorted(cases)
    key = np.array([seed, len(names)], dtype=np.uint64)
    drawn = np.random.Generator(np.random.Philox(key=key)).permutation(len(names))
    first = {place: tuple(np.ravel(truths[cases[names[place]][0]]).tolist()) for place in drawn.tolist()}
    ranked = sorted(drawn.tolist(), key=first.__getitem__)  # stable: by chance within one truth
    stride = max(2, isqrt(len(ranked)))
    donors = [place for start in range(stride) for place in ranked[start::stride]]
    result = truths.copy()
    for place, donor in zip(ranked, donors, strict=True):
        own, given = cases[names[place]], cases[names[donor]]
        result[own] = truths[[given[number % len(given)] for number in range(len(own))]]
    return result


def _middle(size: int, share: float) -> slice:
    """The middle `share` of so many rows or columns, evenly between both ends."""
    margin = round(size * (1 - share) / 2)
    return slice(margin, size - margin)
