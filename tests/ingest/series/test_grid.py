from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.grid import heights_of, places_of, stack_of


def at(plane: Frame, heights: Sequence[float]) -> list[Frame]:
    return [
        replace(plane, source=f"s{n}", position_mm=(0.0, 0.0, height)) for n, height in enumerate(heights)
    ]


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


def test_planes_are_sorted_along_their_own_normal_also_where_it_points_to_the_feet(plane: Frame) -> None:
    downwards = [replace(frame, orientation=(1, 0, 0, 0, -1, 0)) for frame in at(plane, [0, 3, 6])]
    stack = stack_of(downwards)
    assert stack.normal.tolist() == [0.0, 0.0, -1.0]
    assert stack.positions[:, 2].tolist() == [6.0, 3.0, 0.0]
    assert stack.heights.tolist() == [-6.0, -3.0, 0.0]
    assert (stack.rows.tolist(), stack.columns.tolist()) == ([0, -1, 0], [1, 0, 0])
