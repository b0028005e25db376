"""The volume that planes make, or the reason why they make none."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, median_low

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.series.evenness import (
    BY_ROUNDING,
    Evenness,
    evenness,
    lateral_rounding_mm,
    rounding_mm,
    step_and_error_mm,
    tolerance_mm,
)
from pipeline.ingest.series.frames import Frame, Group, Refused, Rules, Volume
from pipeline.ingest.series.geometry import affine_from, geometry_of, image_geometry
from pipeline.ingest.series.grid import (
    GAP_TOLERANCE_MM,
    GRID_TOLERANCE,
    Stack,
    Vector,
    stack_of,
)

__all__ = ["image_of", "resampled_heights", "straight_shifts", "volume_of"]

TILT_TOLERANCE_DEGREES = 0.5
"""It moves the last of 100 slices of 1 mm by 0.9 mm, about a pixel; gantries are set by half degrees."""
SHIFT_TOLERANCE_PIXELS = 0.01
"""What a grid needn't grow by: positions are written with some hundredths of a pixel."""


def image_of(frame: Frame) -> Volume:
    """A single plane as a 2-D case with its place in space; the slice step is the thickness, else 1 mm."""
    stack = stack_of([frame])
    step = stack.normal * (frame.thickness_mm or 1.0)
    geometry = image_geometry(_affine(stack, step), kind=frame.spacing_kind)
    return Volume((frame,), geometry, (frame.rows, frame.columns))


def volume_of(frames: Sequence[Frame], rules: Rules) -> Group:
    """The volume that planes at different places make, or the reason why they make none.

    `missing_slices` where gaps are multiples of the usual one, `variable_spacing` where they are not
    (unless resampled), `gantry_tilt` where the stack leans (unless straightened).
    """
    stack = stack_of(frames)
    if len(frames) == 1:
        return _single(stack)
    how = evenness(stack)
    sideways_mm = lateral_rounding_mm(stack, how)
    tilt_degrees = _tilt_degrees(stack, sideways_mm)
    refusal = (
        (_gap_refusal(stack, rules) if how == "uneven" else None)
        or _line_refusal(stack, sideways_mm)
        or _tilt_refusal(stack, tilt_degrees, rules)
    )
    return refusal or _accepted(stack, how, tilt_degrees)


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
        return Refused(stack.frames, "missing_attribute", "SliceThickness of a single slice")
    geometry = geometry_of(_affine(stack, stack.normal * thickness_mm), kind="nominal")
    return Volume(stack.frames, geometry, _planes_shape(stack, 1), notes=("nominal",))


def _gap_refusal(stack: Stack, rules: Rules) -> Refused | None:
    gaps = np.diff(stack.heights)
    # The lower median is a gap that occurs; the mean of two gaps would be the distance of no slices.
    usual = median_low(gaps.tolist())
    multiples = np.maximum(1, np.rint(gaps / usual))
    rounded_mm = rounding_mm(stack, usual)
    allowed_mm = multiples * (tolerance_mm(usual) + rounded_mm) + rounded_mm
    # Errors add up over the gap: one of its own, and one for each slice that is missing in it.
    regular = (np.abs(gaps - multiples * usual) <= allowed_mm).all()
    multiples = np.where(_thick(stack, usual, gaps), 1, multiples)
    if regular and (multiples > 1).any():
        return Refused(stack.frames, "missing_slices", _missing(stack, multiples))
    if _two_grids(stack.heights):
        detail = f"{len(stack.frames)} slices on two grids that overlap, with nothing to tell them apart"
        return Refused(stack.frames, "ambiguous_series", detail)
    if rules.resample_z == "linear":
        return None
    detail = f"gaps from {_mm(gaps.min())} to {_mm(gaps.max())} mm over {len(stack.frames)} slices"
    return Refused(stack.frames, "variable_spacing", detail)


def _thick(stack: Stack, usual: float, gaps: Vector) -> NDArray[np.bool_]:
    """Which gaps are wide because a slice at their side is thick, as in a head of two thicknesses."""
    thickness = np.array([frame.thickness_mm or 0.0 for frame in stack.frames])
    at_side = np.maximum(thickness[:-1], thickness[1:])
    ordinary = at_side[gaps <= (1 + GRID_TOLERANCE) * usual]
    return np.asarray(at_side >= (1 - GRID_TOLERANCE) * gaps / usual * max(ordinary.min(), GAP_TOLERANCE_MM))


def _two_grids(heights: Vector) -> bool:
    """Whether uneven heights are two even grids of one step: two passes, never to be resampled."""
    gaps = np.diff(heights)
    alternate = abs(gaps[0] - gaps[1]) > tolerance_mm(gaps[0]) if len(gaps) > 1 else False
    # Two passes interleave, or overlap where they meet: the first gap is a part of their step, or all of it.
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
        if abs(height - chain[-1] - step) <= tolerance_mm(step):
            chain.append(float(height))
    return chain


