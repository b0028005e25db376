import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.path import Path
from numpy.typing import NDArray

from pipeline.phantom.outlines import outlines


def test_a_pixel_is_outlined_halfway_to_its_neighbours() -> None:
    marked = np.zeros((3, 4), bool)
    marked[1, 2] = True
    (line,) = outlines(marked)
    assert {tuple(corner) for corner in line} == {(0.5, 1.5), (0.5, 2.5), (1.5, 2.5), (1.5, 1.5)}


def test_a_straight_side_has_no_corners_between() -> None:
    (line,) = outlines(np.ones((5, 7), bool))
    assert len(line) == 4


def test_a_hole_is_a_line_of_its_own_and_nothing_has_none() -> None:
    ring = np.ones((5, 5), bool)
    ring[2, 2] = False
    assert len(outlines(ring)) == 2
    assert outlines(np.zeros((4, 4), bool)) == []


@given(marked=arrays(bool, st.tuples(st.integers(1, 7), st.integers(1, 7))))
@settings(max_examples=100)
def test_a_pixel_is_marked_where_its_centre_lies_in_an_odd_number_of_lines(marked: NDArray[np.bool_]) -> None:
    centres = list(np.ndindex(marked.shape))
    # matplotlib closes a line at the last point that it is given.
    paths = [Path(np.concatenate([line, line[:1]]), closed=True) for line in outlines(marked)]
    times = sum((path.contains_points(centres).astype(int) for path in paths), np.zeros(marked.size, int))
    assert np.array_equal(times % 2 == 1, marked.ravel())
