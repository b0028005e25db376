"""Planes in the order of space, the grid they make, or the reason why they make none.

Order and distances come from positions projected on the normal, never from instance numbers or
spacing tags (PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, median_low

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.frames import Frame, Group, Rules
from pipeline.ingest.geometry import (
    ORIENTATION_TOLERANCE,
    affine_from,
    geometry_of,
    image_geometry,
    normal_of,
)

__all__ = [
    "Stack",
    "heights_of",
    "image_of",
    "is_even",
    "places_of",
    "resampled_heights",
    "stack_of",
    "straight_shifts",
    "volume_of",
]

# Positions are written with about 1e-3 mm; slices this near to each other lie at the same place.
GAP_TOLERANCE_MM = 0.01
GAP_TOLERANCE = 0.01
GRID_TOLERANCE = 0.10
# Rounding explains no more than this share of a step; beyond, nobody can tell what the steps were.
ROUNDING_SHARE = 0.25
TILT_TOLERANCE_DEGREES = 0.5
SHIFT_TOLERANCE_PIXELS = 0.01

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Stack:
    """Parallel planes sorted along their normal.

    `positions` (planes, 3) are LPS mm; `heights` (planes,) the positions along `normal`; `rows` and
    `columns` are the directions of growing row and column index; `spacing_mm` between rows, columns.
    """

    frames: tuple[Frame, ...]
    positions: Vector
    heights: Vector
    normal: Vector
    rows: Vector
    columns: Vector
    spacing_mm: tuple[float, float]


def stack_of(frames: Sequence[Frame]) -> Stack:
    """The frames sorted along the normal of the first by name.

    Raises ValueError where orientation or spacing is missing; all must have positions.
    """
    named = sorted(frames, key=lambda frame: frame.name)
    orientation, spacing_mm = named[0].orientation, _usual_spacing(named)
    if orientation is None or spacing_mm is None:
        raise ValueError("a plane without orientation or spacing has no place in a stack")
    directions = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
    normal = normal_of(orientation)
    normal /= np.linalg.norm(normal)
    positions = np.array([frame.position_mm for frame in named], dtype=np.float64).reshape(-1, 3)
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    return Stack(
        frames=tuple(named[i] for i in order),
        positions=positions[order],
        heights=heights[order],
        normal=normal,
        rows=directions[1],
        columns=directions[0],
        spacing_mm=spacing_mm,
    )


def _usual_spacing(frames: Sequence[Frame]) -> tuple[float, float] | None:
    """The spacing most planes have, where some are written with other digits."""
    counts = Counter(frame.spacing_mm for frame in frames)
    return max(counts, key=lambda spacing: (counts[spacing], spacing or ()))


def places_of(stack: Stack) -> NDArray[np.int64]:
    """A number for each plane, the same for planes at the same place, growing along the normal."""
    return np.concatenate([[0], np.cumsum(np.diff(stack.heights) > GAP_TOLERANCE_MM)])


def heights_of(parts: Sequence[Sequence[Frame]]) -> list[Vector]:
    """The heights of each part's planes along the normal of the first of all by name."""
    named = min((frame for part in parts for frame in part), key=lambda frame: frame.name)
    normal = normal_of(named.orientation or ())
    normal /= np.linalg.norm(normal)
    return [np.array([frame.position_mm for frame in part], dtype=np.float64) @ normal for part in parts]


def is_even(stack: Stack) -> bool:
    """Whether the planes are equally far from each other, within the tolerance or the digits written."""
    gaps = np.diff(stack.heights)
    usual = median(gaps.tolist())
    grid = np.linspace(stack.heights[0], stack.heights[-1], len(stack.heights))
    off_grid_mm = np.abs(stack.heights - grid).max()
    if off_grid_mm <= _rounding_mm(stack, usual):
        return True
    gaps_even = (np.abs(gaps - usual) <= _tolerance_mm(usual)).all()
    return bool(gaps_even and off_grid_mm <= max(GAP_TOLERANCE_MM, GRID_TOLERANCE * usual))


def image_of(frame: Frame) -> Group:
    """A single plane as a 2-D case with its place in space; the slice step is the thickness, else 1 mm."""
    stack = stack_of([frame])
    step = stack.normal * (frame.thickness_mm or 1.0)
    geometry = image_geometry(_affine(stack, step), kind=frame.spacing_kind)
    return Group((frame,), geometry, (frame.rows, frame.columns))


def volume_of(frames: Sequence[Frame], rules: Rules) -> Group:
    """The volume that planes at different places make, or the reason why they make none.

    `missing_slices` where gaps are multiples of the usual one, `variable_spacing` where they are not
    (unless resampled), `gantry_tilt` where the stack leans (unless straightened).
    """
    stack = stack_of(frames)
    if len(frames) == 1:
        return _single(stack)
    refusal = _gap_refusal(stack, rules) or _line_refusal(stack) or _tilt_refusal(stack, rules)
    return refusal or _accepted(stack)


