"""How unlike known vectors another one is."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.statistics.cloud import cloud, facing


def _flat(count: int, seed: int = 1) -> np.ndarray:
    """Vectors of three numbers, of which two vary by 10 and 1 and the third follows their sum."""
    generator = np.random.default_rng(seed)
    first, second = generator.normal(0, 10, count), generator.normal(0, 1, count)
    return np.column_stack([first, second, first / 10 + second]) + generator.normal(0, 0.01, (count, 3))


def test_known_vectors_lie_about_one_standard_deviation_away() -> None:
    along, off = cloud(_flat(29)).distances(_flat(400, seed=2)).T
    assert 0.7 < np.sqrt((along**2).mean()) < 1.4
    assert 0.7 < np.sqrt((off**2).mean()) < 1.4


def test_a_vector_far_along_an_axis_is_told_along_it() -> None:
    known = cloud(_flat(200))
    along, off = known.distances(np.array([[100.0, 0.0, 10.0]]))[0]
    assert along > 5
    assert off < 3


def test_a_vector_that_breaks_what_held_for_all_is_told_off_the_axes() -> None:
    # One vector of 20 a third axis would take: with two axes the broken sum is left over.
    known = cloud(_flat(25))
    along, off = known.distances(np.array([[1.0, 1.0, -5.0]]))[0]
    assert len(known.axes) == 2
    assert off > 10
    assert off > along


def test_what_never_varied_does_not_blow_up_rounding() -> None:
    constant = np.column_stack([np.arange(40.0), np.full(40, 7.0)])
    near = cloud(constant).distances(np.array([[20.0, 7.0 + 1e-9]]))
    assert near.max() < 3
    assert cloud(constant).distances(np.array([[20.0, 8.0]])).max() > 10


def test_moving_and_scaling_everything_changes_nothing() -> None:
    vectors, new = _flat(100), _flat(5, seed=3)
    there = cloud(vectors * 3 - 50).distances(new * 3 - 50)
    assert there == pytest.approx(cloud(vectors).distances(new), rel=1e-6)


def test_of_two_ways_to_face_only_the_opposite_one_is_far() -> None:
    generator = np.random.default_rng(4)
    known = facing(generator.normal((2.0, 0.0), (0.5, 3.0), (300, 2)))
    own, opposite, further = known.distances(np.array([[2.0, 0.0], [-2.0, 0.0], [6.0, 0.0]]))[:, 0]
    assert own < 1
    # 4 below the centre at a spread of 0.5.
    assert opposite == pytest.approx(8, rel=0.2)
    assert further == 0
