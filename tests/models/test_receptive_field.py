"""The theoretical receptive field, worked by hand and by changing single pixels."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import backend
from pipeline.models import Intensities, builder

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.models.receptive_field import receptive_field_pixels  # noqa: E402 - needs Keras's environment


def field(*layers: object, shape: tuple[int, ...] = (33, 33, 1)) -> tuple[int, ...]:
    scan = maps = keras.Input(shape)
    for layer in layers:
        maps = layer(maps)
    return receptive_field_pixels(keras.Model(scan, maps), layers[-1].name)


def test_two_convolutions_of_three_see_five_pixels() -> None:
    convolution = keras.layers.Conv2D
    assert field(convolution(1, 3), convolution(1, 3)) == (5, 5)


def test_a_stride_spreads_the_following_kernel() -> None:
    # 3 pixels, then (3 - 1) neighbours at distance 2: 3 + 4.
    assert field(keras.layers.Conv2D(1, 3, strides=2), keras.layers.Conv2D(1, 3)) == (7, 7)


def test_pooling_and_dilation_count_on_each_axis_alone() -> None:
    # Rows: pooling 2 (stride 2), then (3 - 1) * 2 = 6; columns: 1, then (3 - 1) * dilation 2 = 5.
    layers = keras.layers.AveragePooling2D((2, 1)), keras.layers.Conv2D(1, 3, dilation_rate=(1, 2))
    assert field(*layers) == (6, 5)


def test_of_paths_that_meet_the_widest_counts() -> None:
    scan = keras.Input((33, 33, 1))
    wide, narrow = keras.layers.Conv2D(1, 7, padding="same")(scan), keras.layers.Conv2D(1, 1)(scan)
    total = keras.layers.Add(name="total")([narrow, wide])
    assert receptive_field_pixels(keras.Model(scan, total), "total") == (7, 7)


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="no layer 'nothing'"):
        scan = keras.Input((3, 3, 1))
        receptive_field_pixels(keras.Model(scan, scan), "nothing")


@pytest.mark.parametrize("name", ["plain_cnn", "resnet"])
def test_no_pixel_beyond_the_field_changes_the_map(name: str) -> None:
    side = 280
    model = builder(name)((side, 16, 1), 2, intensities=Intensities((0.0,), (1.0,)), width=2, dropout=0.0)
    for normalization in (layer for layer in model.layers if hasattr(layer, "gamma")):
        normalization.gamma.assign(np.ones(normalization.gamma.shape))
    features = keras.Model(model.input, model.get_layer("last_features").output)
    rng = np.random.default_rng(0)
    scan = rng.normal(size=(1, side, 16, 1)).astype(np.float32)
    middle = features.output.shape[1] // 2
    seen, _ = receptive_field_pixels(model)
    answer = np.asarray(features(scan))[0, middle]
    changed = [
        row
        for row in range(0, side, 4)
        if (np.asarray(features(_with_row(scan, row)))[0, middle] != answer).any()
    ]
    assert 0 < max(changed) - min(changed) < seen


def _with_row(scan: np.ndarray, row: int) -> np.ndarray:
    other = scan.copy()
    other[:, row] += 100.0
    return other
