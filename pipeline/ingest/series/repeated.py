"""Volumes told apart where places repeat: by what differs, if each part covers all places equally often.

Numbers of instances are no evidence of time, with the exceptions of `_by_instance`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pipeline.ingest.series.evidence import by_place
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.parts import Part, Sets, in_turn, told_by, variants
from pipeline.ingest.series.traits import ASIDES, KINDS, TIMES, UNKNOWN_WORDS, Trait, labels_of, sets_of

__all__ = ["by_repeats", "diffusion_untold", "told_apart", "what_differs"]

_POSITION_KEY = ("temporal_position",)
# Many writers count slices by it.
_COUNTED_KEY = ("acquisition_number",)
# These split where places repeat; tried in this order, those in one row together.
_VALUE_KEYS = (
    ("kvp",),
    ("echo_time", "echo_number"),
    ("inversion_time",),
    ("flip_angle",),
    ("b_value", "gradient"),
    ("repetition_time",),
    ("cardiac_phase",),
    ("respiratory_phase",),
    _POSITION_KEY,
    _COUNTED_KEY,
)
_IN_TIME = frozenset({_POSITION_KEY, ("cardiac_phase",), ("respiratory_phase",)})
_TIME_KEYS = ("trigger_time", "frame_reference_time", "acquisition_time")
_DIMENSION_KEY = ("dimension_index",)
_EXACT = 1e-3


def by_repeats(frames: Sequence[Frame]) -> list[Part]:
    """By the first thing that makes parts of which each covers all places, each place equally often."""
    for trait in ASIDES:
        sets = sets_of(frames, trait, silent=True)
        if len(sets) > 1 and _complete(frames, sets):
            return [Part(own, told_by(own, trait)) for own in sets]
    if diffusion_untold(frames):
        return []
    for names in _VALUE_KEYS:
        if parts := _by_value(frames, names):
            return parts
    return _by_time(frames) or _by_dimension(frames) or _by_instance(frames)


def _by_value(frames: Sequence[Frame], names: Sequence[str]) -> list[Part]:
    """A part for each value of the keys; empty if these aren't whole volumes."""
    sets = list(_of_equal_value(frames, names).values())
    if len(sets) < 2 or not _complete(frames, sets):
        return []
    in_time = names in _IN_TIME or (names == _COUNTED_KEY and in_turn(sets))
    parts: list[Part] = []
    for rank, own in enumerate(sets):
        told = min(own, key=lambda frame: frame.name).keys
        keys = {name: told[name] for name in names if name in told}
        parts.append(Part(own, keys, (rank,) if in_time else ()))
    return parts


def _of_equal_value(frames: Sequence[Frame], names: Sequence[str]) -> dict[int, list[Frame]]:
    """The frames by a label of what they have in these keys, in the order of the labels."""
    labels = np.zeros(len(frames), dtype=np.int64)
    for name in names:
        labels = labels * (len(frames) + 1) + np.array(labels_of(frames, _exactly(name))) + 1
    sets: dict[int, list[Frame]] = defaultdict(list)
    for label, frame in sorted(zip(labels.tolist(), frames, strict=True), key=lambda pair: pair[0]):
        sets[label].append(frame)
    return sets


def _exactly(name: str) -> Trait:
    """The trait of a key whose numbers differ where they aren't the same, but for the last digits."""
    return Trait(name, lambda frame: _exact(frame.keys.get(name)), slack=_EXACT)


def _exact(value: str | float | None) -> tuple[float, ...] | str | None:
    return (float(value),) if isinstance(value, int | float) else value


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
    for name in _TIME_KEYS:
        volumes = _ranked(frames, name)
        spans = [[float(frame.keys[name]) for frame in volume] for volume in volumes]
        compared = spans[:2] if name == "trigger_time" else spans
        if volumes and all(max(first) < min(second) for first, second in pairwise(compared)):
            return [Part(volume, {}, (rank,)) for rank, volume in enumerate(volumes)]
    return []


