"""The theoretical receptive field, worked by hand."""

from __future__ import annotations

import pytest

from pipeline import backend

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.models import Intensities, network  # noqa: E402
from pipeline.models.classifier import build  # noqa: E402
from pipeline.models.receptive_field import (  # noqa: E402 - needs Keras's environment
    distance_pixels,
    receptive_field_pixels,
    stem_distance_pixels,
)


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


def test_strides_and_pools_put_pixels_between_neighbours() -> None:
    scan = keras.Input((64, 64, 1))
    maps = keras.layers.Conv2D(1, 5, strides=(4, 2), name="first_convolution")(scan)
    maps = keras.layers.AveragePooling2D((1, 2), name="last_features")(maps)
    model = keras.Model(scan, maps)
    assert distance_pixels(model) == (4, 4)
    assert stem_distance_pixels(model) == (4, 2)


@pytest.mark.parametrize("name", ["plain_cnn", "resnet"])
@pytest.mark.parametrize(
    ("shape", "parameters", "expected"),
    [
        ((128, 255, 1), {}, (2, 2)),
        ((64, 256, 1), {}, (1, 4)),
        ((512, 512, 1), {"stem_stride": 2}, (2, 2)),
        ((24, 96, 47, 1), {}, (1, 4, 1)),
        ((24, 96, 96, 1), {"stem_stride": 1}, (1, 1, 1)),
    ],
)
def test_the_stem_strides_by_the_size_of_the_scan_or_as_it_is_told(
    name: str, shape: tuple[int, ...], parameters: dict[str, int], expected: tuple[int, ...]
) -> None:
    chosen = network(name, {"width": 2, **parameters})
    model = build(chosen, shape, 2, intensities=Intensities((0.0,), (1.0,)), dropout=0.0)
    assert stem_distance_pixels(model) == expected
