from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.ingest.series.evidence import by_place, is_whole, overlap, repeats, verdict
from pipeline.ingest.series.frames import Frame


@pytest.fixture
def at(plane: Frame):
    """Makes planes at heights, of the given thickness and SpacingBetweenSlices."""

    def make(
        heights: Sequence[float], thickness: float | None = 3.0, stated: float | None = None
    ) -> list[Frame]:
        made = replace(plane, thickness_mm=thickness, spacing_between_mm=stated)
        return [replace(made, source=f"s{z:06.2f}", position_mm=(0.0, 0.0, z)) for z in heights]

    return make


def test_places_within_a_hundredth_of_a_millimetre_are_the_same(at) -> None:
    assert repeats(at([0.0, 0.009]))
    assert not repeats(at([0.0, 0.011]))
    assert [len(planes) for planes in by_place(at([0.0, 3.0, 3.005])).values()] == [1, 2]


def test_three_even_slices_are_whole_and_two_prove_nothing(at) -> None:
    assert is_whole(at([0, 3, 6]))
    assert not is_whole(at([0, 3]))
    assert not is_whole(at([0, 3, 9]))
    assert not is_whole(at([0, 3, 3, 6]))


def test_parts_end_to_end_do_not_overlap(at) -> None:
    assert not overlap([at([0, 3]), at([6, 9])])
    assert not overlap([at([0, 3]), at([3, 6])])
    assert overlap([at([0, 3, 6]), at([5, 8])])
    assert overlap([at([0, 9]), at([4])])


@pytest.mark.parametrize(
    ("first", "second", "thickness", "stated", "expected"),
    [
        ([0, 3, 6], [9, 12, 15], 3.0, None, "on"),
        ([0, 6, 12], [3, 9, 15], 3.0, None, "one"),  # each has holes that the other fills
        ([0, 6, 12], [3, 9, 15], None, 3.0, "one"),
        ([0, 3, 6], [1.5, 4.5, 7.5], 3.0, None, "apart"),  # each is gapless by itself
        ([0, 3, 6], [1.5, 4.5, 7.5], None, 3.0, "apart"),
        ([0, 3, 6], [1.5, 4.5, 7.5], 3.0, 1.5, "one"),  # the tag knows of the overlap
        ([0, 4, 8], [2, 6, 10], 3.0, None, "unclear"),
        ([0, 4, 8], [2, 6, 10], None, None, "unclear"),
        ([0, 3, 9, 12], [6], 3.0, None, "one"),  # one slice is no volume
    ],
)
def test_where_planes_lie_tells_whether_they_are_one_stack(
    at, first: list, second: list, thickness: float | None, stated: float | None, expected: str
) -> None:
    parts = [at(first, thickness, stated), at(second, thickness, stated)]
    assert verdict(parts) == verdict(parts[::-1]) == expected
