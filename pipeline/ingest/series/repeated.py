"""Volumes told apart where places repeat: by what differs, if each part covers all places equally often.

Numbers of instances are no evidence of time, with the exceptions of `_by_instance`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pipeline.ingest.series.evidence import by_place
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.parts import Part, Sets, in_turn, variants
from pipeline.ingest.series.traits import (
    ACQUISITION_NUMBER,
    ASIDES,
    B_VALUE,
    CARDIAC_PHASE,
    ECHO_NUMBER,
    ECHO_TIME,
    FLIP_ANGLE,
    GRADIENT,
    INVERSION_TIME,
    KINDS,
    KVP,
    REPETITION_TIME,
    RESPIRATORY_PHASE,
    SERIES_WORDS,
    TEMPORAL_POSITION,
    TIMES,
    TRIGGER_TIME,
    UNKNOWN_WORDS,
    Trait,
    labels_of,
    sets_of,
)

__all__ = ["are_several", "by_repeats", "lacks_b_value", "what_differs"]

_EXACT = 1e-3
"""Numbers of planes at one place differ where they aren't the same, but for the last digits."""
# As written: two directions that are nearly one are still two of a scan's list.
_GRADIENT = replace(GRADIENT, read=lambda frame: _written(frame.acquisition.gradient))
# Many writers count slices by it.
_COUNTED = (ACQUISITION_NUMBER,)
# These split where places repeat; tried in this order, those in one row together.
_VALUES: tuple[tuple[Trait, ...], ...] = (
    (KVP,),
    (ECHO_TIME, ECHO_NUMBER),
    (INVERSION_TIME,),
    (FLIP_ANGLE,),
    (B_VALUE, _GRADIENT),
    (REPETITION_TIME,),
    (CARDIAC_PHASE,),
    (RESPIRATORY_PHASE,),
    (TEMPORAL_POSITION,),
    _COUNTED,
)
_IN_TIME = ((TEMPORAL_POSITION,), (CARDIAC_PHASE,), (RESPIRATORY_PHASE,))
_DIMENSION = (Trait("DimensionIndexValues", lambda frame: frame.acquisition.dimension_index),)

Number = Callable[[Frame], float | None]


def _trigger_time(frame: Frame) -> float | None:
    return frame.acquisition.trigger_time


def _reference_time(frame: Frame) -> float | None:
    return frame.acquisition.frame_reference_time


def _acquisition_time(frame: Frame) -> float | None:
    return frame.acquisition_time


def _instance_number(frame: Frame) -> float | None:
    return frame.instance_number


def by_repeats(frames: Sequence[Frame]) -> list[Part]:
    """By the first thing that makes parts of which each covers all places, each place equally often."""
    # Another study or frame of reference explains repeats before any value does.
    for trait in ASIDES:
        sets = sets_of(frames, trait, silent=True)
        if len(sets) > 1 and _complete(frames, sets):
            return [Part(planes) for planes in sets]
    if lacks_b_value(frames):
        return []
    for traits in _VALUES:
        if parts := _by_value(frames, traits):
            return parts
    if parts := _by_value(frames, (SERIES_WORDS,)):
        return parts
    return _by_time(frames) or _by_dimension(frames) or _by_instance(frames)


def _by_value(frames: Sequence[Frame], traits: tuple[Trait, ...]) -> list[Part]:
    """A part for each value of the traits; empty if these aren't whole volumes."""
    sets = list(_of_equal_value(frames, traits).values())
    if len(sets) < 2 or not _complete(frames, sets):
        return []
    in_time = traits in _IN_TIME or (traits is _COUNTED and in_turn(sets))
    return [Part(planes, (rank,) if in_time else ()) for rank, planes in enumerate(sets)]


def _of_equal_value(frames: Sequence[Frame], traits: Sequence[Trait]) -> dict[int, list[Frame]]:
    """The frames by a label of what they say of these traits, in the order of the labels."""
    labels = np.zeros(len(frames), dtype=np.int64)
    for trait in traits:
        labels = labels * (len(frames) + 1) + np.array(labels_of(frames, _exactly(trait))) + 1
    sets: dict[int, list[Frame]] = defaultdict(list)
    for label, frame in sorted(zip(labels.tolist(), frames, strict=True), key=lambda pair: pair[0]):
        sets[label].append(frame)
    return sets


def _exactly(trait: Trait) -> Trait:
    return replace(trait, slack=_EXACT, share=0.0)


def _written(numbers: Sequence[float] | None) -> str | None:
    return None if numbers is None else "\\".join(f"{number:g}" for number in numbers)


def _complete(frames: Sequence[Frame], parts: Sequence[Sequence[Frame]]) -> bool:
    """Whether every part covers all places, each place of a part equally often."""
    place_of = {frame.name: place for place, planes in by_place(frames).items() for frame in planes}
    places = set(place_of.values())
    for part in parts:
        counts = Counter(place_of[frame.name] for frame in part)
        if set(counts) != places or len(set(counts.values())) != 1:
            return False
    return True