def straight_shifts(stack: Stack) -> tuple[Vector, Vector]:
    """How far each plane lies from the first one's place, in rows and columns, seen along the normal."""
    lateral = stack.positions - stack.positions[0]
    return lateral @ stack.rows / stack.spacing_mm[0], lateral @ stack.columns / stack.spacing_mm[1]


def resampled_heights(stack: Stack) -> Vector:
    """Even heights from the first to the last plane, as near to the median distance as they divide."""
    extent = stack.heights[-1] - stack.heights[0]
    steps = max(1, round(float(extent / median(np.diff(stack.heights).tolist()))))
    return np.linspace(stack.heights[0], stack.heights[-1], steps + 1)


def _single(stack: Stack) -> Group:
    thickness_mm = stack.frames[0].thickness_mm
    if not thickness_mm:
        return Group(stack.frames, reason="missing_attribute", detail="SliceThickness of a single slice")
    geometry = geometry_of(_affine(stack, stack.normal * thickness_mm), kind="nominal")
    return Group(stack.frames, geometry, _planes_shape(stack, 1), notes=("nominal",))


def _gap_refusal(stack: Stack, rules: Rules) -> Group | None:
    if is_even(stack):
        return None
    gaps = np.diff(stack.heights)
    usual = median_low(gaps.tolist())
    multiples = np.maximum(1, np.rint(gaps / usual))
    regular = (np.abs(gaps - multiples * usual) <= multiples * _tolerance_mm(usual)).all()
    multiples = np.where(_thick(stack, usual, gaps), 1, multiples)
    if regular and (multiples > 1).any():
        return Group(stack.frames, reason="missing_slices", detail=_missing(stack, multiples))
    if _two_grids(stack.heights):
        detail = f"{len(stack.frames)} slices on two grids that overlap, with nothing to tell them apart"
        return Group(stack.frames, reason="ambiguous_series", detail=detail)
    if rules.resample_z == "linear":
        return None
    detail = f"gaps from {_mm(gaps.min())} to {_mm(gaps.max())} mm over {len(stack.frames)} slices"
    return Group(stack.frames, reason="variable_spacing", detail=detail)


def _thick(stack: Stack, usual: float, gaps: Vector) -> NDArray[np.bool_]:
    """Which gaps are wide because a slice at their side is thick, as in a head of two thicknesses."""
    thickness = np.array([frame.thickness_mm or 0.0 for frame in stack.frames])
    at_side = np.maximum(thickness[:-1], thickness[1:])
    ordinary = at_side[gaps <= (1 + GRID_TOLERANCE) * usual]
    return np.asarray(at_side >= (1 - GRID_TOLERANCE) * gaps / usual * max(ordinary.min(), GAP_TOLERANCE_MM))


def _two_grids(heights: Vector) -> bool:
    """Whether uneven heights are two even grids of one step: two passes, never to be resampled."""
    gaps = np.diff(heights)
    alternate = abs(gaps[0] - gaps[1]) > _tolerance_mm(gaps[0]) if len(gaps) > 1 else False
    for step in (gaps[0], gaps[:2].sum()) if alternate else (gaps[0],):
        first = _chain(heights, step)
        second = [height for height in heights if height not in first]
        if len(second) > 2 < len(first) and second[0] < first[-1] and _chain(second, step) == second:
            return True
    return False


def _chain(heights: Sequence[float] | Vector, step: float) -> list[float]:
    """The heights that follow the first one at even steps."""
    chain = [float(heights[0])]
    for height in heights[1:]:
        if abs(height - chain[-1] - step) <= _tolerance_mm(step):
            chain.append(float(height))
    return chain


def _line_refusal(stack: Stack) -> Group | None:
    """Planes that don't lie on one straight line make no grid, whatever their heights."""
    extent = stack.heights[-1] - stack.heights[0]
    direction = (stack.positions[-1] - stack.positions[0]) / extent
    on_line = stack.positions[0] + np.outer(stack.heights - stack.heights[0], direction)
    beside_mm = float(np.linalg.norm(stack.positions - on_line, axis=1).max())
    usual = median(np.diff(stack.heights).tolist())
    allowed_mm = max(GAP_TOLERANCE_MM, GRID_TOLERANCE * usual) + _rounding_mm(stack, usual)
    if beside_mm <= allowed_mm:
        return None
    detail = f"a slice lies {_mm(beside_mm)} mm beside the line of the stack"
    return Group(stack.frames, reason="variable_spacing", detail=detail)


def _tilt_refusal(stack: Stack, rules: Rules) -> Group | None:
    tilt_degrees = _tilt_degrees(stack)
    if tilt_degrees <= TILT_TOLERANCE_DEGREES or rules.untilt == "linear":
        return None
    return Group(stack.frames, reason="gantry_tilt", detail=f"tilt of {tilt_degrees:.2f} degrees")


