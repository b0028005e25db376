"""Planes that belong together as far as headers tell: what dividing a series gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.ingest.series.frames import Frame

__all__ = ["Divide", "Part", "Sets", "divided_further", "in_turn", "variants"]

Sets = list[list[Frame]]


@dataclass(frozen=True)
class Part:
    """Planes that belong together as far as headers tell.

    `ranks` are their places in time, one for each split by time, the outer one first; `variant_index` is
    their number among parts that nothing says to be times. `reason` and `detail` say why they can't be told
    apart; `notes` what a person should know.
    """

    frames: Sequence[Frame]
    ranks: tuple[int, ...] = ()
    variant_index: int | None = None
    notes: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""


Divide = Callable[[Sequence[Frame]], list[Part]]


def divided_further(parts: Sequence[Part], divide: Divide) -> list[Part]:
    """The parts of the parts, with the ranks and notes of both."""
    return [
        replace(
            inner,
            ranks=(*part.ranks, *inner.ranks),
            variant_index=part.variant_index if inner.variant_index is None else inner.variant_index,
            notes=tuple(sorted({*part.notes, *inner.notes})),
        )
        for part in parts
        for inner in ([part] if part.reason else divide(part.frames))
    ]


def in_turn(volumes: Sequence[Sequence[Frame]]) -> bool:
    """Whether no acquisition time contradicts that one volume comes after the other; equal ones don't."""
    seconds = [[frame.acquisition_time or 0.0 for frame in volume] for volume in volumes]
    return all(max(first) <= min(second) for first, second in pairwise(seconds))


def variants(volumes: Sequence[Sequence[Frame]]) -> list[Part]:
    """Volumes in the order of their instance numbers, which nothing says to be times."""
    return [Part(volume, variant_index=n, notes=("time_untold",)) for n, volume in enumerate(volumes)]
