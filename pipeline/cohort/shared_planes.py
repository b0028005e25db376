"""Scans of two persons that have a plane in common: a slice of one that stands in the other's volume.

The values must be equal, as in identical images; of a slice that was changed on the way nothing is found.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from pipeline.cohort.lookalikes import Pair
from pipeline.cohort.sources import Scans
from pipeline.records import PLANE_DIGITS

CHANGED: Final = "one plane the same"
_MOST: Final = 6  # scans with one plane: of more it is an empty field or a test object, as with near copies


def sharing_planes(scans: Scans, group_of: Mapping[str, str]) -> list[Pair]:
    """The pairs among the scans of two groups that share a plane, sorted; an image is its own only plane."""
    names = [case_id for case_id, _ in scans.planes if case_id in group_of]
    if not names:
        return []
    images = sorted(case_id for case_id in group_of if len(scans.cases[case_id].geometry.spacing) == 2)
    digests = [words for case_id, words in scans.planes if case_id in group_of]
    digests += [(scans.cases[case_id].pixel_digest[:PLANE_DIGITS],) for case_id in images]
    names += images
    planes = np.array([int(word, 16) for words in digests for word in words], dtype=np.uint64)
    places = np.repeat(np.arange(len(names)), [len(words) for words in digests])
    order = np.argsort(planes, kind="stable")
    starts = np.flatnonzero(np.diff(planes[order], prepend=planes[order[:1]] ^ np.uint64(1)))
    found: set[tuple[str, str]] = set()
    for same in np.split(places[order], starts[1:]):
        if len(same) > 1:
            found |= _pairs({names[place] for place in same.tolist()}, group_of)
    return [Pair(first, second, 1.0, CHANGED) for first, second in sorted(found)]


def _pairs(case_ids: Collection[str], group_of: Mapping[str, str]) -> set[tuple[str, str]]:
    if len(case_ids) > _MOST:
        return set()
    pairs = itertools.combinations(sorted(case_ids), 2)
    return {(first, second) for first, second in pairs if group_of[first] != group_of[second]}
