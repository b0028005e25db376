"""The pairs of scans of two persons that are one image, found in two stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.lookalikes import album
from pipeline.cohort.lookalikes.album import AT_ONCE, Album
from pipeline.cohort.lookalikes.candidates import candidates
from pipeline.cohort.lookalikes.registration import agreement
from pipeline.cohort.lookalikes.shrinking import shrunk
from pipeline.cohort.lookalikes.views import CUTS, Cut

_FEWEST: Final = 8  # scans: of fewer nothing is known that images have in common
_LOOKED_AT: Final = 12_000  # pairs, those that look most alike: half a minute at most
_ALL_VIEWS: Final = 20_000  # scans; of more, only the uncut views are compared: minutes in place of an hour

_Alike = tuple[int, int, float, str]


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
    names = {person: number for number, person in enumerate(sorted(set(person_of_case.values())))}
    persons = np.array([names[person_of_case[case_id]] for case_id in case_ids], dtype=np.intp)
    found: dict[tuple[int, int], Pair] = {}
    for i, j, value, words in _all_alike([likenesses[case_id] for case_id in case_ids], persons):
        first, second = sorted((case_ids[i], case_ids[j]))
        pair = Pair(first, second, round(value, 4), words)
        known = found.setdefault((min(i, j), max(i, j)), pair)
        # Of two views under which both are the same the one that says less was done is true.
        if (pair.agreement, -len(words)) > (known.agreement, -len(known.changed)):
            found[min(i, j), max(i, j)] = pair
    return sorted(found.values(), key=lambda pair: (pair.first, pair.second))


def _all_alike(likenesses: Sequence[bytes], persons: NDArray[np.intp]) -> Iterator[_Alike]:
    """Places of two that are one image, how surely, and what was done; first of whole images.

    Then of those with a border of one grey, without it, beside all: to one of two it may have been added.
    """
    cuts = CUTS if len(likenesses) <= _ALL_VIEWS else CUTS[:1]
    yield from _alike(album.whole(likenesses), persons, cuts=cuts)
    bordered = album.bordered(likenesses)
    if bordered.size:
        yield from _alike(album.bare(likenesses), persons, bordered, cuts=CUTS[:1])


def _alike(
    pictures: Album, persons: NDArray[np.intp], among: NDArray[np.intp] | None = None, *, cuts: Sequence[Cut]
) -> Iterator[_Alike]:
    scans = shrunk(pictures.chunks(), cuts)
    for looked_at in candidates(scans, persons, among, most=_LOOKED_AT):
        view = looked_at.view
        means = view.of(scans.mean), scans.mean
        for start in range(0, len(looked_at.first), AT_ONCE):
            first, second = (each[start : start + AT_ONCE] for each in (looked_at.first, looked_at.second))
            values = agreement(view.of(pictures.at(first)), pictures.at(second), means, cut=view.cut)
            for at in np.flatnonzero(values >= 1):
                yield int(first[at]), int(second[at]), float(values[at]), view.words