def _accepted(stack: Stack) -> Group:
    notes: list[str] = []
    measures: dict[str, float] = {}
    heights = stack.heights
    if not is_even(stack):
        heights = resampled_heights(stack)
        gaps = np.diff(stack.heights)
        notes.append("z_resampled")
        measures |= {"gap_min_mm": float(gaps.min()), "gap_max_mm": float(gaps.max())}
        measures["resampled_mm"] = float(heights[1] - heights[0])
    step = (stack.positions[-1] - stack.positions[0]) / (len(heights) - 1)
    origin = stack.positions[0]
    shape: tuple[int, ...] = _planes_shape(stack, len(heights))
    tilt_degrees = _tilt_degrees(stack)
    if tilt_degrees > TILT_TOLERANCE_DEGREES:
        notes.append("untilted")
        measures["tilt_degrees"] = tilt_degrees
        step = stack.normal * (heights[-1] - heights[0]) / (len(heights) - 1)
        origin, shape = _straight_grid(stack, len(heights))
    if _tags_disagree(stack):
        notes.append("spacing_tag_disagrees")
    geometry = geometry_of(_affine(stack, step, origin), kind=stack.frames[0].spacing_kind)
    return Group(stack.frames, geometry, shape, notes=tuple(sorted(notes)), measures=measures)


def _straight_grid(stack: Stack, slices: int) -> tuple[Vector, tuple[int, ...]]:
    """Origin and shape of the upright grid that holds every plane of a leaning stack."""
    origin, shape = stack.positions[0].copy(), [slices]
    sides = (stack.rows, stack.columns)
    sizes = (stack.frames[0].rows, stack.frames[0].columns)
    for direction, spacing, size, shifts in zip(
        sides, stack.spacing_mm, sizes, straight_shifts(stack), strict=True
    ):
        origin += direction * spacing * shifts.min()
        shape.append(size + int(np.ceil(np.ptp(shifts) - SHIFT_TOLERANCE_PIXELS)))
    return origin, tuple(shape)


def _rounding_mm(stack: Stack, usual: float) -> float:
    """How far rounding to the decimals written can move a plane from the line between the first and the last.

    Each of them may be off by half of the last decimal, projected on the normal. Coordinates without a
    decimal point say nothing of rounding: writers drop zeros. 0 where decimals are unknown, or too few.
    """
    written = [frame.position_decimals for frame in stack.frames]
    if any(len(decimals) != 3 for decimals in written):
        return 0.0
    finest = np.array(written).max(axis=0)
    moved = np.abs(stack.normal) > ORIENTATION_TOLERANCE
    if not finest[moved].all():
        return 0.0
    rounding_mm = float(np.abs(stack.normal[moved]) @ 10.0 ** -finest[moved])
    return rounding_mm if rounding_mm <= ROUNDING_SHARE * usual else 0.0


def _tilt_degrees(stack: Stack) -> float:
    way = stack.positions[-1] - stack.positions[0]
    along = float(way @ stack.normal)
    return float(np.degrees(np.arctan2(np.linalg.norm(way - along * stack.normal), along)))


def _tags_disagree(stack: Stack) -> bool:
    usual = median(np.diff(stack.heights).tolist())
    told = {abs(frame.spacing_between_mm) for frame in stack.frames if frame.spacing_between_mm is not None}
    allowed_mm = _tolerance_mm(usual) + _rounding_mm(stack, usual)
    return any(abs(spacing - usual) > allowed_mm for spacing in told)


def _missing(stack: Stack, multiples: Vector) -> str:
    """The holes, by the coordinate of ImagePositionPatient that changes most, so that a person finds them."""
    told = stack.positions[:, np.abs(stack.normal).argmax()]
    holes = [
        f"{int(multiples[i]) - 1} missing between {_mm(told[i])} and {_mm(told[i + 1])}"
        for i in np.flatnonzero(multiples > 1)
    ]
    more = f" and {len(holes) - 3} more holes" if len(holes) > 3 else ""
    return "; ".join(holes[:3]) + more


def _tolerance_mm(gap_mm: float) -> float:
    # The last nanometre is the arithmetic's own.
    return max(GAP_TOLERANCE_MM, GAP_TOLERANCE * gap_mm) + 1e-6


def _planes_shape(stack: Stack, slices: int) -> tuple[int, int, int]:
    return slices, stack.frames[0].rows, stack.frames[0].columns


def _affine(stack: Stack, step_mm: Vector, origin: Vector | None = None) -> Vector:
    directions = (*stack.columns, *stack.rows)
    position = stack.positions[0] if origin is None else origin
    return affine_from(position, directions, spacing_mm=stack.spacing_mm, step_mm=step_mm)


def _mm(length: float) -> str:
    return f"{length:.2f}".rstrip("0").rstrip(".")
