"""The learning rate over the steps, and what decays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline import backend

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train.schedule import adamw, build_for  # noqa: E402 - needs Keras's environment


def rate_at(step: int, *, warmup_steps: int, steps: int = 110) -> float:
    optimizer = adamw(learning_rate=0.5, weight_decay=0.0, warmup_steps=warmup_steps, steps=steps)
    optimizer.build([keras.Variable(np.zeros(1, np.float32))])
    optimizer.iterations.assign(step)
    return float(np.asarray(optimizer.learning_rate))


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0, 0.0),
        (5, 0.25),
        (10, 0.5),
        (35, 0.25 * (1 + math.cos(math.pi / 4))),  # a quarter of the 100 steps after the warm-up
        (60, 0.25),
        (110, 0.0),
    ],
)
def test_the_rate_rises_in_a_line_and_falls_as_a_cosine(step: int, expected: float) -> None:
    assert rate_at(step, warmup_steps=10) == pytest.approx(expected, abs=1e-6)


def test_without_a_warm_up_the_first_step_has_the_full_rate() -> None:
    assert rate_at(0, warmup_steps=0) == pytest.approx(0.5)


def test_a_run_shorter_than_its_warm_up_still_reaches_the_full_rate() -> None:
    assert rate_at(2, warmup_steps=50, steps=3) == pytest.approx(0.5)


def test_kernels_decay_and_vectors_do_not() -> None:
    scan = keras.Input((2,))
    net = keras.Model(scan, keras.layers.Dense(2, bias_initializer="ones", kernel_initializer="ones")(scan))
    optimizer = adamw(learning_rate=0.1, weight_decay=0.5, warmup_steps=0, steps=100)
    build_for(optimizer, net)
    optimizer.apply([keras.ops.zeros((2, 2)), keras.ops.zeros((2,))])
    kernel, bias = net.get_weights()
    np.testing.assert_allclose(kernel, np.full((2, 2), 1 - 0.1 * 0.5), rtol=1e-5)
    np.testing.assert_array_equal(bias, [1, 1])
