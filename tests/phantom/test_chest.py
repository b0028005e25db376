import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.phantom.chest import at_follow_up, draw_chest, lung_depth, oval_depth, with_nodules
from pipeline.phantom.difficulty import IMAGE, VOLUME, Difficulty

SPAN_MM = (-20.0, 20.0)


@pytest.mark.parametrize("difficulty", [IMAGE, VOLUME])
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_nodules_lie_inside_the_lungs_within_the_span(difficulty: Difficulty, seed: int) -> None:
    rng = np.random.default_rng(seed)
    chest = draw_chest(rng, difficulty, span_mm=SPAN_MM, size=0.93)
    nodules = with_nodules(chest, rng, difficulty=difficulty, span_mm=SPAN_MM).nodules
    assert difficulty.nodules[0] <= len(nodules) <= difficulty.nodules[1]
    for nodule in nodules:
        x, y, z = (np.array(value) for value in nodule.centre)
        assert lung_depth(chest, (x, y, z)) > 5.0
        assert SPAN_MM[0] <= z <= SPAN_MM[1]
        assert difficulty.nodule_radius_mm[0] <= nodule.radius_mm <= difficulty.nodule_radius_mm[1]


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_middle_of_each_vessel_lies_inside_a_lung(seed: int) -> None:
    chest = draw_chest(np.random.default_rng(seed), IMAGE, span_mm=SPAN_MM, size=1.0)
    x, y, z = (0.5 * (chest.vessels[:, 0:3] + chest.vessels[:, 3:6])).T
    assert len(chest.vessels) > 20
    assert lung_depth(chest, (x, y, z)).min() > 0.0


def test_both_lungs_are_there_and_the_middle_is_not_lung() -> None:
    chest = draw_chest(np.random.default_rng(1), IMAGE, span_mm=SPAN_MM, size=1.0)
    depth = lung_depth(chest, (np.array([-75.0, 0.0, 80.0, 300.0]), np.zeros(4), np.full(4, 30.0)))
    assert list(depth > 0) == [True, False, True, False]


def test_the_depth_in_a_circle_is_the_distance_to_its_edge() -> None:
    x, y = np.array([0.0, 3.0, 6.0]) / 10.0, np.array([0.0, 4.0, 8.0]) / 10.0
    np.testing.assert_allclose(oval_depth(x, y, scale_mm=10.0), [10.0, 5.0, 0.0], atol=1e-12)


def test_at_a_follow_up_a_clear_chest_is_clear_and_a_nodule_stays_where_it_was() -> None:
    rng = np.random.default_rng(2)
    clear = draw_chest(rng, IMAGE, span_mm=SPAN_MM, size=1.0)
    ill = with_nodules(clear, rng, difficulty=IMAGE, span_mm=SPAN_MM)
    again = at_follow_up(ill, rng)
    assert at_follow_up(clear, rng).nodules == ()
    assert [nodule.centre for nodule in again.nodules] == [nodule.centre for nodule in ill.nodules]
    assert again.nodules[0].radius_mm != ill.nodules[0].radius_mm
