"""Planes of one series at chosen heights, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from planes import OF_ACQUISITION, reason_of, saying

from pipeline.ingest.series.frames import Frame, Group, Rules
from pipeline.ingest.series.parts import Part

SERIES = Rules(unit="series")
IMAGE = Rules(unit="image")
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def different_pixels(frame: Frame) -> str:
    """A digest that is different for every plane."""
    return f"{frame.source}/{frame.index}"


def slice_at(plane: Frame, z: float, source: str, **values: object) -> Frame:
    """The plane at another height, of a file of its own, with these values."""
    return saying(plane, source=source, position_mm=(0.0, 0.0, float(z)), **values)


def stack(plane: Frame, places: Sequence[float], name: str = "s") -> list[Frame]:
    """Slices at these places, each of a file of its own."""
    return [slice_at(plane, z, f"{name}{number:02d}") for number, z in enumerate(places)]


def outcomes(groups: list[Group]) -> list[tuple[str, list[float]]]:
    """Of each group the reason and the heights of its planes."""
    return [(reason_of(group), [frame.position_mm[2] for frame in group.frames]) for group in groups]


def reasons(groups: list[Group]) -> dict[str, int]:
    """How many planes have each reason."""
    return dict(Counter(reason_of(group) for group in groups for _ in group.frames))


def heights(frames: list[Frame]) -> list[float]:
    """The places of the planes, sorted."""
    return sorted(frame.position_mm[2] for frame in frames)


def keys_and_heights(parts: list[Part]) -> list[tuple[dict[str, object], list[float]]]:
    """What the planes of each part say alike but not those of all, with its ranks, and its heights."""
    times = sorted({part.ranks for part in parts if part.ranks})
    said = [_values_of(part.frames) for part in parts]
    differ = {name for values in said for name in values if len({str(one.get(name)) for one in said}) > 1}
    described = []
    for part, values in zip(parts, said, strict=True):
        keys = {name: value for name, value in values.items() if name in differ}
        keys |= {"time_index": times.index(part.ranks)} if part.ranks else {}
        keys |= {} if part.variant_index is None else {"variant_index": part.variant_index}
        described.append((keys, heights(part.frames)))
    return described


def _values_of(frames: Sequence[Frame]) -> dict[str, object]:
    """What all of the planes say alike of their acquisition, but for clocks."""
    alike = {}
    for name in OF_ACQUISITION - {"trigger_time", "frame_reference_time"}:
        values = {getattr(frame.acquisition, name) for frame in frames}
        if len(values) == 1 and values != {None}:
            alike[name] = values.pop()
    numbers = {frame.acquisition_number for frame in frames} - {None}
    return alike | ({"acquisition_number": numbers.pop()} if len(numbers) == 1 else {})
