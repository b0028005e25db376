from __future__ import annotations

import numpy as np
import pytest

from pipeline.normalize.image import Image, Refused
from pipeline.normalize.steps.crop_foreground import Parameters, apply

EXAMPLE = {"threshold": -500}

SPOT = [[0, 0, 0, 0], [0, 0, 9, 0], [0, 0, 9, 1], [0, 0, 0, 0]]


def test_the_box_holds_everything_above_the_threshold(make_image) -> None:
    result = apply(make_image(SPOT), Parameters(threshold=1))
    np.testing.assert_array_equal(result.values[..., 0], [[9], [9]])


def test_the_margin_ends_at_the_border(make_image) -> None:
    result = apply(make_image(SPOT), Parameters(threshold=1, margin_voxels=2))
    np.testing.assert_array_equal(result.values[..., 0], SPOT)


def test_foreground_in_any_channel_counts() -> None:
    values = np.zeros((1, 4, 3), np.float32)
    values[0, 1, 0] = values[0, 2, 2] = 5
    result = apply(Image(values, (1.0, 1.0), "pixels", "arbitrary"), Parameters(threshold=0))
    np.testing.assert_array_equal(result.values, values[:, 1:3])


def test_a_volume_is_cropped_along_all_axes(make_image) -> None:
    values = np.zeros((4, 5, 6))
    values[1, 2:4, 5] = 7
    assert apply(make_image(values), Parameters(threshold=0)).shape == (1, 2, 1)


def test_an_image_without_foreground_is_refused(make_image) -> None:
    with pytest.raises(Refused) as refused:
        apply(make_image(SPOT), Parameters(threshold=9))
    assert refused.value.reason == "no_foreground"
