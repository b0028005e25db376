"""What a series announces held against what came: slices, times, parts of an object, images.

Pure: works on the groups of one series.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from pipeline.ingest.series.frames import Frame, Group, Refused, Volume

__all__ = ["as_announced"]

_COUNTED = frozenset({"PT", "NM"})
"""Modalities whose series say how many slices a volume has, and how many times there are."""


def as_announced(groups: Sequence[Group]) -> list[Group]:
    """The groups of a series, volumes refused as `missing_slices` where more was announced for certain.

    Number of Slices is that of one volume (PS3.3 C.8.4.8, C.8.9.1), Number of Temporal Positions that of the
    series. In-Stack Position Number counts the slices of a stack from 1 (C.7.6.16.2.2), In-concatenation
    Number the objects that one was divided into (C.7.6.16.1). Images in Acquisition counts those of all
    series of an acquisition: fewer is noted, as are fewer images than an archive counted in the series.
    """
    volumes = [group for group in groups if _has_slices(group)]
    frames = [frame for group in groups for frame in _counted(group)]
    lacking = _lacking_positions(volumes) or _lacking_parts(frames)
    holes = _holes_of_stacks(frames)
    images = Counter(frame.acquisition_number for frame in frames)
    sources = len({frame.source for frame in frames})
    return [
        _held_against(group, lacking or _lacking_slices(group, holes), images, sources)
        if _has_slices(group)
        else group
        for group in groups
    ]


def _has_slices(group: Group) -> TypeGuard[Volume]:
    return isinstance(group, Volume) and group.is_stack and len(group.frames) > 1


def _counted(group: Group) -> Iterable[Frame]:
    """The images of a group that aren't copies of others."""
    copies = isinstance(group, Refused) and group.reason == "duplicate_identical"
    return () if copies else group.frames


def _held_against(volume: Volume, lacking: str, images: Counter[float | None], sources: int) -> Group:
    return Refused(volume.frames, "missing_slices", lacking) if lacking else _noted(volume, images, sources)


def _lacking_slices(volume: Volume, holes: Mapping[str | None, int]) -> str:
    announced = max(frame.acquisition.announced_slices for frame in volume.frames)
    came = len(volume.frames)
    if volume.frames[0].modality in _COUNTED and announced > came:
        return f"{came} slices of {announced} that NumberOfSlices announces"
    missing = max(holes[frame.acquisition.stack_id] for frame in volume.frames)
    return f"{missing} of the slices that InStackPositionNumber counts are not here" if missing else ""


def _holes_of_stacks(frames: Sequence[Frame]) -> Mapping[str | None, int]:
    """How many slices of each stack are not here, by their numbers."""
    numbers: defaultdict[str | None, set[int]] = defaultdict(set)
    for frame in frames:
        numbers[frame.acquisition.stack_id].add(frame.acquisition.stack_position)
    return {stack: max(known) - len(known - {0}) for stack, known in numbers.items()}


def _lacking_parts(frames: Sequence[Frame]) -> str:
    """What is said of an object that was divided into several, of which some are not here."""
    here = {frame.acquisition.part for frame in frames} - {0}
    announced = max([*here, *(frame.acquisition.parts for frame in frames if here)], default=0)
    if len(here) == announced:
        return ""
    return f"{len(here)} of {announced} parts that InConcatenationTotalNumber announces"


def _lacking_positions(volumes: Sequence[Volume]) -> str:
    """What is said of a series in time that has fewer positions than it announces.

    One volume alone needn't be a series in time: many writers give each position a series of its own, or
    repeat what was planned. It is whole if it says which position it is, or has all its acquisition's images.
    """
    frames = [frame for volume in volumes for frame in volume.frames]
    announced, keyword = max((_announced_times(frame) for frame in frames), default=(0, ""))
    came = len({volume.time_index for volume in volumes})
    if came == 1 and all(_is_whole_by_itself(volume.frames) for volume in volumes):
        return ""
    return f"{came} of {announced} that {keyword} announces" if came < announced else ""


def _announced_times(frame: Frame) -> tuple[int, str]:
    """How many volumes in time a plane's series announces, and by which element."""
    acquisition = frame.acquisition
    if frame.modality not in _COUNTED:
        return acquisition.temporal_positions, "NumberOfTemporalPositions"
    # A PET says in Series Type whether it has times; one that has none may fill in the numbers all the same.
    kinds = (acquisition.series_type or "DYNAMIC").split("\\")
    in_time = not {"DYNAMIC", "GATED"}.isdisjoint(kinds)
    slots, slices = (acquisition.time_slots, acquisition.time_slices) if in_time else (0, 0)
    if slots > 1 and slices > 1:
        return slots * slices, "NumberOfTimeSlots times NumberOfTimeSlices"
    by_camera = (slots, "NumberOfTimeSlots") if slots > 1 else (slices, "NumberOfTimeSlices")
    return max(by_camera, (acquisition.temporal_positions, "NumberOfTemporalPositions"))


def _is_whole_by_itself(frames: Sequence[Frame]) -> bool:
    if all(frame.acquisition.temporal_position is not None for frame in frames):
        return True
    return 0 < max(frame.acquisition.announced_images for frame in frames) <= len(frames)


def _noted(volume: Volume, images: Counter[float | None], sources: int) -> Volume:
    """The volume, noted where an acquisition of it, or its series, announces more images than came of it."""
    announced: dict[float | None, int] = {}
    for frame in volume.frames:
        number = frame.acquisition_number
        announced[number] = max(frame.acquisition.announced_images, announced.get(number, 0))
    came, expected = sum(images[number] for number in announced), sum(announced.values())
    if all(images[number] >= most for number, most in announced.items()):
        came, expected = sources, max(frame.acquisition.series_images for frame in volume.frames)
        if came >= expected:
            return volume
    measures = {"images_came": float(came), "images_announced": float(expected)}
    notes = tuple(sorted({*volume.notes, "fewer_than_announced"}))
    return replace(volume, notes=notes, measures={**volume.measures, **measures})
