"""The truth of each scan where it stands in masks: which of the declared structures they mark."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.cohort.exclusions import Exclusion
from pipeline.cohort.labels import Labels
from pipeline.contracts import targets
from pipeline.contracts.cohort import Notice
from pipeline.errors import DataError
from pipeline.printed import scanloom
from pipeline.pseudonyms import Key
from pipeline.records import BESIDE_REFUSED, EMPTY_MASK, Case, Mask
from pipeline.tasks.contract import Reader

PRESENT: Final = "1"
ABSENT: Final = "0"
UNKNOWN: Final = ""
_UNMARKED: Final = "no mask marks a declared structure in it"
_REFUSED: Final = "what its masks mark is unknown, as one of them was refused"


@dataclass(frozen=True)
class Marked:
    """What masks say of each scan by declared structure, digests of their voxels, and notices on them."""

    cells: Mapping[str, Mapping[str, str]]
    digests: Mapping[str, str]
    notices: tuple[Notice, ...] = ()


def marks_of(
    masks: Sequence[Mask],
    declared: Sequence[str],
    may_be_absent: Collection[str],
    *,
    refused: Collection[str] = (),
) -> dict[str, dict[str, str]]:
    """The cell of each declared structure, by case_id, of the scans that have a mask of any.

    A structure that may be absent is absent where masks mark others and not it; any other one is unknown, and
    so is every one of a scan of which a mask was `refused`, also where it was the only one.
    """
    doubtful = {*refused, *(mask.case_id for mask in masks if BESIDE_REFUSED in mask.notes)}
    found = {case_id: dict.fromkeys(declared, UNKNOWN) for case_id in doubtful}
    for mask in masks:
        absent = () if mask.case_id in doubtful else may_be_absent
        cells = found.setdefault(
            mask.case_id, {name: ABSENT if name in absent else UNKNOWN for name in declared}
        )
        if mask.structure in cells:
            cells[mask.structure] = ABSENT if EMPTY_MASK in mask.notes else PRESENT
    return found


def digests_of(masks: Sequence[Mask], declared: Collection[str], key: Key) -> dict[str, str]:
    """A keyed digest of which voxels the declared structures have, by case_id, of scans with a mask."""
    marked: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for mask in masks:
        if mask.structure in declared:
            marked[mask.case_id].append((mask.structure, mask.stored.crc32))
    return {case_id: key.digest(json.dumps(sorted(each)).encode()) for case_id, each in marked.items()}


def alike(
    masks: Sequence[Mask], declared: Collection[str], patient_of: Mapping[str, str]
) -> Iterator[Notice]:
    """A notice of scans of several patients that are marked alike, voxel by voxel: no two people are."""
    marked: defaultdict[str, list[tuple[object, ...]]] = defaultdict(list)
    for mask in masks:
        if mask.structure in declared and mask.case_id in patient_of and EMPTY_MASK not in mask.notes:
            marked[mask.case_id].append((mask.structure, mask.stored.shape, mask.stored.crc32))
    groups: defaultdict[tuple[tuple[object, ...], ...], list[str]] = defaultdict(list)
    for case_id, each in marked.items():
        groups[tuple(sorted(each, key=str))].append(case_id)
    several = [those for those in groups.values() if len({patient_of[one] for one in those}) > 1]
    if several:
        named = tuple(sorted(case_id for those in several for case_id in those))
        patients = len({patient_of[case_id] for case_id in named})
        yield Notice(
            "masks_alike",
            len(named),
            f"{len(named):,} scans of {patients:,} patients share their masks voxel by voxel with a scan of "
            "somebody else, which no two people do: see whether one file lies there under several names",
            named,
        )


def by_another_name(cases: Mapping[str, Case], exclusions: Sequence[Exclusion]) -> Iterator[Notice]:
    """A notice of scans without a mask that lie on the very grid of another scan of their patient.

    A mask whose name or folder doesn't say what it is was read as a scan, and lies so.
    """
    unmarked = {one.case_id for one in exclusions if one.detail == _UNMARKED}
    on_grid: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for case in cases.values():
        if case.geometry.affine is not None:
            on_grid[case.patient_id, case.geometry.affine, case.stored.shape].append(case.case_id)
    named = tuple(sorted(one for each in on_grid.values() if len(each) > 1 for one in unmarked & {*each}))
    if named:
        yield Notice(
            "mask_by_another_name",
            len(named),
            f"{len(named):,} scans without a mask lie voxel on voxel with another of their patient: where "
            "one is a mask, its name doesn't say so, and it was read as a scan (call it as its scan with "
            "`_mask` at the end, or put it below `masks`)",
            named,
        )


def label_by_masks(
    marks: Mapping[str, Mapping[str, str]], reader: Reader, *, case_ids: Collection[str]
) -> Labels:
    """The value of each scan of `case_ids` that has a mask of any structure.

    Raises DataError where no scan has one.
    """
    of_case: dict[str, str] = {}
    exclusions: list[Exclusion] = []
    for case_id in sorted(case_ids):
        cells = marks.get(case_id)
        value = reader.value_of(targets.joined(list(cells.values()))) if cells else UNKNOWN
        if value:
            of_case[case_id] = value
        else:
            detail = _REFUSED if cells else _UNMARKED
            exclusions.append(Exclusion(case_id, "without_mask", detail))
    if not of_case:
        raise DataError(
            f"None of the {len(case_ids):,} scans has a mask of a declared structure. Put the masks below "
            "`ingest.raw`, and mend what `ingest.masks.structures` says that files call them."
        )
    return Labels(of_case, tuple(exclusions), tuple(_notices(exclusions, marks, of_case)))


def _notices(
    exclusions: Sequence[Exclusion], marks: Mapping[str, Mapping[str, str]], of_case: Collection[str]
) -> list[Notice]:
    notices = []
    if exclusions:
        detail = "scans left out because no mask marks them"
        if refused := sum(one.detail == _REFUSED for one in exclusions):
            detail += (
                f"; of {refused:,} of them a mask was refused (`{scanloom('files')}` shows which, and why)"
            )
        notices.append(Notice("without_mask", len(exclusions), detail))
    unknown = Counter(name for case_id in of_case for name, cell in marks[case_id].items() if cell == UNKNOWN)
    for name, count in sorted(unknown.items()):
        detail = (
            f"scans in which '{name}' is unknown, as their masks have others alone (say so by "
            f"`may_be_absent: [{name}]` below `ingest.masks`, where it then isn't there), or one of them was "
            f"refused (`{scanloom('files')}` shows which, and why)"
        )
        notices.append(Notice("structure_unknown", count, detail))
    return notices
