"""Standardised differences, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.statistics.standardised import of_means, of_shares


def test_shares_of_30_and_20_per_cent_are_their_distance_in_pooled_deviations_apart() -> None:
    by_hand = 0.1 / math.sqrt((0.3 * 0.7 + 0.2 * 0.8) / 2)
    assert of_shares(0.3, 0.2) == pytest.approx(by_hand)
    assert of_shares(0.2, 0.3) == pytest.approx(-by_hand)


def test_without_spread_equal_shares_are_equal_and_others_beyond_any_scale() -> None:
    assert of_shares(0.0, 0.0) == 0.0
    assert of_shares(1.0, 0.0) == math.inf
    assert of_shares(0.0, 1.0) == -math.inf


def test_means_are_told_apart_in_the_mean_of_both_variances() -> None:
    # variances of 1, 2, 3 and of 2, 4, 6 are 1 and 4: (2 - 4) / sqrt(2.5)
    assert of_means(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])) == pytest.approx(
        -2 / math.sqrt(2.5)
    )
