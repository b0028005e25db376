"""Whether planes that differ in a detail are one stack or two: judged by where they lie.

Where the parts interleave, their distances and SliceThickness (or SpacingBetweenSlices) tell: slices that
touch on their own are whole, slices with holes between them belong with those that fill the holes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Literal

from pipeline.ingest.series.evenness import is_even, mean_step_mm
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.grid import GRID_TOLERANCE, heights_of, places_of, stack_of

__all__ = ["Verdict", "by_place", "is_whole", "overlap", "repeats", "verdict"]

Verdict = Literal["on", "one", "apart", "unclear"]
WHOLE_SLICES = 3  # two slices are even whatever their distance

Parts = Sequence[Sequence[Frame]]


def repeats(frames: Sequence[Frame]) -> bool:
    """Whether two of the frames lie at the same place."""
    places = places_of(stack_of(frames))
    return int(places[-1]) + 1 < len(frames)


def by_place(frames: Sequence[Frame]) -> dict[int, list[Frame]]:
    """The frames at each place, the places numbered along the normal."""
    stack = stack_of(frames)
    planes_at: dict[int, list[Frame]] = defaultdict(list)
    for place, frame in zip(places_of(stack).tolist(), stack.frames, strict=True):
        planes_at[place].append(frame)
    return planes_at


def is_whole(frames: Sequence[Frame]) -> bool:
    """Whether the frames make an even grid of their own, one at each place."""
    return len(frames) >= WHOLE_SLICES and not repeats(frames) and is_even(stack_of(frames))


def overlap(parts: Parts) -> bool:
    """Whether two of the parts share a stretch of the way along the normal, not lying end to end."""
    ends = [(heights.min(), heights.max()) for heights in heights_of(parts)]
    return any(low < upper and lower < high for (low, high), (lower, upper) in combinations(sorted(ends), 2))


def verdict(parts: Parts) -> Verdict:
    """What planes that make one even grid together are, cut into parts by something that may be a detail.

    "on": one part goes on where the other ends. Interleaved ones are "one" stack where a part is no even grid
    of its own, or has holes that the others fill; they are "apart" where each part is gapless by itself.
    """
    if not overlap(parts):
        return "on"
    # A part with holes is no scan by itself: nobody plans every third slice.
    if not all(is_whole(part) for part in parts):
        return "one"
    frames = [frame for part in parts for frame in part]
    together, *alone = (mean_step_mm(stack_of(some)) for some in (frames, *parts))
    stated = {abs(frame.spacing_between_mm) for frame in frames if frame.spacing_between_mm}
    if len(stated) == 1 and (by_tag := _by_tag(stated.pop(), together, alone)):
        return by_tag
    # Without a stated distance, slices that would overlap by half when taken together are of two scans.
    thicknesses = [frame.thickness_mm for frame in frames if frame.thickness_mm]
    if not thicknesses:
        return "unclear"
    thickness = median(thicknesses)
    if max(alone) <= (1 + GRID_TOLERANCE) * thickness:
        return "apart"
    return "one" if together >= (1 - GRID_TOLERANCE) * thickness else "unclear"


def _by_tag(told_mm: float, together: float, alone: Sequence[float]) -> Verdict | None:
    """The verdict of SpacingBetweenSlices, where it is the distance of either."""
    if abs(told_mm - together) <= GRID_TOLERANCE * together:
        return "one"
    return "apart" if all(abs(told_mm - step) <= GRID_TOLERANCE * step for step in alone) else None
