"""Whether parallel planes are equally far from each other, as far as the decimals of their positions tell.

A position is written as text (PS3.5 6.2, DS): the last decimal bounds what can be known of a distance. Fine
decimals give a tolerance. Coarse ones, such as whole millimetres for slices 2.5 mm apart, leave two readings
open, one grid or several, which only the stated distance or thickness can decide between.
"""

from __future__ import annotations

from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.series.geometry import ORIENTATION_TOLERANCE
from pipeline.ingest.series.grid import GAP_TOLERANCE_MM, GRID_TOLERANCE, Stack, Vector

__all__ = [
    "BY_ROUNDING",
    "Evenness",
    "evenness",
    "is_even",
    "lateral_rounding_mm",
    "mean_step_mm",
    "rounding_mm",
    "step_and_error_mm",
    "tolerance_mm",
]

Evenness = Literal["even", "rounded", "assumed", "uneven"]
"""Within tolerance; by rounding, which the stated distance confirms or nothing contradicts; or not at all."""
BY_ROUNDING: tuple[Evenness, ...] = ("rounded", "assumed")

GAP_TOLERANCE = 0.01
"""The share of a gap by which it may be off: even stacks of reference scans keep within a thousandth."""
# Rounding explains no more than this share of a step by itself; beyond, it could be another step.
_ROUNDING_SHARE = 0.25
_ARITHMETIC_MM = 1e-6  # the last nanometre is the arithmetic's own
_MULTIPLE = 1e-3  # of the last decimal: far above the last nanometre, far below a decimal more
_TWICE = 2
"""Both lengths of a gap must come back: one that differs from all others is no rounding of an even grid."""


def is_even(stack: Stack) -> bool:
    """Whether the planes are equally far from each other, within the tolerance or the digits written."""
    return evenness(stack) != "uneven"


def evenness(stack: Stack) -> Evenness:
    """How far the planes are from an even grid, and what that rests on."""
    gaps = np.diff(stack.heights)
    usual = median(gaps.tolist())
    grid = np.linspace(stack.heights[0], stack.heights[-1], len(stack.heights))
    off_grid_mm = np.abs(stack.heights - grid).max()
    if off_grid_mm <= rounding_mm(stack, usual):
        return "even"
    gaps_even = (np.abs(gaps - usual) <= tolerance_mm(usual)).all()
    if gaps_even and off_grid_mm <= max(GAP_TOLERANCE_MM, GRID_TOLERANCE * usual):
        return "even"
    coarse_mm = _last_decimal_mm(stack)
    return "uneven" if coarse_mm is None else _by_stated_distance(stack, gaps, coarse_mm)


def mean_step_mm(stack: Stack) -> float:
    """The mean distance of neighbouring planes."""
    return float((stack.heights[-1] - stack.heights[0]) / (len(stack.heights) - 1))


def rounding_mm(stack: Stack, usual: float) -> float:
    """How far rounding to the decimals written can move a plane from the line between the first and the last.

    Each of them may be off by half of the last decimal, projected on the normal. Coordinates without a
    decimal point say nothing of rounding: writers drop zeros. 0 where decimals are unknown, or too few.
    """
    moved = np.abs(stack.normal) > ORIENTATION_TOLERANCE
    decimals = _decimals(stack)
    if decimals is None or not decimals[moved].all():
        return 0.0
    rounded_mm = _last_decimal_mm(stack) or 0.0
    return rounded_mm if rounded_mm <= _ROUNDING_SHARE * usual else 0.0


def lateral_rounding_mm(stack: Stack, how: Evenness) -> float:
    """How far rounding can move two planes sideways against each other; 0 where it explains nothing."""
    decimals = _decimals(stack) if how in BY_ROUNDING else None
    return 0.0 if decimals is None else float(np.linalg.norm(10.0**-decimals))


