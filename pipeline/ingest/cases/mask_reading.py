"""Reads the masks of a batch's cases, after the cases themselves, in the child that read these.

A mask that can't be used costs itself alone: its case stands without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.arrays import ShardWriter
from pipeline.ingest.cases.case_plan import CasePlan
from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.cases.marking import MARKS_NOTHING
from pipeline.ingest.cases.reader import SourceFile, opened_bytes
from pipeline.ingest.isolation import at_most
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks.drawing import Scan
from pipeline.ingest.masks.grid import Grid
from pipeline.ingest.masks.onto_scans import Drawn, masks_on, structures_in
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Volume
from pipeline.ingest.series.geometry import LPS_TO_RAS, affine_array
from pipeline.pseudonyms import Key
from pipeline.records import BESIDE_REFUSED, EMPTY_MASK, Case, Geometry, Mask

__all__ = ["NO_MASKS", "MaskFiles", "MasksRead", "read_masks"]

Planned = tuple[CasePlan, Case]
"""A case whose voxels were read, and its plan."""


@dataclass(frozen=True)
class MaskFiles:
    """The files of a batch by token, what reading one may cost, and the key that names are compared under."""

    sources: Mapping[str, SourceFile]
    limits: FileLimits
    key: Key


@dataclass(frozen=True)
class MasksRead:
    """The masks of a batch, and the outcome of each of their files that gave none."""

    masks: tuple[Mask, ...] = ()
    refused: Mapping[str, Outcome] = field(default_factory=dict)


NO_MASKS = MasksRead()


def read_masks(cases: Sequence[Planned], files: MaskFiles, writer: ShardWriter) -> MasksRead:
    """The masks of these cases, written beside their voxels.

    What one file marks becomes masks as a whole, or its file is refused. Raises RetryError when the disk is
    full.
    """
    cases_of: defaultdict[str, list[Planned]] = defaultdict(list)
    for case in cases:
        for token in case[0].masks:
            cases_of[token].append(case)
    named, refused = _named(cases_of, files)
    marking = dict(named)
    for token in _twice(named, cases_of):
        told = _drawn(token, cases_of[token], files)
        if isinstance(told, Outcome):  # one that can't be used contends with no other
            refused[token] = told
            del named[token]
    refused |= _twice(named, cases_of)
    masks: list[Mask] = []
    for token in sorted(cases_of.keys() - refused.keys()):
        drawn = _drawn(token, cases_of[token], files)
        if isinstance(drawn, Outcome):
            refused[token] = drawn
        else:
            masks += _written(token, drawn, cases_of[token], writer)
    lost = {token for token, outcome in refused.items() if outcome != Outcome(*MARKS_NOTHING)}
    return MasksRead(tuple(_without_doubted(masks, _doubted(cases, lost, marking))), refused)


def _doubted(
    cases: Sequence[Planned], lost: set[str], marking: Mapping[str, frozenset[str]]
) -> dict[str, set[str]]:
    """The structures that the refused masks of each case, by case_id, may mark; of cases that have some.

    `lost` are those that were refused here, `marking` what files mark of which that was told: others may mark
    any that the settings declare, or the one that their layout says.
    """
    doubted: defaultdict[str, set[str]] = defaultdict(set)
    for plan, case in cases:
        for token in (*plan.refused_masks, *lost.intersection(plan.masks)):
            doubted[case.case_id].update(marking.get(token, plan.structures_of(token).called))
    return doubted


def _without_doubted(masks: Sequence[Mask], doubted: Mapping[str, Set[str]]) -> Iterator[Mask]:
    """The masks, of scans of which another mask was refused noted: what they don't mark that one may.

    One that says that a structure isn't there says nothing where the other may mark it.
    """
    for mask in masks:
        if mask.case_id not in doubted:
            yield mask
        elif EMPTY_MASK not in mask.notes or mask.structure not in doubted[mask.case_id]:
            yield replace(mask, notes=tuple(sorted({*mask.notes, BESIDE_REFUSED})))


def _named(
    cases_of: Mapping[str, Sequence[Planned]], files: MaskFiles
) -> tuple[dict[str, frozenset[str]], dict[str, Outcome]]:
    """The structures that each file marks, and the outcomes of those that can't be told."""
    named: dict[str, frozenset[str]] = {}
    refused: dict[str, Outcome] = {}
    for token, cases in sorted(cases_of.items()):
        structures = cases[0][0].structures_of(token)
        try:
            with (
                at_most(files.limits.seconds),
                opened_bytes(files.sources[token], files.limits) as data,
            ):
                found = structures_in(data, structures, files.limits)
        except Refusal as refusal:
            refused[token] = Outcome(refusal.reason, refusal.detail)
            continue
        if found or structures.undeclared == "refuse":  # what is wrong with it is told when it is read
            named[token] = found
        else:
            refused[token] = Outcome(*MARKS_NOTHING)
    return named, refused


