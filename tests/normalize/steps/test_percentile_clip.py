from __future__ import annotations

import numpy as np

from pipeline.normalize.steps.percentile_clip import Parameters, apply

EXAMPLE = {}


def test_percentiles_are_interpolated_between_sorted_values(make_image) -> None:
    image = make_image([[0, 10, 20, 30, 40]], unit="HU")
    result = apply(image, Parameters(low=5, high=75))
    # Of 5 sorted values the 5th percentile lies 0.2 of the way from 0 to 10, the 75th is the fourth.
    np.testing.assert_allclose(result.values[..., 0], [[2, 10, 20, 30, 30]])
    assert result.unit == "HU"


def test_clipping_to_all_percentiles_changes_nothing(make_image) -> None:
    image = make_image([[-3, 8], [1, 1]])
    result = apply(image, Parameters(low=0, high=100))
    np.testing.assert_array_equal(result.values, image.values)


def test_a_constant_image_has_equal_percentiles(make_image) -> None:
    image = make_image([[7, 7]])
    result = apply(image, Parameters())
    np.testing.assert_array_equal(result.values, image.values)
