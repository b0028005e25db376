"""Where the slices of a nuclear medicine object lie, and what else tells its frames apart (PS3.3 C.8.4).

Such an object states the place of its first slice in the Detector Information Sequence (C.8.4.15), the way
to the next ones by one number with a sign, and by vectors which frame is which slice, time or energy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.dicom.dataset import Dataset, optional_number
from pipeline.ingest.header.places import orientation_in, position_in
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Sextuple, Triple
from pipeline.ingest.series.geometry import normal_of
from pipeline.ingest.series.image_words import VOLUME_WORDS

NUCLEAR = "1.2.840.10008.5.1.4.1.1.20"
_TIME_VECTORS = ("TimeSlotVector", "TimeSliceVector")
_OTHER_VECTORS = ("EnergyWindowVector", "DetectorVector", "RRIntervalVector", "PhaseVector")


@dataclass(frozen=True)
class Place:
    """Where one frame lies, None where that isn't told, and what tells it from others in its place."""

    position_mm: Triple | None
    orientation: Sextuple | None
    temporal_position: float | None = None
    dimension_index: str | None = None


def places_of(dataset: Dataset, frames: int) -> tuple[Place, ...]:
    """A place for each frame of a nuclear medicine object, () for any other object.

    Raises Refusal `missing_attribute` or `inconsistent_pixel_attributes` where the slices can't be told
    apart, `affine_conflict` where the detectors state two places.
    """
    if dataset.text("SOPClassUID") != NUCLEAR:
        return ()
    first = _first_place(dataset)
    if frames == 1 or VOLUME_WORDS.isdisjoint(dataset.words("ImageType")):
        return (first,) * frames
    slices = _slices(dataset, frames)
    step_mm = _step_mm(dataset) if len(set(slices)) > 1 else 0.0
    # Slices may be numbered from 0 or 1; the stated place is that of the lowest.
    lowest = min(slices)
    return tuple(
        replace(place, position_mm=_moved(first, (number - lowest) * step_mm), orientation=first.orientation)
        for number, place in zip(slices, _moments_and_indices(dataset, frames), strict=True)
    )


def _first_place(dataset: Dataset) -> Place:
    """The place that the detectors state, else that of the top level."""
    items = dataset.items("DetectorInformationSequence")
    stated = [(position_in(item), orientation_in(item)) for item in items]
    whole = {place for place in stated if None not in place}
    if len(whole) > 1:
        raise Refusal("affine_conflict", f"{len(whole)} places in DetectorInformationSequence")
    return Place(*whole.pop()) if whole else Place(position_in(dataset), orientation_in(dataset))


def _slices(dataset: Dataset, frames: int) -> Sequence[float]:
    """The number of the slice that each frame is; the lowest lies at the place that is stated."""
    slices = _vector(dataset, "SliceVector", frames)
    if slices:
        return slices
    if any(name in dataset for name in (*_TIME_VECTORS, *_OTHER_VECTORS)):
        raise Refusal("missing_attribute", "SliceVector")
    return range(1, frames + 1)


def _step_mm(dataset: Dataset) -> float:
    """From slice to slice along the normal; against it where SpacingBetweenSlices is negative (C.8.4.14)."""
    between = optional_number(dataset, "SpacingBetweenSlices") or optional_number(dataset, "SliceThickness")
    if not between:
        raise Refusal("missing_attribute", "SpacingBetweenSlices")
    return between


def _moments_and_indices(dataset: Dataset, frames: int) -> list[Place]:
    """What tells frames of one slice apart: their time, and whatever else has more than one value."""
    times, others = (
        [vector for name in names if len(set(vector := _vector(dataset, name, frames))) > 1]
        for names in (_TIME_VECTORS, _OTHER_VECTORS)
    )
    moments = times[-1] if times else [None] * frames
    indices: list[str | None] = [
        "\\".join(f"{value:.0f}" for value in values) for values in zip(*others, strict=True)
    ]
    return [
        Place(None, None, moment, index)
        for moment, index in zip(moments, indices or [None] * frames, strict=True)
    ]


def _vector(dataset: Dataset, name: str, frames: int) -> tuple[float, ...]:
    vector = dataset.numbers(name)
    if vector and len(vector) != frames:
        raise Refusal("inconsistent_pixel_attributes", f"{name} has {len(vector)} values for {frames} frames")
    return vector


def _moved(place: Place, way_mm: float) -> Triple | None:
    """The position after a way along the normal."""
    if place.position_mm is None or place.orientation is None:
        return None
    x, y, z = (
        start + way_mm * direction
        for start, direction in zip(place.position_mm, normal_of(place.orientation).tolist(), strict=True)
    )
    return x, y, z
