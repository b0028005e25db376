"""Images with identical pixels: one is kept for a patient, none where two patients claim it.

`pixel_digest` is of the decoded values, so a copy with another header, other identifiers or another
transfer syntax is found too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.cohort.exclusions import Exclusion
from pipeline.contracts.cohort import Notice
from pipeline.records import Case

COPY: Final = "duplicate_pixels"
"""The reason of a scan that is left out for an identical one of the patient."""


@dataclass(frozen=True)
class Copies:
    """Two or more scans with identical pixels, sorted by case_id."""

    cases: tuple[Case, ...]

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The ids of all copies."""
        return tuple(case.case_id for case in self.cases)


def find_copies(cases: Sequence[Case]) -> list[Copies]:
    """All groups of scans with identical pixels, in the order of their first ids."""
    groups: dict[tuple[str, tuple[int, ...]], list[Case]] = defaultdict(list)
    for case in sorted(cases, key=lambda case: case.case_id):
        groups[case.pixel_digest, case.stored.shape].append(case)
    return [Copies(tuple(group)) for group in groups.values() if len(group) > 1]


def copies_across_parts(cases: Sequence[Case], part_of: Mapping[str, str]) -> list[Copies]:
    """The groups of identical scans that lie in more than one part; scans without a part don't count."""
    placed = [case for case in cases if case.case_id in part_of]
    return [group for group in find_copies(placed) if _distinct(group, part_of) > 1]


def exclude_copies(
    groups: Sequence[Copies], label_of: Mapping[str, str], person_of: Mapping[str, str]
) -> list[Exclusion]:
    """Which scans go: by a rule on pseudonyms and labels, never on names or order.

    Two persons: all, since it isn't known whose scan it is. One person with two labels: all. Else
    all but the first by case_id.
    """
    return [exclusion for group in groups for exclusion in _exclude(group, label_of, person_of)]


def kept_with_copies(
    cases: Mapping[str, Case], kept: Collection[str], exclusions: Iterable[Exclusion]
) -> dict[str, tuple[Case, ...]]:
    """Each scan of `kept` with the copies that were left out for it: what is said of one is said of it."""
    left_out = [exclusion.case_id for exclusion in exclusions if exclusion.reason == COPY]
    groups = find_copies([cases[case_id] for case_id in (*kept, *left_out)])
    copies = {case_id: group.cases for group in groups for case_id in group.case_ids}
    return {case_id: copies.get(case_id, (cases[case_id],)) for case_id in kept}


def duplicate_notices(
    groups: Sequence[Copies],
    label_of: Mapping[str, str],
    *,
    person_of: Mapping[str, str],
    part_of: Mapping[str, str],
) -> list[Notice]:
    """What a person should know about the groups, the unremarkable ones last and only once.

    `part_of` is the table's part of each scan, if any.
    """
    conflicts = [group for group in groups if _persons(group, person_of) > 1]
    contradictions = [group for group in groups if _distinct(group, label_of) > 1]
    crossing = [group for group in groups if _distinct(group, part_of) > 1]
    remarkable = {group.case_ids for group in (*conflicts, *contradictions, *crossing)}
    plain = [group for group in groups if group.case_ids not in remarkable]
    kinds = (
        ("patient_conflict", conflicts, "{} of identical images of several patients, left out"),
        (
            "duplicate_label_conflict",
            contradictions,
            "{} of identical images with different labels, left out",
        ),
        ("duplicates_cross_split", crossing, "{} of identical images on both sides of the given split"),
        (COPY, plain, "{} of identical images of one patient, one of each kept"),
    )
    return [
        Notice(kind, len(copies), text.format(_counted(copies)), _case_ids(copies))
        for kind, copies, text in kinds
        if copies
    ]


def _exclude(group: Copies, label_of: Mapping[str, str], person_of: Mapping[str, str]) -> Iterator[Exclusion]:
    first, *others = group.case_ids
    if _persons(group, person_of) > 1:
        detail = "the same pixels stand under another patient: find out whose they are, remove the other"
        for case_id in group.case_ids:
            yield Exclusion(case_id, "patient_conflict", detail)
    elif _distinct(group, label_of) > 1:
        for case_id in group.case_ids:
            yield Exclusion(case_id, "label_conflict", "an identical image of the patient has another label")
    else:
        for case_id in others:
            yield Exclusion(case_id, COPY, f"the same pixels as {first}, of the same patient")


def _case_ids(groups: Sequence[Copies]) -> tuple[str, ...]:
    return tuple(case_id for group in groups for case_id in group.case_ids)


def _counted(groups: Sequence[Copies]) -> str:
    return "1 group" if len(groups) == 1 else f"{len(groups)} groups"


def _persons(group: Copies, person_of: Mapping[str, str]) -> int:
    return len({person_of[case.patient_id] for case in group.cases})


def _distinct(group: Copies, value_of: Mapping[str, str]) -> int:
    return len({value_of[case_id] for case_id in group.case_ids if value_of.get(case_id)})
