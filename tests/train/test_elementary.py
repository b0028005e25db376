"""Functions by series, against numpy's in float64."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import backend

backend.prepare()
pytest.importorskip("keras")

from pipeline.train import elementary  # noqa: E402 - needs Keras's environment

EPSILON = float(np.finfo(np.float32).eps)


def test_a_logarithm_is_numpys_over_all_normal_numbers() -> None:
    numbers = np.exp2(np.linspace(-126.0, 127.9, 200_003)).astype(np.float32)
    expected = np.log2(numbers.astype(np.float64))
    np.testing.assert_allclose(elementary.logarithm(numbers), expected, rtol=EPSILON, atol=2 * EPSILON)


def test_a_logarithm_near_1_loses_no_digits() -> None:
    numbers = (1.0 - np.arange(1, 1000) * 2.0**-24).astype(np.float32)
    expected = np.log2(numbers.astype(np.float64))
    np.testing.assert_allclose(elementary.logarithm(numbers), expected, rtol=3 * EPSILON)


def test_a_power_of_two_is_numpys() -> None:
    numbers = np.linspace(-126.0, 126.9, 200_003).astype(np.float32)
    expected = np.exp2(numbers.astype(np.float64))
    np.testing.assert_allclose(elementary.power_of_two(numbers), expected, rtol=3 * EPSILON)
    assert (np.asarray(elementary.power_of_two(np.float32([-127.0, -1e30]))) == 2.0**-126).all()


def test_a_root_is_numpys_and_that_of_0_is_0() -> None:
    numbers = np.exp2(np.linspace(-100.0, 100.0, 200_003)).astype(np.float32)
    np.testing.assert_allclose(
        elementary.root(numbers), np.sqrt(numbers.astype(np.float64)), rtol=3 * EPSILON
    )
    assert np.asarray(elementary.root(np.float32([0.0])))[0] == 0.0


def test_cosine_and_sine_are_numpys_over_a_whole_turn() -> None:
    turns = np.linspace(0.0, 1.0, 100_003, endpoint=False).astype(np.float32)
    cosine, sine = elementary.on_circle(turns)
    radians = 2 * np.pi * turns.astype(np.float64)
    np.testing.assert_allclose(cosine, np.cos(radians), atol=4e-7)
    np.testing.assert_allclose(sine, np.sin(radians), atol=4e-7)
