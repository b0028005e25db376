"""Batch normalization by one kernel: the same numbers as Keras's own, gradients and running statistics too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import backend

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train import normalization  # noqa: E402 - needs Keras's environment

tensorflow = pytest.importorskip("tensorflow")
SHAPES = [(4, 6, 5, 3), (3, 4, 6, 5, 2)]


def network(shape: tuple[int, ...]) -> Any:
    """One batch normalization whose scale, shift and running statistics are not those that it starts with."""
    scan = keras.Input(shape[1:])
    layer = keras.layers.BatchNormalization(momentum=0.9)
    net = keras.Model(scan, layer(scan))
    start = np.arange(1.0, shape[-1] + 1)
    layer.set_weights([start, -start, 2 * start, 3 * start])
    return net


def scans(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(0).normal(5.0, 2.0, shape).astype(np.float32)


def trained(net: Any, values: Any) -> tuple[Any, list[Any]]:
    """What comes out in training, and the gradients of its cubes' sum by input, scale and shift."""
    maps = tensorflow.constant(values)
    with tensorflow.GradientTape() as tape:
        tape.watch(maps)
        out = net(maps, training=True)
        loss = tensorflow.reduce_sum(out**3)
    gradients = tape.gradient(loss, [maps, *(each.value for each in net.trainable_variables)])
    return out.numpy(), [gradient.numpy() for gradient in gradients]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_training_step_is_keras_s_own_to_the_last_digits(shape: tuple[int, ...]) -> None:
    fused, plain = network(shape), network(shape)
    normalization.fuse(fused)
    (ours, our_gradients), (keras_s, its_gradients) = (
        trained(fused, scans(shape)),
        trained(plain, scans(shape)),
    )
    np.testing.assert_allclose(ours, keras_s, rtol=1e-4, atol=1e-4)
    for one, other in zip(our_gradients, its_gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-2)
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_the_running_variance_moves_by_the_variance_of_the_population() -> None:
    shape = (2, 1, 2, 1)
    net = network(shape)
    normalization.fuse(net)
    net(np.array([0.0, 2.0, 4.0, 6.0], np.float32).reshape(shape), training=True)
    _, _, mean, variance = net.get_weights()
    assert mean[0] == pytest.approx(0.9 * 2 + 0.1 * 3)
    assert variance[0] == pytest.approx(0.9 * 3 + 0.1 * 5)


def test_outside_of_training_the_running_statistics_count_and_stay() -> None:
    shape = SHAPES[0]
    fused, plain = network(shape), network(shape)
    normalization.fuse(fused)
    before = fused.get_weights()
    assert np.array_equal(fused(scans(shape), training=False), plain(scans(shape), training=False))
    assert all(map(np.array_equal, before, fused.get_weights()))


def test_16_bit_maps_stay_of_16_bits_and_their_statistics_of_32() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        net = network(SHAPES[0])
    finally:
        keras.config.set_dtype_policy("float32")
    normalization.fuse(net)
    out = net(scans(SHAPES[0]), training=True)
    assert keras.backend.standardize_dtype(out.dtype) == "bfloat16"
    assert {str(weight.dtype) for weight in net.get_weights()} == {"float32"}
    centred = np.asarray(keras.ops.cast(out, "float32"))
    assert centred.mean(axis=(0, 1, 2)) == pytest.approx([-1, -2, -3], abs=0.02)


def test_what_is_saved_is_keras_s_own_layer(tmp_path: Path) -> None:
    net = network(SHAPES[0])
    normalization.fuse(net)
    net(scans(SHAPES[0]), training=True)
    net.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert type(again.layers[1]) is keras.layers.BatchNormalization
    assert "call" not in vars(again.layers[1])
    assert all(map(np.array_equal, net.get_weights(), again.get_weights()))
