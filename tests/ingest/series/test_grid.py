from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import cos, radians, sin

import pytest

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.grid import heights_of, is_even, places_of, stack_of


def at(plane: Frame, heights: Sequence[float], decimals: tuple[int, ...] = ()) -> list[Frame]:
    return [
        replace(plane, source=f"s{n}", position_mm=(0.0, 0.0, height), position_decimals=decimals)
        for n, height in enumerate(heights)
    ]


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


def test_a_stack_has_the_spacing_that_most_planes_have(plane: Frame) -> None:
    frames = at(plane, [0, 3, 6])
    frames[0] = replace(frames[0], spacing_mm=(0.5001, 0.8))
    assert stack_of(frames).spacing_mm == (0.5, 0.8)
    assert stack_of(frames[:2]).spacing_mm == (0.5001, 0.8)  # the wider of two, whatever the order
    assert stack_of(frames[1::-1]).spacing_mm == (0.5001, 0.8)


def test_heights_of_parts_are_along_one_normal(plane: Frame) -> None:
    first, second = at(plane, [0, 3]), [replace(frame, source="z") for frame in at(plane, [9])]
    assert [heights.tolist() for heights in heights_of([second, first])] == [[9.0], [0.0, 3.0]]
    assert places_of(stack_of(at(plane, [0, 3, 3.005]))).tolist() == [0, 1, 1]
