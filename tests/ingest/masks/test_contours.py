from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.ingest.masks import contours as module
from pipeline.ingest.masks.contours import filled
from pipeline.ingest.reasons import Refusal

Points = list[tuple[float, float]]


def fill(*contours: Points, shape: tuple[int, int] = (8, 9)) -> NDArray[np.bool_]:
    return filled([np.array(contour, dtype=float) for contour in contours], shape)


def box(low: float, high: float) -> Points:
    return [(low, low), (low, high), (high, high), (high, low)]


def square(low: int, high: int, shape: tuple[int, int] = (8, 9)) -> NDArray[np.bool_]:
    expected = np.zeros(shape, bool)
    expected[low:high, low:high] = True
    return expected


def test_a_pixel_is_marked_where_its_centre_is_inside() -> None:
    assert np.array_equal(fill(box(1.5, 4.5)), square(2, 5))
    assert np.array_equal(fill(box(1.51, 4.49)), square(2, 5))
    assert np.array_equal(fill(box(1.51, 5.01)), square(2, 6))


def test_a_contour_between_pixel_centres_marks_nothing_and_one_around_a_centre_one() -> None:
    assert not fill(box(2.1, 2.9)).any()
    assert np.array_equal(fill(box(2.6, 3.4)), square(3, 4))


def test_neighbours_that_share_an_edge_through_centres_neither_overlap_nor_leave_a_gap() -> None:
    left = fill([(1, 1), (1, 4), (6, 4), (6, 1)])
    right = fill([(1, 4), (1, 7), (6, 7), (6, 4)])
    assert not (left & right).any()
    assert np.array_equal(left | right, fill([(1, 1), (1, 7), (6, 7), (6, 1)]))


def test_a_hole_is_left_out_and_an_island_in_it_is_not() -> None:
    shape = (12, 12)
    found = fill(box(0.5, 10.5), box(2.5, 8.5), box(4.5, 6.5), shape=shape)
    assert np.array_equal(found, square(1, 11, shape) & ~square(3, 9, shape) | square(5, 7, shape))


def test_a_keyhole_is_the_same_as_a_hole() -> None:
    outer, hole = box(0.5, 7.5), box(2.5, 5.5)
    # Out to the hole, around it, and back the same way.
    keyhole = [*outer, outer[0], *hole, hole[0], outer[0]]
    assert np.array_equal(fill(keyhole), fill(outer, hole))


def test_direction_first_point_and_closing_do_not_matter() -> None:
    contour = [(0.7, 1.2), (1.3, 6.8), (6.9, 5.1), (4.2, 3.3)]
    expected = fill(contour)
    assert np.array_equal(fill(contour[::-1]), expected)
    assert np.array_equal(fill(contour[2:] + contour[:2]), expected)
    assert np.array_equal(fill([*contour, contour[0]]), expected)


def test_what_reaches_beyond_the_plane_is_cut_at_its_edge() -> None:
    assert fill([(-5, -5), (-5, 50), (50, 50), (50, -5)]).all()
    assert not fill([(-5, 20), (-5, 30), (50, 30), (50, 20)]).any()


def winds_around(contour: Points, row: float, column: float) -> bool:
    """Whether the angles at which a point sees the contour's edges add up to odd turns."""
    angle = 0.0
    for (r0, c0), (r1, c1) in zip(contour, contour[1:] + contour[:1], strict=True):
        a, b = (r0 - row, c0 - column), (r1 - row, c1 - column)
        angle += math.atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])
    return round(angle / (2 * math.pi)) % 2 == 1


# Off the centres by more than a thousandth, so that no point lies on an edge by chance.
COORDINATE = st.integers(-20, 100).map(lambda tenth: tenth / 10 + 0.0317)


@given(st.lists(st.tuples(COORDINATE, COORDINATE.map(lambda x: x + 0.0041)), min_size=3, max_size=12))
@settings(max_examples=150)
def test_any_contour_marks_the_centres_that_it_winds_around_an_odd_number_of_times(contour: Points) -> None:
    found = fill(contour)
    for row in range(8):
        for column in range(9):
            on_edge = min(distance(contour, row, column)) < 1e-6
            assert on_edge or found[row, column] == winds_around(contour, row, column)


def distance(contour: Points, row: float, column: float) -> list[float]:
    """How far a point lies from each edge."""
    point = np.array([row, column])
    distances = []
    for a, b in zip(contour, contour[1:] + contour[:1], strict=True):
        way = np.array(b) - a
        share = np.clip((point - a) @ way / (way @ way), 0, 1) if way.any() else 0.0
        distances.append(float(np.linalg.norm(a + share * way - point)))
    return distances


def test_a_contour_of_more_crossings_than_any_structure_has_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_CROSSINGS", 5)
    with pytest.raises(Refusal, match="limit_exceeded"):
        fill(box(0.5, 7.5))