def step_and_error_mm(stack: Stack, how: Evenness) -> tuple[float, float]:
    """The distance of neighbouring planes, and how far a stated one may be from it."""
    if how in BY_ROUNDING:
        step_mm, coarse_mm = mean_step_mm(stack), _last_decimal_mm(stack) or 0.0
        return step_mm, tolerance_mm(step_mm) + coarse_mm / (len(stack.heights) - 1)
    usual = median(np.diff(stack.heights).tolist())
    return usual, tolerance_mm(usual) + rounding_mm(stack, usual)


def tolerance_mm(gap_mm: float) -> float:
    """How far a gap may be from another."""
    return max(GAP_TOLERANCE_MM, GAP_TOLERANCE * gap_mm) + _ARITHMETIC_MM


def _decimals(stack: Stack) -> NDArray[np.float64] | None:
    """The most decimals that each coordinate is written with, since zeros may be dropped; None if unknown."""
    written = [frame.position_decimals for frame in stack.frames]
    if any(len(decimals) != 3 for decimals in written):
        return None
    finest: NDArray[np.float64] = np.array(written, dtype=np.float64).max(axis=0)
    return finest


def _last_decimal_mm(stack: Stack) -> float | None:
    """What one step of the last decimal of all coordinates is along the normal; None if that is unknown."""
    decimals = _decimals(stack)
    if decimals is None:
        return None
    moved = np.abs(stack.normal) > ORIENTATION_TOLERANCE
    return float(np.abs(stack.normal[moved]) @ 10.0 ** -decimals[moved]) + _ARITHMETIC_MM


def _by_stated_distance(stack: Stack, gaps: Vector, coarse_mm: float) -> Evenness:
    """What SpacingBetweenSlices, else SliceThickness, makes of heights that rounding may have made uneven."""
    lowest_mm, highest_mm = _steps_mm(stack.heights, coarse_mm / 2)
    if lowest_mm > highest_mm:
        return "uneven"
    step_mm, shortest, longest = mean_step_mm(stack), float(gaps.min()), float(gaps.max())
    # Twice the shortest gap, or nearly so, may be a slice that is missing.
    may_lack = longest > 2 * shortest - _ARITHMETIC_MM
    stated_mm = _stated_mm(stack)
    if stated_mm is not None and abs(stated_mm / coarse_mm - round(stated_mm / coarse_mm)) < _MULTIPLE:
        # As coarse as the positions: of such a step they would be even. It may have been rounded like them.
        if abs(stated_mm - step_mm) > coarse_mm / 2:
            return "uneven"
    elif stated_mm is not None:
        slack_mm = (GAP_TOLERANCE if may_lack else GRID_TOLERANCE) * step_mm
        fits = lowest_mm - slack_mm <= stated_mm <= highest_mm + slack_mm
        # Nearer to the mean than to either gap: else the gaps are what they seem, one of them too wide.
        nearer = abs(stated_mm - step_mm) < min(abs(stated_mm - shortest), abs(stated_mm - longest))
        return "rounded" if fits and nearer else "uneven"
    middle = (shortest + longest) / 2
    rarer = min(int((gaps < middle).sum()), int((gaps > middle).sum()))
    return "assumed" if rarer >= _TWICE and not may_lack else "uneven"


def _steps_mm(heights: Vector, error_mm: float) -> tuple[float, float]:
    """The least and the largest step of even grids whose places are within `error_mm` of the heights.

    Two planes with n steps between them allow a range of steps; a grid has a step that is in the ranges of
    all pairs (elimination of the first place from the inequalities). There is none where the least is larger.
    """
    later, earlier = np.tril_indices(len(heights), -1)
    ways, steps = heights[later] - heights[earlier], later - earlier
    return float(((ways - 2 * error_mm) / steps).max()), float(((ways + 2 * error_mm) / steps).min())


def _stated_mm(stack: Stack) -> float | None:
    between = [abs(frame.spacing_between_mm) for frame in stack.frames if frame.spacing_between_mm]
    thickness = [frame.thickness_mm for frame in stack.frames if frame.thickness_mm]
    stated = between or thickness
    return median(stated) if stated else None
