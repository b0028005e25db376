"""Near copies under two persons: the persons count as one, so that no part holds what another has seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.cohort.links import link_patients
from pipeline.cohort.lookalikes import Pair, find_pairs
from pipeline.cohort.shared_planes import sharing_planes
from pipeline.cohort.sources import Scans
from pipeline.contracts.cohort import Notice

NEAR_COPIES: Final = "near_duplicates"
"""The word of `cohort.accept` by which persons are left apart although their images are near copies."""

_MOST_PERSONS: Final = 6
"""Images that more persons share are of a kind (an empty field, a test object), not copies: a choice."""


@dataclass(frozen=True)
class NearCopies:
    """The pairs, the patient ids that they link, and what a person should know."""

    pairs: tuple[Pair, ...] = ()
    linked: tuple[frozenset[str], ...] = ()
    notices: tuple[Notice, ...] = ()


def find_near_copies(
    scans: Scans,
    labelled: Collection[str],
    *,
    person_of: Mapping[str, str],
    part_of: Mapping[str, str],
    accepted: str,
) -> NearCopies:
    """The near copies among the scans that have a label.

    Pairs of one person are asked for where the table puts them into two parts (`part_of`). Identical images
    are no near copies: they have a rule of their own. `accepted` is why copies link nobody, "" where they do.
    """
    groups = {
        case_id: f"{person_of[scans.cases[case_id].patient_id]} {part_of.get(case_id, '')}"
        for case_id in labelled
    }
    pictured = {case_id: group for case_id, group in groups.items() if scans.likenesses.get(case_id)}
    pairs = [
        pair
        for pair in _with_planes(find_pairs(scans.likenesses, groups), sharing_planes(scans, pictured))
        if scans.cases[pair.first].pixel_digest != scans.cases[pair.second].pixel_digest
    ]
    patients = [
        frozenset(scans.cases[name].patient_id for name in (pair.first, pair.second)) for pair in pairs
    ]
    of_two = [ids for ids in patients if len({person_of[patient] for patient in ids}) > 1]
    together = link_patients((), (), of_two)
    sizes = Counter(together.values())
    linked = tuple(ids for ids in of_two if sizes[together[min(ids)]] <= _MOST_PERSONS)
    notices = _notices(pairs, linked, too_many=len(of_two) - len(linked), accepted=accepted)
    return NearCopies(tuple(pairs), () if accepted else linked, notices)


def _with_planes(alike: list[Pair], sharing: list[Pair]) -> list[Pair]:
    """Those that look alike, and of the others those that share a plane."""
    known = {(pair.first, pair.second) for pair in alike}
    return [*alike, *(pair for pair in sharing if (pair.first, pair.second) not in known)]


def _notices(
    pairs: list[Pair], linked: tuple[frozenset[str], ...], *, too_many: int, accepted: str
) -> tuple[Notice, ...]:
    notices = []
    if linked:
        done = f"left apart, for: {accepted}" if accepted else "which count as one person each"
        cases = tuple(sorted({name for pair in pairs for name in (pair.first, pair.second)}))
        detail = f"pairs of near copies of one image under two patients, {done}"
        notices.append(Notice("near_duplicates", len(linked), detail, cases))
    within = len(pairs) - len(linked) - too_many
    if within:
        detail = "pairs of near copies that the given split puts into two parts, of one patient each"
        notices.append(Notice("near_duplicates_cross_split", within, detail))
    if too_many:
        detail = (
            f"pairs of images that look alike in more than {_MOST_PERSONS} patients were not taken as copies"
        )
        notices.append(Notice("look_of_many", too_many, detail))
    return tuple(notices)
