"""What was split off a stack by a detail of the header, found by where it lies: a cut volume is no volume.

Pure: works on the groups of one series. A volume is held against slices that make none, and against other
volumes of its kind; where they make one even grid together, all are refused and told what they differ in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.series.evenness import evenness, lateral_rounding_mm
from pipeline.ingest.series.evidence import is_whole, verdict
from pipeline.ingest.series.frames import Frame, Group, Refused, Volume
from pipeline.ingest.series.grid import GRID_TOLERANCE, stack_of
from pipeline.ingest.series.mosaic import is_mosaic
from pipeline.ingest.series.traits import KINDS, STACKS, differing, sets_of
from pipeline.units import HU, on_hounsfield_scale

__all__ = ["without_fragments"]

# Directions that differ by less than three degrees, and spacings by less than some percent, are those of one
# stack with a fault in some headers; what differs by more was planned so.
_NEARLY = 0.05
_STACKLESS = frozenset({"duplicate_identical", "patient_conflict", "no_geometry", "geometry_invalid"})
"""Reasons of planes that are no slices, or of which nobody knows where they lie."""

Vector = NDArray[np.float64]


def without_fragments(groups: Sequence[Group]) -> list[Group]:
    """The groups of a series; those that make a stack only together are refused as `inconsistent_series`."""
    others = [group for group in groups if not _is_stack(group)]
    stacks = [group for group in groups if _is_stack(group)]
    details = {**_cut_stacks(stacks), **_cut_volumes(stacks)}
    return others + [
        Refused(group.frames, "inconsistent_series", details[place]) if place in details else group
        for place, group in enumerate(stacks)
    ]


def _cut_stacks(stacks: Sequence[Group]) -> dict[int, str]:
    """What is said of each stack that lacks slices which others hold, and of these, by their numbers."""
    details: dict[int, str] = {}
    if all(isinstance(group, Volume) for group in stacks):
        return details
    for place, one in enumerate(stacks):
        if _may_lack_slices(one) and len(one.frames) > 1 and (fragments := _fragments_of(one, stacks)):
            detail = _detail(one, [stacks[fragment] for fragment in fragments])
            details |= dict.fromkeys([place, *fragments], detail)
    return details


def _cut_volumes(stacks: Sequence[Group]) -> dict[int, str]:
    """What is said of volumes that make one stack together, by their numbers."""
    details: dict[int, str] = {}
    # Volumes in time are many and alike: only those whose planes differ are worth a comparison.
    volumes = [
        (place, group, tuple(trait.read(group.frames[0]) for trait in STACKS))
        for place, group in enumerate(stacks)
        if isinstance(group, Volume)
    ]
    for (place, one, planes), (other_place, other, other_planes) in combinations(volumes, 2):
        if planes != other_planes and _are_one(one.frames, other.frames):
            details |= dict.fromkeys([place, other_place], _detail(one, [other]))
    return details


def _may_lack_slices(group: Group) -> bool:
    return isinstance(group, Volume) or group.reason == "missing_slices"


def _detail(one: Group, others: Sequence[Group]) -> str:
    frames = [frame for other in others for frame in other.frames]
    names = differing(one.frames, frames) or ["values of theirs"]
    total = len(one.frames) + len(frames)
    return f"{len(frames)} of {total} slices of one even stack differ from the others in {', '.join(names)}"


def _is_stack(group: Group) -> bool:
    """Whether the group's planes may be slices of a stack, each at a place of its own."""
    frames = group.frames
    placed = all(frame.position_mm and frame.orientation and frame.spacing_mm for frame in frames)
    if not placed or any(map(is_mosaic, frames)):
        return False
    return group.is_stack if isinstance(group, Volume) else group.reason not in _STACKLESS


def _fragments_of(one: Group, stacks: Sequence[Group]) -> list[int]:
    """Which of the others that are no volumes lie in the holes of a stack, or go on where it ends."""
    taken = set(_places(one.frames, one.frames) or [])
    fragments: list[int] = []
    while taken:
        more = [
            place
            for place, other in enumerate(stacks)
            if place not in fragments and other is not one and _is_fragment(other, one, taken)
        ]
        if not more:
            return fragments
        fragments += more
        for place in more:
            taken |= set(_places(one.frames, stacks[place].frames) or [])
    return fragments


def _is_fragment(other: Group, one: Group, taken: set[int]) -> bool:
    if isinstance(other, Volume) or (is_whole(other.frames) and _kinds_differ(one.frames, other.frames)):
        return False
    # An enhanced object names its stacks itself (PS3.3 C.7.6.16.2.2).
    if len({frame.acquisition.stack_id for frame in (*one.frames, *other.frames)}) > 1:
        return False  # an object says by it which of its frames make a stack
    places = _places(one.frames, other.frames)
    if places is None or len(set(places)) < len(places) or taken.intersection(places):
        return False
    # A fragment fills a hole or touches an end, directly or by another slice of its own.
    together = taken.union(places)
    inside = range(min(taken), max(taken) + 1)
    beside = [place for place in places if place not in inside]
    return all({place - 1, place + 1} & together for place in beside) and bool(places)


