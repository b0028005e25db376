from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import cos, radians, sin

import pytest
from planes import reason_of, saying

from pipeline.ingest.series.evenness import evenness, is_even, mean_step_mm
from pipeline.ingest.series.frames import Frame, Refused, Rules, Volume
from pipeline.ingest.series.grid import stack_of
from pipeline.ingest.series.grouping import grouped

WHOLE = (0, 0, 0)


def at(
    plane: Frame, heights: Sequence[float], decimals: tuple[int, ...] = (), **values: object
) -> list[Frame]:
    return [
        saying(
            plane,
            source=f"s{n:02}",
            position_mm=(0.0, 0.0, height),
            position_decimals=decimals,
            **values,
        )
        for n, height in enumerate(heights)
    ]


def stated(plane: Frame, heights: Sequence[float], **stated: float | None) -> str:
    frames = at(plane, heights, WHOLE, **{"thickness_mm": None, **stated})
    return evenness(stack_of(frames))


def only(frames: Sequence[Frame]) -> Volume | Refused:
    (group,) = grouped(frames, Rules(unit="series"), pixel_digest=lambda frame: frame.source)
    return group


@pytest.mark.parametrize(
    ("heights", "decimals", "even"),
    [
        ([0, 6.9, 14.0, 21.1, 28.0], (0, 0, 1), True),  # 7.02 mm to one decimal
        ([0, 6.9, 14.0, 21.1, 28.0], (0, 0, 4), False),
        ([0, 6.9, 14.0, 21.1, 28.0], (), False),
        ([0, 7.0, 14.2, 21.0, 28.0], (0, 0, 1), False),  # 0.2 mm is no rounding
        ([0, 7, 14, 22, 29], (0, 0, 0), False),  # whole millimetres may be exact
        ([0, 0.6, 1.2, 1.9, 2.5], (0, 0, 1), True),  # 0.625 mm
        ([0, 0.3, 0.5, 0.8, 1.0], (0, 0, 1), False),  # of 0.26 mm, one decimal tells too little
        ([0, 3.001, 6.0, 9.0], (0, 0, 3), True),
    ],
)
def test_positions_are_even_within_the_decimals_they_are_written_with(
    plane: Frame, heights: list[float], decimals: tuple[int, ...], even: bool
) -> None:
    assert is_even(stack_of(at(plane, heights, decimals))) is even


def test_decimals_count_along_the_way_of_the_stack_alone(plane: Frame) -> None:
    turn = radians(12.5)
    leaning = replace(plane, orientation=(1.0, 0.0, 0.0, 0.0, cos(turn), sin(turn)))
    places = [(0.0, round(-7 * k * sin(turn), 1), round(7 * k * cos(turn), 1)) for k in range(20)]
    frames = [replace(leaning, source=f"s{k:02}", position_mm=place) for k, place in enumerate(places)]
    assert not is_even(stack_of(frames))
    assert is_even(stack_of([replace(frame, position_decimals=(0, 1, 1)) for frame in frames]))
    assert not is_even(stack_of([replace(frame, position_decimals=(0, 0, 1)) for frame in frames]))


TWO_AND_A_HALF = [0, 3, 5, 8, 10, 13, 15]
ONE_AND_A_QUARTER = [0, 1, 3, 4, 5, 6, 8, 9, 10]


def test_slices_two_and_a_half_millimetres_apart_in_whole_millimetres_are_one_even_volume(
    plane: Frame,
) -> None:
    for heights in (TWO_AND_A_HALF, TWO_AND_A_HALF[::-1], [-height for height in TWO_AND_A_HALF]):
        volume = only(at(plane, heights, WHOLE, thickness_mm=2.5))
        assert isinstance(volume, Volume)
        assert volume.geometry.spacing == pytest.approx((2.5, 0.5, 0.8))
        assert volume.notes == ("positions_rounded",)
        assert not (volume.evened or volume.straightened)


@pytest.mark.parametrize("decimals", [(), (0, 0, 1), (0, 0, 2)])
def test_what_is_written_with_decimals_was_not_rounded_to_whole_millimetres(
    plane: Frame, decimals: tuple[int, ...]
) -> None:
    assert not is_even(stack_of(at(plane, TWO_AND_A_HALF, decimals, thickness_mm=2.5)))


@pytest.mark.parametrize(
    ("stated_mm", "found"),
    [
        ({}, "assumed"),
        ({"thickness_mm": 2.5}, "rounded"),
        ({"thickness_mm": 2.6}, "rounded"),
        ({"thickness_mm": 3.0}, "assumed"),  # as whole as the positions
        ({"thickness_mm": 2.0}, "assumed"),
        ({"spacing_between_mm": 2.5}, "rounded"),
        ({"spacing_between_mm": -2.5}, "rounded"),
        ({"spacing_between_mm": 2.5, "thickness_mm": 5.0}, "rounded"),  # slices that overlap
        ({"thickness_mm": 5.0}, "uneven"),  # two passes of 5 mm, 3 mm from each other
        ({"thickness_mm": 1.25}, "uneven"),
        ({"spacing_between_mm": 5.0}, "uneven"),
        ({"spacing_between_mm": 5.0, "thickness_mm": 2.5}, "uneven"),
    ],
)
def test_whole_millimetres_are_a_rounded_grid_unless_the_stated_distance_contradicts(
    plane: Frame, stated_mm: dict[str, float], found: str
) -> None:
    assert stated(plane, TWO_AND_A_HALF, **stated_mm) == found


