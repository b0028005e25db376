"""What a series announces held against what came: slices, temporal positions, images of an acquisition.

Pure: works on the groups of one series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeGuard

from pipeline.ingest.series.frames import Frame, Group, Refused, Volume

__all__ = ["as_announced"]


def as_announced(groups: Sequence[Group]) -> list[Group]:
    """The groups of a series, volumes refused as `missing_slices` where more was announced for certain.

    Number of Slices is that of one volume (PS3.3 C.8.9.1), Number of Temporal Positions that of the series.
    Images in Acquisition counts those of all series of an acquisition: fewer is noted.
    """
    images = Counter(frame.acquisition_number for group in groups for frame in _counted(group))
    lacking = _lacking_positions([group for group in groups if _has_slices(group)])
    return [
        _held_against(group, lacking or _lacking_slices(group), images) if _has_slices(group) else group
        for group in groups
    ]


def _has_slices(group: Group) -> TypeGuard[Volume]:
    return isinstance(group, Volume) and group.is_stack and len(group.frames) > 1


def _counted(group: Group) -> Iterable[Frame]:
    """The images of a group that aren't copies of others."""
    copies = isinstance(group, Refused) and group.reason == "duplicate_identical"
    return () if copies else group.frames


def _held_against(volume: Volume, lacking: str, images: Counter[float | None]) -> Group:
    return Refused(volume.frames, "missing_slices", lacking) if lacking else _noted(volume, images)


def _lacking_slices(volume: Volume) -> str:
    announced = max(frame.acquisition.announced_slices for frame in volume.frames)
    came = len(volume.frames)
    if volume.frames[0].modality != "PT" or announced <= came:
        return ""
    return f"{came} slices of {announced} that NumberOfSlices announces"


def _lacking_positions(volumes: Sequence[Volume]) -> str:
    """What is said of a series in time that has fewer positions than it announces.

    One volume alone needn't be a series in time: many writers give each position a series of its own, or
    repeat what was planned. It is whole if it says which position it is, or has all its acquisition's images.
    """
    frames = [frame for volume in volumes for frame in volume.frames]
    announced = max((frame.acquisition.temporal_positions for frame in frames), default=0)
    came = len({volume.time_index for volume in volumes})
    if came == 1 and all(_is_whole_by_itself(volume.frames) for volume in volumes):
        return ""
    return f"{came} of {announced} that NumberOfTemporalPositions announces" if came < announced else ""


def _is_whole_by_itself(frames: Sequence[Frame]) -> bool:
    if all(frame.acquisition.temporal_position is not None for frame in frames):
        return True
    return 0 < max(frame.acquisition.announced_images for frame in frames) <= len(frames)


def _noted(volume: Volume, images: Counter[float | None]) -> Volume:
    """The volume, noted where an acquisition of it announces more images than the series has of it."""
    announced: dict[float | None, int] = {}
    for frame in volume.frames:
        number = frame.acquisition_number
        announced[number] = max(frame.acquisition.announced_images, announced.get(number, 0))
    came = sum(images[number] for number in announced)
    if all(images[number] >= most for number, most in announced.items()):
        return volume
    measures = {"images_came": float(came), "images_announced": float(sum(announced.values()))}
    notes = tuple(sorted({*volume.notes, "fewer_than_announced"}))
    return replace(volume, notes=notes, measures={**volume.measures, **measures})
