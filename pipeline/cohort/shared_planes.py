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
    volumes = [(case_id, words) for case_id, words in scans.planes if case_id in group_of]
    if not volumes:
        return []
    names = [case_id for case_id, _ in volumes]
    digests = [np.array([int(word, 16) for word in words.split()], np.uint64) for _, words in volumes]
    for case_id in sorted(group_of):
        if len(scans.cases[case_id].geometry.spacing) == 2:
            names.append(case_id)
            digests.append(np.array([int(scans.cases[case_id].pixel_digest[:PLANE_DIGITS], 16)], np.uint64))
    planes = np.concatenate(digests)
    places = np.repeat(np.arange(len(names)), [len(each) for each in digests])
    order = np.argsort(planes, kind="stable")
    _, starts, counts = np.unique(planes[order], return_index=True, return_counts=True)
    found: set[tuple[str, str]] = set()
    for start, count in zip(starts[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True):
        same = {names[place] for place in places[order[start : start + count]].tolist()}
        found |= _pairs(same, group_of)
    return [Pair(first, second, 1.0, CHANGED) for first, second in sorted(found)]


def _pairs(case_ids: Collection[str], group_of: Mapping[str, str]) -> set[tuple[str, str]]:
    if len(case_ids) > _MOST:
        return set()
    pairs = itertools.combinations(sorted(case_ids), 2)
    return {(first, second) for first, second in pairs if group_of[first] != group_of[second]}