def _line_refusal(stack: Stack, sideways_mm: float) -> Refused | None:
    """Planes that don't lie on one straight line make no grid, whatever their heights."""
    extent = stack.heights[-1] - stack.heights[0]
    direction = (stack.positions[-1] - stack.positions[0]) / extent
    on_line = stack.positions[0] + np.outer(stack.heights - stack.heights[0], direction)
    beside_mm = float(np.linalg.norm(stack.positions - on_line, axis=1).max())
    usual = median(np.diff(stack.heights).tolist())
    allowed_mm = max(GAP_TOLERANCE_MM, GRID_TOLERANCE * usual)
    allowed_mm += rounding_mm(stack, usual) + sideways_mm
    if beside_mm <= allowed_mm:
        return None
    detail = f"a slice lies {_mm(beside_mm)} mm beside the line of the stack"
    return Refused(stack.frames, "variable_spacing", detail)


def _tilt_refusal(stack: Stack, tilt_degrees: float, rules: Rules) -> Refused | None:
    if tilt_degrees <= TILT_TOLERANCE_DEGREES or rules.untilt == "linear":
        return None
    return Refused(stack.frames, "gantry_tilt", f"tilt of {tilt_degrees:.2f} degrees")


def _accepted(stack: Stack, how: Evenness, tilt_degrees: float) -> Volume:
    evened, straightened = how == "uneven", tilt_degrees > TILT_TOLERANCE_DEGREES
    heights = resampled_heights(stack) if evened else stack.heights
    step = (stack.positions[-1] - stack.positions[0]) / (len(heights) - 1)
    # Between two rounded positions, the way leans by chance.
    if straightened or how in BY_ROUNDING:
        step = stack.normal * (heights[-1] - heights[0]) / (len(heights) - 1)
    origin = stack.positions[0]
    shape: tuple[int, ...] = _planes_shape(stack, len(heights))
    if straightened:
        origin, shape = _straight_grid(stack, len(heights))
    # Sorted, since notes are a set to whoever reads them.
    notes = {
        "positions_rounded": how in BY_ROUNDING,
        "spacing_tag_disagrees": _tags_disagree(stack, how),
        "untilted": straightened,
        "z_resampled": evened,
    }
    return Volume(
        frames=stack.frames,
        geometry=geometry_of(_affine(stack, step, origin), kind=stack.frames[0].spacing_kind),
        shape=shape,
        straightened=straightened,
        evened=evened,
        notes=tuple(sorted(note for note, holds in notes.items() if holds)),
        measures={
            **(_resampled_measures(stack, heights) if evened else {}),
            **({"tilt_degrees": tilt_degrees} if straightened else {}),
        },
    )


def _resampled_measures(stack: Stack, heights: Vector) -> dict[str, float]:
    gaps = np.diff(stack.heights)
    return {
        "gap_min_mm": float(gaps.min()),
        "gap_max_mm": float(gaps.max()),
        "resampled_mm": float(heights[1] - heights[0]),
    }


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


def _tilt_degrees(stack: Stack, sideways_mm: float) -> float:
    """How far the stack leans; 0 where rounding explains it, which moves a plane by so much."""
    way = stack.positions[-1] - stack.positions[0]
    along = float(way @ stack.normal)
    aside = float(np.linalg.norm(way - along * stack.normal))
    return 0.0 if aside <= sideways_mm else float(np.degrees(np.arctan2(aside, along)))


def _tags_disagree(stack: Stack, how: Evenness) -> bool:
    step_mm, error_mm = step_and_error_mm(stack, how)
    stated = {abs(frame.spacing_between_mm) for frame in stack.frames if frame.spacing_between_mm is not None}
    return any(abs(spacing - step_mm) > error_mm for spacing in stated)


def _missing(stack: Stack, multiples: Vector) -> str:
    """The holes, by the coordinate of ImagePositionPatient that changes most, so that a person finds them."""
    coordinates = stack.positions[:, np.abs(stack.normal).argmax()]
    holes = [
        f"{int(multiples[i]) - 1} missing between {_mm(coordinates[i])} and {_mm(coordinates[i + 1])}"
        for i in np.flatnonzero(multiples > 1)
    ]
    more = f" and {len(holes) - 3} more holes" if len(holes) > 3 else ""
    return "; ".join(holes[:3]) + more


def _planes_shape(stack: Stack, slices: int) -> tuple[int, int, int]:
    return slices, stack.frames[0].rows, stack.frames[0].columns


def _affine(stack: Stack, step_mm: Vector, origin: Vector | None = None) -> Vector:
    directions = (*stack.columns, *stack.rows)
    position = stack.positions[0] if origin is None else origin
    return affine_from(position, directions, spacing_mm=stack.spacing_mm, step_mm=step_mm)


def _mm(length: float) -> str:
    return f"{length:.2f}".rstrip("0").rstrip(".")
