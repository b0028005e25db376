"""Derivatives by the network's input: the one thing for which Keras has no neutral word.

A backend is one function and one entry of `_GRADIENTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Function = Callable[[Any], Any]

_VOXELS_AT_ONCE = 2**18
"""Of inputs whose derivatives are made in one: 16 images of 128 x 128, a volume of 64 x 64 x 64."""


def available() -> bool:
    """Whether derivatives can be had on the Keras backend in use."""
    return keras.backend.backend() in _GRADIENTS


def gradient(function: Function, at: NDArray[np.float32]) -> NDArray[np.float32]:
    """The derivative of a scalar `function` of one tensor at the array `at`; same shape, float32.

    Raises KeyError on a backend without an entry: ask `available` first.
    """
    return np.asarray(_GRADIENTS[keras.backend.backend()](function, at), dtype=np.float32)


def few(inputs: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Inputs `(n, *space, channels)` a few at a time, so that all that their derivatives keep has room."""
    size = max(1, _VOXELS_AT_ONCE // math.prod(inputs.shape[1:-1]))
    for start in range(0, len(inputs), size):
        yield inputs[start : start + size]


def _tensorflow(function: Function, at: NDArray[np.float32]) -> Any:
    import tensorflow as tf

    tensor = tf.convert_to_tensor(at)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = function(tensor)
    return tape.gradient(value, tensor)


def _jax(function: Function, at: NDArray[np.float32]) -> Any:
    import jax

    return jax.grad(function)(jax.numpy.asarray(at))


_GRADIENTS: dict[str, Callable[[Function, NDArray[np.float32]], Any]] = {
    "tensorflow": _tensorflow,
    "jax": _jax,
}