def _by_dimension(frames: Sequence[Frame]) -> list[Part]:
    """Volumes by the dimensions of an enhanced object, whatever they are, as by label and control in ASL.

    Of one object only: an index means the same in two of them only by chance.
    """
    if len({frame.source for frame in frames}) > 1:
        return []
    parts = _by_value(frames, _DIMENSION_KEY)
    return [replace(part, keys={**part.keys, "variant_index": n}) for n, part in enumerate(parts)]


def _by_instance(frames: Sequence[Frame]) -> list[Part]:
    """Volumes by instance number, where repeats differ in no key.

    The numbers have to run through the repeats in equal steps at every place. They are time where every plane
    states its diffusion weighting, so that repeats can't be diffusion, or where the series announces that
    many temporal positions (an interrupted scan has fewer) and the numbers run through each volume in turn.
    Where they do and nothing is announced, the volumes are told apart, and it is noted that nothing says
    whether they are times: they may be real and imaginary parts.
    """
    volumes = _ranked(frames, "instance_number")
    if not volumes or _differ(frames):
        return []
    numbers = np.array([[float(frame.keys["instance_number"]) for frame in volume] for volume in volumes])
    if np.ptp(np.diff(numbers, axis=0), axis=1).any():
        return []
    runs_in_turn = bool((numbers.max(axis=1)[:-1] < numbers.min(axis=1)[1:]).all())
    announced = min(float(frame.keys.get("temporal_positions", 0)) for frame in frames)
    weighted = all("b_value" in frame.keys for frame in frames)
    if weighted or (runs_in_turn and len(volumes) <= announced):
        return [Part(volume, {}, (rank,)) for rank, volume in enumerate(volumes)]
    return variants(volumes) if runs_in_turn else []


def _differ(frames: Sequence[Frame]) -> bool:
    """Whether planes at one place differ in a key, but for the number of their acquisition."""
    keys = [names for names in _VALUE_KEYS if names != _COUNTED_KEY]
    return any(len(_of_equal_value(planes, key)) > 1 for planes in by_place(frames).values() for key in keys)


def _ranked(frames: Sequence[Frame], name: str) -> Sets:
    """One list of planes for each rank of a numeric key; empty if a place lacks planes or order."""
    places = list(by_place(frames).values())
    numeric = all(isinstance(frame.keys.get(name), int | float) for frame in frames)
    if not numeric or len({len(planes) for planes in places}) != 1:
        return []
    ordered = [sorted(planes, key=lambda frame: frame.keys[name]) for planes in places]
    if any(first.keys[name] == second.keys[name] for planes in ordered for first, second in pairwise(planes)):
        return []
    return [list(volume) for volume in zip(*ordered, strict=True)]


def diffusion_untold(frames: Sequence[Frame]) -> bool:
    """Diffusion images without a public b-value: what their repeats are can't be known."""
    return any("DIFFUSION" in frame.image_type and "b_value" not in frame.keys for frame in frames)


_TRIGGER_TIME = replace(_exactly("trigger_time"), keyword="TriggerTime")


def told_apart(frames: Sequence[Frame]) -> bool:
    """Whether repeated places look like further volumes rather than stray slices.

    True where every place repeats, or where some key differs between planes at one place.
    """
    return min(len(planes) for planes in by_place(frames).values()) > 1 or bool(what_differs(frames))


def what_differs(frames: Sequence[Frame]) -> dict[str, list[int]]:
    """The keywords that differ between planes at one place, with the number of images of each value."""
    places = list(by_place(frames).values())
    found: dict[str, list[int]] = {}
    for trait in (*KINDS, *ASIDES, UNKNOWN_WORDS, _TRIGGER_TIME, *TIMES):
        exact = replace(trait, slack=_EXACT, share=0.0)
        if any(len(sets_of(planes, exact, silent=True)) > 1 for planes in places):
            sizes = [len(own) for own in sets_of(frames, exact, silent=True)]
            found.setdefault(trait.keyword, sizes)
    return found