def _twice(
    named: Mapping[str, frozenset[str]], cases_of: Mapping[str, Sequence[Planned]]
) -> dict[str, Outcome]:
    """The outcomes of files that mark a structure in a case which another one marks, too."""
    marking: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for token, structures in named.items():
        for _, case in cases_of[token]:
            for structure in structures:
                marking[case.case_id, structure].append(token)
    return {
        token: Outcome("mask_values_invalid", f"{len(tokens)} masks of the structure {structure}")
        for (_, structure), tokens in sorted(marking.items())
        if len(tokens) > 1
        for token in tokens
    }


def _drawn(token: str, cases: Sequence[Planned], files: MaskFiles) -> Drawn | Outcome:
    """What a file marks in its cases, or why it can't be used."""
    limits, structures = files.limits, cases[0][0].structures_of(token)
    try:
        scans = [_scan(plan, case.geometry, case.stored.shape) for plan, case in cases]
        with at_most(limits.seconds), opened_bytes(files.sources[token], limits) as data:
            drawn = masks_on(data, scans, structures, key=files.key, limits=limits)
        _check_empty(drawn, structures)
    except Refusal as refusal:
        return Outcome(refusal.reason, refusal.detail)
    except MemoryError:
        return Outcome("limit_exceeded", "memory")
    except (ValueError, ArithmeticError, LookupError, TypeError) as error:
        return Outcome("internal_error", type(error).__name__)
    return drawn


def _scan(plan: CasePlan, geometry: Geometry, shape: Sequence[int]) -> Scan:
    volume = plan.volume
    if geometry.affine is None:
        pixels = Grid(np.eye(4), (1, shape[0], shape[1]))
        return Scan(pixels, pixels, is_picture=True, turned="picture_turned" in plan.notes)
    positions: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for frame in volume.frames:
        if frame.position_mm is not None:
            positions[frame.source].append(frame.position_mm)
    planes = _grid(volume.geometry, volume.shape)
    return Scan(
        planes,
        _grid(geometry, shape),
        {source: tuple(places) for source, places in positions.items()},
        volume.frames[0].frame_of_reference,
        _heights(volume, planes),
    )


def _heights(volume: Volume, planes: Grid) -> tuple[float, ...]:
    """Where the planes of a stack lie along its grid's first axis, in steps; () where they are its slices."""
    places = [frame.position_mm for frame in volume.frames if frame.position_mm is not None]
    if volume.evened or len(places) != planes.shape[0]:
        return ()
    points = np.column_stack([np.array(places) @ LPS_TO_RAS[:3, :3].T, np.ones(len(places))])
    return tuple(float(height) for height in (np.linalg.inv(planes.affine) @ points.T)[0])


def _grid(geometry: Geometry, shape: Sequence[int]) -> Grid:
    """The grid of a volume, or of a single image, which is a volume of one slice."""
    axes = len(geometry.spacing)
    slices, rows, columns = (1, *shape[:2]) if axes == 2 else shape[:3]
    return Grid(affine_array(geometry), (slices, rows, columns))


def _check_empty(drawn: Drawn, structures: Structures) -> None:
    """Raises Refusal where a structure is nowhere marked that must be there."""
    for name, masks in sorted(drawn.masks.items()):
        if name not in structures.may_be_absent and not any(mask.any() for mask in masks):
            raise Refusal("mask_values_invalid", f"the structure {name} is empty")


def _written(token: str, drawn: Drawn, cases: Sequence[Planned], writer: ShardWriter) -> list[Mask]:
    """The masks put into the shard; one that is empty where the structure may be absent, else none."""
    structures = cases[0][0].structures
    written = []
    for name, masks in sorted(drawn.masks.items()):
        for (_, case), mask in zip(cases, masks, strict=True):
            empty = not np.any(mask)
            if empty and name not in structures.may_be_absent:
                continue
            notes = drawn.notes | {EMPTY_MASK} if empty else drawn.notes
            stored = writer.append(mask.reshape(_shape_of(case)))
            written.append(Mask(case.case_id, name, token, stored, tuple(sorted(notes))))
    return written


def _shape_of(case: Case) -> tuple[int, ...]:
    """The shape of a case's array without its channels."""
    return case.stored.shape[: len(case.geometry.spacing)]