def _places(frames: Sequence[Frame], others: Sequence[Frame]) -> list[int] | None:
    """The numbers of the others on the grid of the frames; None where one lies beside it."""
    if not _nearly_parallel(frames[0], others) and not _turned_in_plane(frames[0], others[0]):
        return None
    stack = stack_of(frames)
    gaps = np.diff(stack.heights)
    how = evenness(stack)
    rounded_mm = lateral_rounding_mm(stack, how)
    steps = float(len(gaps) if rounded_mm else np.rint(gaps / median_low(gaps.tolist())).sum())
    step_mm = float(gaps.sum()) / steps
    centres, ours = _centres(others), _centres(stack.frames)
    numbers = (centres - ours[0]) @ stack.normal / step_mm
    beside = centres - ours[0] - np.outer(numbers, (ours[-1] - ours[0]) / steps)
    # Centres of planes that were cut to other matrices may differ by up to a pixel of the coarser one.
    pixel_mm = max(spacing for frame in (*frames, *others) for spacing in frame.spacing_mm or ())
    off_grid = np.abs(numbers - np.rint(numbers)).max() > GRID_TOLERANCE + rounded_mm / step_mm
    if off_grid or np.linalg.norm(beside, axis=1).max() > pixel_mm + GRID_TOLERANCE * step_mm + rounded_mm:
        return None
    return [round(number) for number in numbers.tolist()]


def _centres(frames: Iterable[Frame]) -> Vector:
    """The centre of each plane, which stays where it is when rows and columns are cut finer."""
    centres = []
    for frame in frames:
        along_row, along_column = np.asarray(frame.orientation, dtype=np.float64).reshape(2, 3)
        down, across = frame.spacing_mm or (0.0, 0.0)
        middle = (frame.rows - 1) / 2 * down * along_column + (frame.columns - 1) / 2 * across * along_row
        centres.append(np.asarray(frame.position_mm, dtype=np.float64) + middle)
    return np.array(centres)


def _nearly_parallel(frame: Frame, others: Sequence[Frame]) -> bool:
    directions = np.array([other.orientation for other in others])
    return bool(np.abs(directions - np.array(frame.orientation)).max() <= _NEARLY)


def _turned_in_plane(frame: Frame, other: Frame) -> bool:
    """Whether one plane is the other upside down, mirrored, or with rows and columns changed."""
    ours, theirs = (np.reshape(one.orientation or (), (2, 3)) for one in (frame, other))
    cosines = np.abs(ours @ theirs.T)  # (row and column of the one, row and column of the other)
    return any(np.abs(cosines - turn).max() <= _NEARLY for turn in (np.eye(2), np.eye(2)[::-1]))


def _are_one(frames: Sequence[Frame], others: Sequence[Frame]) -> bool:
    """Whether two volumes of one kind, each even by itself, make one stack together.

    Of other values they do where each has holes that the other fills. End to end they do if only digits of
    their planes differ, or which side of them is up; else a plan changed there.
    """
    together = [*frames, *others]
    alike = all(len(sets_of(together, trait)) == 1 for trait in STACKS)
    if alike or any(len(sets_of(together, trait)) > 1 for trait in KINDS):
        return False
    if not _nearly_parallel(frames[0], others) and not _turned_in_plane(frames[0], others[0]):
        return False
    if not is_whole(together) or _places(together, together) is None:
        return False
    relation = verdict([frames, others])
    if _values_differ(together):
        return relation == "one"
    return relation in ("one", "unclear") or (relation == "on" and _nearly_as_wide(frames[0], others[0]))


def _kinds_differ(frames: Sequence[Frame], others: Sequence[Frame]) -> bool:
    """Whether they hold other values, or are of another kind."""
    together = [*frames, *others]
    return _values_differ(together) or any(len(sets_of(together, trait)) > 1 for trait in KINDS)


def _values_differ(frames: Iterable[Frame]) -> bool:
    """Whether they hold other values: by unit, or by class (a map stored as captures).

    A CT that names no quantity is as good as one in Hounsfield units.
    """
    values = {
        (HU if on_hounsfield_scale(frame.modality, frame.unit) else frame.unit, frame.sop_class)
        for frame in frames
    }
    return len(values) > 1


def _nearly_as_wide(frame: Frame, other: Frame) -> bool:
    ratio = np.array(frame.spacing_mm) / np.array(other.spacing_mm)
    same_size = (frame.rows, frame.columns) == (other.rows, other.columns)
    return same_size and bool(np.abs(ratio - 1).max() <= _NEARLY)
