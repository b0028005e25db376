from __future__ import annotations

import doctest

import pytest

from pipeline import records
from pipeline.records import Geometry, sides


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(records).failed == 0


def _with_columns_along(x: float, y: float, z: float) -> Geometry:
    """A plane whose columns follow each other along a direction in RAS."""
    rows = ((0.0, 0.0, x, 0.0), (0.0, 0.0, y, 0.0), (0.0, 0.0, z, 0.0), (0.0, 0.0, 0.0, 1.0))
    return Geometry((1.0, 1.0), affine=rows)


@pytest.mark.parametrize(
    ("along", "letters"),
    [
        ((-0.8, 0, 0), ("R", "L")),
        ((0.8, 0, 0), ("L", "R")),
        ((0, -1, 0), ("A", "P")),
        ((0, 0, 1), ("F", "H")),
        ((-0.9, 0.3, 0.1), ("R", "L")),
        ((-0.6, 0.6, 0.6), ()),
        ((0, 0, 0), ()),
    ],
)
def test_the_letters_name_the_left_and_the_right_edge(
    along: tuple[float, float, float], letters: tuple[str, ...]
) -> None:
    assert sides(_with_columns_along(*along)) == letters


def test_a_scan_without_a_position_has_no_letters() -> None:
    assert sides(Geometry((1.0, 1.0))) == ()
