"""Volumes that share a series told apart: by what is listed, and by what differs where places repeat.

A key splits a set of planes only if every part covers the same places, each equally often; else the
set is left whole and its repeated places get a reason. Numbers of instances are no evidence of
time, with the exceptions of `_by_instance`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.frames import Frame
from pipeline.ingest.stacking import places_of, stack_of

__all__ = [
    "Keys",
    "Part",
    "clusters",
    "listed_values",
    "repeats",
    "separated",
    "told_apart",
    "told_values",
]

Keys = dict[str, str | float]
Part = tuple[list[Frame], Keys]

# These change what a value means, so they split a series even where no place repeats.
_LISTED_KEYS = ("presentation_intent", "intensity_relationship", "kernel", "stack_id")
_POSITION_KEY = ("temporal_position",)
# Many writers count slices by it.
_COUNTED_KEY = ("acquisition_number",)
# These split only where places repeat; tried in this order, those in one row together.
_VALUE_KEYS = (
    ("echo_time", "echo_number"),
    ("inversion_time",),
    ("flip_angle",),
    ("b_value", "gradient"),
    _POSITION_KEY,
    _COUNTED_KEY,
)
_TIME_KEYS = ("trigger_time", "acquisition_time")
_DIMENSION_KEY = ("dimension_index",)
_NUMBER_TOLERANCE = 1e-3


def clusters(values: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """A number for each row of `values` (rows, columns): equal where they chain within `tolerance`.

    Doesn't depend on the order of the rows, and no value sits on an edge as it would with rounding.
    """
    labels = np.zeros(len(values), dtype=np.int64)
    while True:
        finer = labels
        for column in values.T:
            finer = _cut(finer, column, tolerance)
        if (finer == labels).all():
            return labels
        labels = finer


def _cut(labels: NDArray[np.int64], column: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """The labels with each set cut where its sorted values leave a gap."""
    order = np.lexsort((column, labels))
    cuts = (np.diff(labels[order]) != 0) | (np.diff(column[order]) > tolerance)
    finer = np.empty_like(labels)
    finer[order] = np.concatenate([[0], np.cumsum(cuts)])
    return finer


def listed_values(frame: Frame) -> Keys:
    """The keys of a frame that split a series wherever they differ; absent ones are empty."""
    listed: Keys = {name: frame.keys.get(name, "") for name in _LISTED_KEYS}
    listed["image_type"] = "\\".join(frame.image_type[2:])
    return listed


def told_values(frame: Frame) -> tuple[str | float, ...]:
    """What a frame says about itself that would make it another volume than one with equal pixels."""
    return tuple(frame.keys.get(name, "") for names in (*_VALUE_KEYS, _DIMENSION_KEY) for name in names)


def repeats(frames: Sequence[Frame]) -> bool:
    """Whether two of the frames lie at the same place."""
    return max(Counter(places_of(stack_of(frames)).tolist()).values()) > 1


def separated(frames: Sequence[Frame]) -> list[Part]:
    """The frames in parts without repeated places, each with the keys that tell it apart.

    A part may still repeat places where no key separates them; the caller judges that.
    """
    if not repeats(frames) or _diffusion_untold(frames):
        return [(list(frames), {})]
    for names in _VALUE_KEYS:
        if parts := _by_value(frames, names):
            return parts
    return _by_time(frames) or _by_dimension(frames) or _by_instance(frames) or [(list(frames), {})]


def told_apart(frames: Sequence[Frame]) -> bool:
    """Whether repeated places look like further volumes rather than stray slices.

    True where every place repeats, or where some key differs between planes at one place.
    """
    by_place = list(_by_place(frames).values())
    if min(len(planes) for planes in by_place) > 1:
        return True
    names = [name for row in _VALUE_KEYS for name in row] + [*_TIME_KEYS]
    return any(len({frame.keys.get(name) for frame in planes}) > 1 for planes in by_place for name in names)


def _by_value(frames: Sequence[Frame], names: Sequence[str]) -> list[Part]:
    """A part for each value of the keys, separated further; empty if these aren't whole volumes."""
    sets = list(_of_equal_value(frames, names).values())
    if len(sets) < 2 or not _complete(frames, sets):
        return []
    grow_with_time = names == _POSITION_KEY or (names == _COUNTED_KEY and _in_turn(sets))
    parts: list[Part] = []
    for rank, part in enumerate(sets):
        told = min(part, key=lambda frame: frame.name).keys
        keys = {name: told[name] for name in names if name in told}
        if grow_with_time:
            keys["time_index"] = rank
        parts += [(inner, keys | more) for inner, more in separated(part)]
    return parts


def _in_turn(volumes: Sequence[Sequence[Frame]]) -> bool:
    """Whether no acquisition time contradicts that one volume comes after the other; equal ones don't."""
    told = [[float(frame.keys.get("acquisition_time", 0)) for frame in volume] for volume in volumes]
    return all(max(first) <= min(second) for first, second in pairwise(told))


