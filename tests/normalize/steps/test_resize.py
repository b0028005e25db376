from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.normalize.image import Image, Refused
from pipeline.normalize.steps.resize import Parameters, apply

EXAMPLE = {"shape": [3, 4]}


def test_twice_as_many_columns_are_interpolated_between_voxel_centres(make_image) -> None:
    result = apply(make_image([[0, 4], [0, 4]], (1.0, 3.0)), Parameters(shape=(2, 4)))
    # New centres lie at -0.25, 0.25, 0.75 and 1.25 old voxels; beyond the outermost the border holds.
    np.testing.assert_allclose(result.values[..., 0], [[0, 1, 3, 4]] * 2)
    assert result.spacing == (1.0, 1.5)


def test_half_as_many_columns_average_their_neighbours(make_image) -> None:
    result = apply(make_image([[0, 0, 8, 8]]), Parameters(shape=(1, 2)))
    low, high = result.values[0, :, 0]
    assert 0 <= low < high <= 8
    assert low + high == pytest.approx(8)
    assert result.spacing == (1.0, 2.0)


@settings(max_examples=25)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(1, 12))
def test_values_stay_within_the_range_of_the_image(
    rows: int, columns: int, new_rows: int, new_columns: int
) -> None:
    values = np.random.default_rng(rows * columns).normal(size=(rows, columns, 1)).astype(np.float32)
    result = apply(
        Image(values, (1.0, 1.0), "pixels", "arbitrary"), Parameters(shape=(new_rows, new_columns))
    )
    assert result.shape == (new_rows, new_columns)
    assert result.values.min() >= values.min() - 1e-6
    assert result.values.max() <= values.max() + 1e-6


@settings(max_examples=25)
@given(st.integers(1, 9), st.integers(1, 9))
def test_a_turned_image_gives_the_turned_result(rows: int, columns: int) -> None:
    values = np.random.default_rng(7).normal(size=(5, 6, 1)).astype(np.float32)
    image = Image(values, (1.0, 1.0), "pixels", "arbitrary")
    turned = Image(np.ascontiguousarray(values[::-1, ::-1]), (1.0, 1.0), "pixels", "arbitrary")
    parameters = Parameters(shape=(rows, columns))
    np.testing.assert_allclose(
        apply(turned, parameters).values[::-1, ::-1], apply(image, parameters).values, atol=1e-6
    )


def test_the_wanted_shape_changes_nothing(make_image) -> None:
    image = make_image([[1, 2], [3, 4]])
    assert apply(image, Parameters(shape=(2, 2))) is image


def test_a_volume_is_refused_by_a_shape_for_images(make_image) -> None:
    with pytest.raises(Refused) as refused:
        apply(make_image(np.zeros((2, 2, 2))), Parameters(shape=(2, 2)))
    assert refused.value.detail == "resize: shape has 2 numbers, expected 3: one per axis of the scan"
