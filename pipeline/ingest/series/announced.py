"""What a series announces held against what came: slices, temporal positions, images of an acquisition.

Pure: works on the groups of one series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.ingest.series.frames import Frame, Group

__all__ = ["as_announced"]


def as_announced(groups: Sequence[Group]) -> list[Group]:
    """The groups of a series, volumes refused as `missing_slices` where more was announced for certain.

    Number of Slices is that of one volume (PS3.3 C.8.9.1), Number of Temporal Positions that of the series.
    Images in Acquisition counts those of all series of an acquisition: fewer is noted.
    """
    images = Counter(_acquisition(frame) for made in groups for frame in _counted(made))
    lacking = _lacking_positions([made for made in groups if _is_volume(made)])
    return [
        _refused(made, lacking or _lacking_slices(made)) or _noted(made, images) if _is_volume(made) else made
        for made in groups
    ]


def _is_volume(made: Group) -> bool:
    return made.reason == "ok" and len(made.shape) == 3 and len(made.frames) > 1


def _counted(made: Group) -> Iterable[Frame]:
    """The images of a group that aren't copies of others."""
    return () if made.reason == "duplicate_identical" else made.frames


def _acquisition(frame: Frame) -> str | float | None:
    return frame.keys.get("acquisition_number")


def _refused(made: Group, detail: str) -> Group | None:
    return Group(made.frames, reason="missing_slices", detail=detail) if detail else None


def _lacking_slices(made: Group) -> str:
    announced = _announced(made.frames, "announced_slices")
    came = len(made.frames)
    if made.frames[0].modality != "PT" or announced <= came:
        return ""
    return f"{came} slices of {announced} that NumberOfSlices announces"


def _lacking_positions(volumes: Sequence[Group]) -> str:
    """What is said of a series in time that has fewer positions than it announces.

    One volume alone needn't be a series in time: many writers give each position a series of its own, or
    repeat what was planned. It is whole if it says which position it is, or has all its acquisition's images.
    """
    frames = [frame for made in volumes for frame in made.frames]
    announced = _announced(frames, "temporal_positions")
    came = len({made.separated_by.get("time_index") for made in volumes})
    if came == 1 and all(_is_told_whole(made.frames) for made in volumes):
        return ""
    return f"{came} of {announced} that NumberOfTemporalPositions announces" if came < announced else ""


def _is_told_whole(frames: Sequence[Frame]) -> bool:
    if all("temporal_position" in frame.keys for frame in frames):
        return True
    return 0 < _announced(frames, "announced_images") <= len(frames)


def _noted(made: Group, images: Counter[str | float | None]) -> Group:
    """The volume, noted where an acquisition of it announces more images than the series has of it."""
    announced: dict[str | float | None, int] = {}
    for frame in made.frames:
        told = _announced([frame], "announced_images")
        announced[_acquisition(frame)] = max(told, announced.get(_acquisition(frame), 0))
    came = sum(images[acquisition] for acquisition in announced)
    if all(images[acquisition] >= told for acquisition, told in announced.items()):
        return made
    measures = {"images_came": float(came), "images_announced": float(sum(announced.values()))}
    notes = tuple(sorted({*made.notes, "fewer_than_announced"}))
    return replace(made, notes=notes, measures={**made.measures, **measures})


def _announced(frames: Iterable[Frame], key: str) -> int:
    """The largest number that a plane announces, 0 where none does."""
    return max((int(float(frame.keys.get(key, 0))) for frame in frames), default=0)
