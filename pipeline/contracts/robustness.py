"""What an evaluation found when it made the scans worse, step by step: `robustness.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema


@dataclass(frozen=True)
class Point:
    """What one strength of a change does: the metric with its interval, and the share of decisions that flip.

    `flipped` is None where nothing is decided of a scan; `reason` says why the metric has no value, or no
    interval; `flag` is a remark that doesn't withhold it.
    """

    level: float
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    flipped: float | None = None
    flipped_low: float | None = None
    flipped_high: float | None = None
    flag: str = ""


@dataclass(frozen=True)
class Curve:
    """One kind of change from mild to strong; `unit` is that of its levels.

    `leaves` is the first level at which the metric's interval no longer lies wholly beyond the goal, `misses`
    the first at which it lies wholly short of it; None: at none that was tried. `reason` says why the change
    was left out.
    """

    key: str
    unit: str
    points: tuple[Point, ...] = ()
    leaves: float | None = None
    misses: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Robustness:
    """All curves, on one scan of each of `patients`, drawn with `seed` from `part_patients` of the test part.

    `unchanged` is the same scans as they are, `goal` the bound that was fixed beforehand for `metric`, None
    where there is none of it. `mm_per_pixel` is the distance of pixels within a slice, None where it isn't
    known or differs by axis; `window` holds nearly all values of these scans. `reason` says why nothing was
    tried.
    """

    patients: int
    part_patients: int
    metric: str = ""
    unchanged: Point | None = None
    curves: tuple[Curve, ...] = ()
    level: float | None = None
    goal: float | None = None
    mm_per_pixel: float | None = None
    window: tuple[float, float] | None = None
    seed: int = 0
    reason: str = ""


FILE: Final = ObjectFile("robustness.json", Robustness, Schema("robustness", 1), rewritten_by("evaluate"))