def _by_time(frames: Sequence[Frame]) -> list[Part]:
    """The n-th plane of every place in time makes the n-th volume, if the times don't contradict it.

    Acquisition times of one volume must all come before those of the next. Trigger times may drift
    with the heart rate, so only the first two volumes are held against each other.
    """
    for moment in (_trigger_time, _reference_time, _acquisition_time):
        volumes = _ranked(frames, moment)
        spans = [[number for frame in volume if (number := moment(frame)) is not None] for volume in volumes]
        compared = spans[:2] if moment is _trigger_time else spans
        if volumes and all(max(first) < min(second) for first, second in pairwise(compared)):
            return [Part(volume, (rank,)) for rank, volume in enumerate(volumes)]
    return []


def _by_dimension(frames: Sequence[Frame]) -> list[Part]:
    """Volumes by the dimensions of an enhanced object, whatever they are, as by label and control in ASL.

    Of one object only: an index means the same in two of them only by chance.
    """
    if len({frame.source for frame in frames}) > 1:
        return []
    parts = _by_value(frames, _DIMENSION)
    return [replace(part, variant_index=n) for n, part in enumerate(parts)]


def _by_instance(frames: Sequence[Frame]) -> list[Part]:
    """Volumes by instance number, where repeats differ in nothing else.

    The numbers have to run through the repeats in equal steps at every place. They are time where every plane
    states its diffusion weighting, so that repeats can't be diffusion, or where the series announces that
    many temporal positions (an interrupted scan has fewer) and the numbers run through each volume in turn.
    Where they do and nothing is announced, the volumes are told apart, and it is noted that nothing says
    whether they are times: they may be real and imaginary parts.
    """
    volumes = _ranked(frames, _instance_number)
    if not volumes or _differ(frames):
        return []
    numbers = np.array([[frame.instance_number for frame in volume] for volume in volumes], dtype=np.float64)
    # Unequal steps are numbers of something else than repeats, as of files that were sent twice.
    if np.ptp(np.diff(numbers, axis=0), axis=1).any():
        return []
    runs_in_turn = bool((numbers.max(axis=1)[:-1] < numbers.min(axis=1)[1:]).all())
    announced = min(frame.acquisition.temporal_positions for frame in frames)
    weighted = all(frame.acquisition.b_value is not None for frame in frames)
    if weighted or (runs_in_turn and len(volumes) <= announced):
        return [Part(volume, (rank,)) for rank, volume in enumerate(volumes)]
    return variants(volumes) if runs_in_turn else []


def _differ(frames: Sequence[Frame]) -> bool:
    """Whether planes at one place differ in a value, but for the number of their acquisition."""
    values = [traits for traits in _VALUES if traits is not _COUNTED]
    return any(
        len(_of_equal_value(planes, traits)) > 1 for planes in by_place(frames).values() for traits in values
    )


def _ranked(frames: Sequence[Frame], number: Number) -> Sets:
    """One list of planes for each rank of a number; empty if a place lacks planes or order."""
    by_number: list[list[tuple[float, Frame]]] = []
    for planes in by_place(frames).values():
        pairs = [(value, frame) for frame in planes if (value := number(frame)) is not None]
        pairs.sort(key=lambda pair: pair[0])
        if len(pairs) < len(planes) or any(first[0] == second[0] for first, second in pairwise(pairs)):
            return []
        by_number.append(pairs)
    if len({len(pairs) for pairs in by_number}) != 1:
        return []
    return [[frame for _, frame in volume] for volume in zip(*by_number, strict=True)]


def lacks_b_value(frames: Sequence[Frame]) -> bool:
    """Diffusion images without a public b-value: what their repeats are can't be known."""
    return any("DIFFUSION" in frame.image_type and frame.acquisition.b_value is None for frame in frames)


def are_several(frames: Sequence[Frame]) -> bool:
    """Whether repeated places look like further volumes rather than stray slices.

    True where every place repeats, or where some value differs between planes at one place.
    """
    return min(len(planes) for planes in by_place(frames).values()) > 1 or bool(what_differs(frames))


def what_differs(frames: Sequence[Frame]) -> dict[str, list[int]]:
    """The keywords that differ between planes at one place, with the number of images of each value."""
    places = list(by_place(frames).values())
    sizes_of: dict[str, list[int]] = {}
    for trait in (*KINDS, *ASIDES, UNKNOWN_WORDS, SERIES_WORDS, TRIGGER_TIME, *TIMES):
        exact = _exactly(trait)
        if any(len(sets_of(planes, exact, silent=True)) > 1 for planes in places):
            sizes = [len(alike) for alike in sets_of(frames, exact, silent=True)]
            sizes_of.setdefault(trait.keyword, sizes)
    return sizes_of
