"""The pairs of scans of two persons that are one image, found in two stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.borders import without_border
from pipeline.cohort.lookalikes.candidates import Candidates, candidates
from pipeline.cohort.lookalikes.registration import agreement
from pipeline.cohort.lookalikes.views import Pictures, evened
from pipeline.records import LIKENESS_SIDE

_FEWEST: Final = 8  # scans: of fewer nothing is known that images have in common
_LOOKED_AT: Final = 12_000  # pairs, those that look most alike: half a minute at most
_AT_ONCE: Final = 4096  # pictures: memory doesn't grow with the cohort


@dataclass(frozen=True)
class Pair:
    """Two scans, by case_id, that are one image; `agreement` is 1 at the bar, `changed` what differs."""

    first: str
    second: str
    agreement: float
    changed: str


def find_pairs(likenesses: Mapping[str, bytes], person_of_case: Mapping[str, str]) -> list[Pair]:
    """The pairs, sorted; `person_of_case` has the person of every scan that is compared."""
    case_ids = sorted(case_id for case_id in person_of_case if likenesses.get(case_id))
    if len(case_ids) < _FEWEST:
        return []
    shape = (len(case_ids), LIKENESS_SIDE, LIKENESS_SIDE)
    pictures = np.frombuffer(b"".join(likenesses[name] for name in case_ids), np.uint8).reshape(shape)
    names = {person: number for number, person in enumerate(sorted(set(person_of_case.values())))}
    persons = np.array([names[person_of_case[case_id]] for case_id in case_ids], dtype=np.intp)
    found: dict[tuple[int, int], Pair] = {}
    for i, j, value, words in _all_alike(pictures, persons):
        first, second = sorted((case_ids[i], case_ids[j]))
        pair = Pair(first, second, round(value, 4), words)
        known = found.setdefault((min(i, j), max(i, j)), pair)
        # Of two views under which both are the same the one that says less was done is true.
        if (pair.agreement, -len(words)) > (known.agreement, -len(known.changed)):
            found[min(i, j), max(i, j)] = pair
    return sorted(found.values(), key=lambda pair: (pair.first, pair.second))


def _all_alike(pictures: Pictures, persons: NDArray[np.intp]) -> Iterator[tuple[int, int, float, str]]:
    """Places of two that are one image, how surely, and what was done; first of whole images.

    Then of those with a border of one grey, without it, beside all: to one of two it may have been added.
    """
    whole = _evened(pictures)
    for looked_at in candidates(whole, persons, most=_LOOKED_AT):
        for i, j, value in _one_image(looked_at, whole):
            yield i, j, value, looked_at.view.words
    inside, bordered = without_border(pictures)
    if bordered.size:
        bare = _evened(inside)
        for looked_at in candidates(bare, persons, bordered, most=_LOOKED_AT):
            for i, j, value in _one_image(looked_at, bare):
                yield i, j, value, looked_at.view.words


def _evened(pictures: Pictures) -> Pictures:
    parts = [evened(pictures[start : start + _AT_ONCE]) for start in range(0, len(pictures), _AT_ONCE)]
    return np.concatenate(parts)


def _one_image(looked_at: Candidates, pictures: Pictures) -> list[tuple[int, int, float]]:
    view, mean = looked_at.view, pictures.mean(axis=0, dtype=np.float32)
    first, second = view.of(pictures[looked_at.first]), pictures[looked_at.second]
    values = agreement(first, second, (view.of(mean), mean), cut=view.cut)
    return [
        (int(looked_at.first[at]), int(looked_at.second[at]), float(values[at]))
        for at in np.flatnonzero(values >= 1)
    ]
