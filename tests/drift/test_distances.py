"""Distances between two samples, worked by hand or checked against their law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.drift.distances import (
    binned,
    cross_table,
    independence,
    kolmogorov_smirnov,
    largest_share_difference,
    stability_index,
    standardised_difference,
)


def generator():
    return np.random.default_rng(1)


def test_the_standardised_difference_is_in_units_of_the_mean_variance():
    # means 2 and 5; variances 1 and 4 (n - 1); 3 / sqrt(2.5)
    old, new = np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0])
    assert standardised_difference(old, new) == pytest.approx(3 / math.sqrt(2.5))


def test_constants_are_equal_or_infinitely_far_apart():
    kvp = np.full(5, 120.0)
    assert standardised_difference(kvp, kvp) == 0
    assert standardised_difference(kvp, kvp - 20) == math.inf


def test_the_share_difference_is_that_of_the_category_that_moved_most():
    # A: 0.8 to 0.5, B: 0.2 to 0.5 alike; 0.3 / sqrt((0.16 + 0.25) / 2)
    table = np.array([[8, 2, 0], [5, 5, 0]])
    assert largest_share_difference(table[:, :2]) == pytest.approx(0.3 / math.sqrt(0.205))
    assert largest_share_difference(np.array([[10, 0], [0, 10]])) == math.inf


def test_large_counts_are_tested_by_chi_square():
    # expected 30 in each cell: 4 * 100 / 30 = 13.33, one degree of freedom; P = 2.6073e-4 (tables)
    assert independence(np.array([[40, 20], [20, 40]]), generator()) == pytest.approx(2.6073e-4, rel=1e-3)


def test_small_counts_are_tested_by_permutation():
    # Fisher's exact test of 3 3 / 0 6: P(3 or more of the 3 in the first row) = 20 / 220, twice
    p = independence(np.array([[3, 3], [0, 6]]), generator())
    assert p == pytest.approx(2 * 20 / 220, abs=0.02)


def test_one_category_cannot_differ():
    assert independence(np.array([[7], [9]]), generator()) == 1.0
    assert largest_share_difference(np.array([[7], [9]])) == 0.0


def test_equal_samples_have_no_distance():
    values = np.arange(50.0)
    assert kolmogorov_smirnov(values, values) == 1.0
    assert stability_index(binned(values, values))[0] == pytest.approx(0.0)


def test_the_stability_index_of_unchanged_data_is_about_its_expectation():
    random = generator()
    drawn = [stability_index(binned(random.normal(size=500), random.normal(size=100))) for _ in range(300)]
    observed = np.mean([index for index, _ in drawn])
    assert drawn[0][1] == pytest.approx(9 * (1 / 500 + 1 / 100))
    assert observed == pytest.approx(drawn[0][1], rel=0.15)
    # so the customary limit of 0.1 would flag every second unchanged attribute
    assert np.mean([index > 0.1 for index, _ in drawn]) > 0.3


def test_bins_have_equal_mass_in_the_old_sample():
    assert binned(np.arange(100.0), np.array([-5.0, 200.0])).tolist() == [[10] * 10, [1] + [0] * 8 + [1]]


def test_a_cross_table_counts_both_groups_by_sorted_category():
    assert cross_table(["b", "a", "b"], ["c"]).tolist() == [[1, 2, 0], [0, 0, 1]]


@settings(max_examples=50)
@given(
    st.lists(st.integers(-5, 5), min_size=2, max_size=40),
    st.lists(st.integers(-5, 5), min_size=2, max_size=40),
)
def test_any_two_samples_have_finite_indices_and_proper_p_values(old, new):
    numbers = np.array(old, dtype=np.float64), np.array(new, dtype=np.float64)
    table = cross_table([str(v) for v in old], [str(v) for v in new])
    assert 0 <= kolmogorov_smirnov(*numbers) <= 1
    assert 0 < independence(table, generator()) <= 1
    assert standardised_difference(*numbers) >= 0
    for counts in (binned(*numbers), table):
        assert counts.sum(axis=1).tolist() == [len(old), len(new)]
        index, expected = stability_index(counts)
        assert index >= -1e-12
        assert math.isfinite(index)
        assert expected >= 0


def test_a_value_on_an_edge_belongs_to_the_bin_below():
    # The quantiles of the old are 0, 0.5 and 1, so 0 lies in the first bin and 1 in the third.
    found = binned(np.array([0.0] * 10 + [1.0] * 10), np.array([0.0, 0.0, 1.0]))
    assert found.tolist() == [[10, 0, 10, 0], [2, 0, 1, 0]]


def test_a_permutation_has_no_p_of_zero():
    assert independence(np.array([[40, 0, 0], [0, 1, 39]]), generator()) == pytest.approx(1e-4)