def _of_equal_value(frames: Sequence[Frame], names: Sequence[str]) -> dict[int, list[Frame]]:
    """The frames by a label of what they have in these keys, in the order of the labels."""
    labels = np.zeros(len(frames), dtype=np.int64)
    for name in names:
        labels = labels * (len(frames) + 1) + _value_labels([frame.keys.get(name) for frame in frames])
    sets: dict[int, list[Frame]] = defaultdict(list)
    for label, frame in sorted(zip(labels.tolist(), frames, strict=True), key=lambda pair: pair[0]):
        sets[label].append(frame)
    return sets


def _value_labels(values: Sequence[str | float | None]) -> NDArray[np.int64]:
    """Labels growing with the value: absent ones first, numbers within a tolerance, texts."""
    numbers = [value for value in values if isinstance(value, int | float)]
    chained = clusters(np.array(numbers, dtype=np.float64).reshape(-1, 1), _NUMBER_TOLERANCE)
    labels: dict[str | float | None, int] = {None: 0}
    labels.update(zip(numbers, (chained + 1).tolist(), strict=True))
    texts = sorted({value for value in values if isinstance(value, str)})
    labels.update((text, len(numbers) + 1 + i) for i, text in enumerate(texts))
    return np.array([labels[value] for value in values], dtype=np.int64)


def _complete(frames: Sequence[Frame], parts: Sequence[Sequence[Frame]]) -> bool:
    """Whether every part covers all places, each place of a part equally often."""
    place_of = {frame.name: place for place, planes in _by_place(frames).items() for frame in planes}
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
            return [(volume, {"time_index": rank}) for rank, volume in enumerate(volumes)]
    return []


def _by_dimension(frames: Sequence[Frame]) -> list[Part]:
    """Volumes by the dimensions of an enhanced object, whatever they are, as by label and control in ASL.

    Of one object only: an index means the same in two of them only by chance.
    """
    return _by_value(frames, _DIMENSION_KEY) if len({frame.source for frame in frames}) == 1 else []


def _by_instance(frames: Sequence[Frame]) -> list[Part]:
    """Volumes by instance number, where repeats differ in no key and can be nothing but time.

    The numbers have to run through the repeats in equal steps at every place. Either every plane states its
    diffusion weighting, so that repeats can't be diffusion, or the series announces that many temporal
    positions (an interrupted scan has fewer) and the numbers of each come before those of the next: else
    they may count something else first, as real and imaginary parts.
    """
    volumes = _ranked(frames, "instance_number")
    if not volumes or _differ(frames):
        return []
    numbers = np.array([[float(frame.keys["instance_number"]) for frame in volume] for volume in volumes])
    if np.ptp(np.diff(numbers, axis=0), axis=1).any():
        return []
    announced = min(float(frame.keys.get("temporal_positions", 0)) for frame in frames)
    in_turn = bool((numbers.max(axis=1)[:-1] < numbers.min(axis=1)[1:]).all())
    weighted = all("b_value" in frame.keys for frame in frames)
    if not weighted and not (in_turn and len(volumes) <= announced):
        return []
    return [(volume, {"time_index": rank}) for rank, volume in enumerate(volumes)]


def _differ(frames: Sequence[Frame]) -> bool:
    """Whether planes at one place differ in a key, but for the number of their acquisition."""
    keys = [names for names in _VALUE_KEYS if names != _COUNTED_KEY]
    return any(len(_of_equal_value(planes, key)) > 1 for planes in _by_place(frames).values() for key in keys)


def _ranked(frames: Sequence[Frame], name: str) -> list[list[Frame]]:
    """One list of planes for each rank of a numeric key; empty if a place lacks planes or order."""
    by_place = list(_by_place(frames).values())
    numeric = all(isinstance(frame.keys.get(name), int | float) for frame in frames)
    if not numeric or len({len(planes) for planes in by_place}) != 1:
        return []
    ordered = [sorted(planes, key=lambda frame: frame.keys[name]) for planes in by_place]
    if any(first.keys[name] == second.keys[name] for planes in ordered for first, second in pairwise(planes)):
        return []
    return [list(volume) for volume in zip(*ordered, strict=True)]


def _by_place(frames: Sequence[Frame]) -> dict[int, list[Frame]]:
    stack = stack_of(frames)
    by_place: dict[int, list[Frame]] = defaultdict(list)
    for place, frame in zip(places_of(stack).tolist(), stack.frames, strict=True):
        by_place[place].append(frame)
    return by_place


def _diffusion_untold(frames: Sequence[Frame]) -> bool:
    """Diffusion images without a public b-value: what their repeats are can't be known."""
    return any("DIFFUSION" in frame.image_type and "b_value" not in frame.keys for frame in frames)
