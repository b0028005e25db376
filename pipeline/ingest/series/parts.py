"""Planes that belong together as far as headers tell: what dividing a series gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.traits import Trait

__all__ = ["Divide", "Keys", "Part", "Sets", "divided_further", "in_turn", "told_by", "variants"]

Keys = dict[str, str | float]
Sets = list[list[Frame]]


@dataclass(frozen=True)
class Part:
    """Planes that belong together as far as headers tell, and the keys that tell them from the others.

    `ranks` are their places in time, one for each split by time, the outer one first. `reason` and `detail`
    say why they can't be told apart; `notes` what a person should know.
    """

    frames: Sequence[Frame]
    keys: Keys = field(default_factory=dict)
    ranks: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""


Divide = Callable[[Sequence[Frame]], list[Part]]


def divided_further(parts: Sequence[Part], divide: Divide) -> list[Part]:
    """The parts of the parts, with the keys, ranks and notes of both."""
    return [
        replace(
            inner,
            keys={**part.keys, **inner.keys},
            ranks=(*part.ranks, *inner.ranks),
            notes=tuple(sorted({*part.notes, *inner.notes})),
        )
        for part in parts
        for inner in ([part] if part.reason else divide(part.frames))
    ]


def told_by(frames: Sequence[Frame], trait: Trait) -> Keys:
    """The key that tells a part from others of its series, where the trait has one."""
    first = min(frames, key=lambda frame: frame.name)
    if trait.key == "image_type":
        return {"image_type": "\\".join(first.image_type[2:])}
    return {trait.key: first.keys[trait.key]} if trait.key in first.keys else {}


def in_turn(volumes: Sequence[Sequence[Frame]]) -> bool:
    """Whether no acquisition time contradicts that one volume comes after the other; equal ones don't."""
    told = [[float(frame.keys.get("acquisition_time", 0)) for frame in volume] for volume in volumes]
    return all(max(first) <= min(second) for first, second in pairwise(told))


def variants(volumes: Sequence[Sequence[Frame]]) -> list[Part]:
    """Volumes in the order of their instance numbers, which nothing says to be times."""
    return [Part(volume, {"variant_index": n}, notes=("time_untold",)) for n, volume in enumerate(volumes)]
