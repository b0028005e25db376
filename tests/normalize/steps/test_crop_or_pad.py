from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.normalize.image import Image, Refused
from pipeline.normalize.steps.crop_or_pad import Parameters, apply

EXAMPLE = {"shape": [5, 2]}


def test_one_axis_is_cropped_and_the_other_padded_with_the_smallest_value(make_image) -> None:
    result = apply(make_image([[5, 6, 7, 8, 9]]), Parameters(shape=(3, 3)))
    np.testing.assert_array_equal(result.values[..., 0], [[5, 5, 5], [6, 7, 8], [5, 5, 5]])


def test_of_an_odd_difference_the_larger_half_is_at_the_end(make_image) -> None:
    padded = apply(make_image([[1, 2]]), Parameters(shape=(1, 5), fill=0))
    np.testing.assert_array_equal(padded.values[..., 0], [[0, 1, 2, 0, 0]])
    cropped = apply(make_image([[1, 2, 3, 4, 5]]), Parameters(shape=(1, 2)))
    np.testing.assert_array_equal(cropped.values[..., 0], [[2, 3]])


def test_the_fill_is_the_configured_value(make_image) -> None:
    result = apply(make_image([[7]]), Parameters(shape=(1, 3), fill=-1024))
    np.testing.assert_array_equal(result.values[..., 0], [[-1024, 7, -1024]])


@settings(max_examples=30)
@given(st.tuples(*[st.integers(1, 6)] * 3), st.tuples(*[st.integers(0, 4)] * 3))
def test_cropping_undoes_padding(shape: tuple[int, int, int], more: tuple[int, int, int]) -> None:
    values = np.random.default_rng(3).normal(size=(*shape, 3)).astype(np.float32)
    volume = Image(values, (1.0, 1.0, 1.0), "patient", "HU")
    larger = tuple(size + extra for size, extra in zip(shape, more, strict=True))
    padded = apply(volume, Parameters(shape=larger))
    assert padded.spacing == volume.spacing
    np.testing.assert_array_equal(apply(padded, Parameters(shape=shape)).values, values)


def test_a_volume_is_refused_by_a_shape_for_images(make_image) -> None:
    with pytest.raises(Refused) as refused:
        apply(make_image(np.zeros((2, 2, 2))), Parameters(shape=(2, 2)))
    assert refused.value.reason == "axes_mismatch"