@pytest.mark.parametrize(
    ("heights", "thickness_mm", "found"),
    [
        (ONE_AND_A_QUARTER, 1.25, "rounded"),
        (ONE_AND_A_QUARTER, 1.0, "uneven"),  # every fourth slice may be missing
        (ONE_AND_A_QUARTER, 1.4, "uneven"),  # no grid of such a step has these places
        (ONE_AND_A_QUARTER, None, "uneven"),
        ([0, 1, 2, 4], 1.0, "uneven"),
        ([0, 3, 5, 10, 13, 15], 2.5, "uneven"),  # 7.5 is missing
        ([0, 3, 6, 9, 13], 3.0, "uneven"),  # one jump
        ([0, 3, 6, 9, 13], 3.1, "uneven"),
        ([0, 5, 10, 15, 20], 5.0, "even"),
        ([0, 2, 4, 7, 9, 11, 14, 16, 18], 2.25, "rounded"),
        ([0, 2, 4, 7, 9, 11, 14, 16, 18], None, "assumed"),
        ([0, 2, 4, 6, 9, 12, 15, 18], None, "uneven"),  # two steps, one after the other
    ],
)
def test_a_missing_slice_is_not_taken_for_rounding(
    plane: Frame, heights: list[float], thickness_mm: float | None, found: str
) -> None:
    assert stated(plane, heights, thickness_mm=thickness_mm) == found


def test_one_decimal_may_be_as_coarse_as_whole_millimetres_for_thin_slices(plane: Frame) -> None:
    # Steps of 0.3125 mm in tenths: 0.3125, 0.625, 0.9375, 1.25, 1.5625, 1.875.
    tenths = [0.0, 0.3, 0.6, 0.9, 1.3, 1.6, 1.9]
    thin = at(plane, tenths, (0, 0, 1), thickness_mm=0.3125)
    assert evenness(stack_of(thin)) == "rounded"
    assert evenness(stack_of(at(plane, tenths, (0, 0, 1), thickness_mm=0.6))) == "uneven"


def oblique(plane: Frame, count: int, step_mm: float, **values: object) -> list[Frame]:
    """Slices along a normal 30 degrees from the axis, each coordinate rounded to a whole number."""
    turn = radians(30)
    leaning = saying(plane, orientation=(1.0, 0.0, 0.0, 0.0, cos(turn), sin(turn)), **values)
    normal = (0.0, -sin(turn), cos(turn))
    return [
        replace(
            leaning,
            source=f"s{k:02}",
            position_mm=tuple(float(round(100.6 + step_mm * k * part)) for part in normal),
            position_decimals=WHOLE,
        )
        for k in range(count)
    ]


# Of the second, rounding makes the way from the first to the last slice lean by 2.7 degrees, and moves a
# slice 0.9 mm aside of it, a fifth of the step.
@pytest.mark.parametrize(("count", "step_mm"), [(9, 4.0), (5, 4.3)])
def test_an_oblique_stack_in_whole_millimetres_leans_by_rounding_alone(
    plane: Frame, count: int, step_mm: float
) -> None:
    frames = oblique(plane, count, step_mm, spacing_between_mm=step_mm)
    volume = only(frames)
    assert isinstance(volume, Volume)
    assert volume.notes == ("positions_rounded",)
    # The first and the last position are off by up to half a millimetre in two coordinates.
    assert volume.geometry.spacing[0] == pytest.approx(step_mm, abs=1.4 / (count - 1))
    assert volume.geometry.spacing[0] == pytest.approx(mean_step_mm(stack_of(frames)))
    step = [row[0] for row in volume.geometry.affine][:3]
    assert step[0] == 0 and step[1] / step[2] == pytest.approx(0.5 / cos(radians(30)))
    assert reason_of(only(oblique(plane, count, step_mm, spacing_between_mm=2 * step_mm))) != "ok"


def test_two_passes_that_look_like_a_rounded_grid_are_told_apart_by_what_differs(plane: Frame) -> None:
    def passes(**values: float | None) -> list[Frame]:
        frames = at(plane, TWO_AND_A_HALF[:-1], WHOLE, **values)
        return [
            replace(frame, acquisition_number=1.0 + n % 2, acquisition_time=90.0 * (n % 2))
            for n, frame in enumerate(frames)
        ]

    for thickness_mm in (5.0, None):
        groups = grouped(
            passes(thickness_mm=thickness_mm), Rules(unit="series"), pixel_digest=lambda frame: frame.source
        )
        assert [[frame.position_mm[2] for frame in group.frames] for group in groups] == [
            [0, 5, 10],
            [3, 8, 13],
        ]
    assert reason_of(only(passes(thickness_mm=2.5))) == "ok"  # interleaved, as MR scans
    assert reason_of(only(at(plane, TWO_AND_A_HALF, WHOLE, thickness_mm=5.0))) == "ambiguous_series"
