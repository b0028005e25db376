"""Random numbers that are a function of (seed, step, case, index), the same on every backend.

Keras's own generators keep a state and can't be seeded per case. Here a counter is scrambled by the
32-bit finalizer "lowbias32" (C. Wellons, public domain), whose every output bit depends on every
input bit; so what happens to a case at a step depends on neither its batch nor on what ran before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from keras import ops

from pipeline import backend
from pipeline.train.elementary import logarithm, on_circle, root

Tensor = Any

_GOLDEN = 0x9E3779B9  # 2**32 over the golden ratio: spreads neighbouring numbers


def keys(seed: int, *, step: Tensor, case: Tensor) -> Tensor:
    """One uint32 key for each case of a batch; `step` and `case` are uint32 of shape (batch,)."""
    key = _scrambled(_add(ops.zeros_like(step), seed))
    key = _scrambled(ops.bitwise_xor(key, _times(step, _GOLDEN)))
    return _scrambled(ops.bitwise_xor(_add(key, _GOLDEN), case))


def uniform(key: Tensor, count: int, *, stream: int) -> Tensor:
    """`count` float32 numbers in [0, 1) for each key, shape (batch, count); streams are independent."""
    return _drawn(_scrambled(_add(key, (stream + 1) * _GOLDEN)), 0, count)


def _drawn(stream_key: Tensor, first: int, count: int) -> Tensor:
    """`count` numbers of a stream, from its number `first` on."""
    counter = ops.convert_to_tensor(np.arange(first, first + count, dtype=np.uint32))
    bits = _scrambled(ops.bitwise_xor(stream_key[:, None], _times(counter, _GOLDEN)[None, :]))
    # 24 bits are what a float32 holds exactly, so no number is rounded up to 1.
    return ops.cast(ops.right_shift(bits, np.uint32(8)), "float32") * np.float32(2.0**-24)


def normal(key: Tensor, count: int, *, stream: int) -> Tensor:
    """`count` standard normal float32 numbers for each key, shape (batch, count), by Box and Muller."""
    half = (count + 1) // 2
    # As one kernel, but for the joining of both halves: inside, each number would be worked out for both.
    return ops.concatenate(_pairs(half, stream)(key), axis=1)[:, :count]


@cache
def _pairs(half: int, stream: int) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    return backend.compiled(partial(_normal_pair, half=half, stream=stream))


def _normal_pair(key: Tensor, *, half: int, stream: int) -> tuple[Tensor, Tensor]:
    """Two arrays `(batch, half)` of independent standard normal numbers."""
    stream_key = _scrambled(_add(key, (stream + 1) * _GOLDEN))
    # 1 - u lies in (0, 1], where the logarithm is finite.
    radius = root(-2.0 * math.log(2.0) * logarithm(1.0 - _drawn(stream_key, 0, half)))
    cosine, sine = on_circle(_drawn(stream_key, half, half))
    return radius * cosine, radius * sine


def _scrambled(bits: Tensor) -> Tensor:
    bits = ops.bitwise_xor(bits, ops.right_shift(bits, np.uint32(16)))
    bits = _times(bits, 0x7FEB352D)
    bits = ops.bitwise_xor(bits, ops.right_shift(bits, np.uint32(15)))
    bits = _times(bits, 0x846CA68B)
    return ops.bitwise_xor(bits, ops.right_shift(bits, np.uint32(16)))


def _times(bits: Tensor, number: int) -> Tensor:
    return ops.multiply(bits, ops.convert_to_tensor(np.uint32(number % 2**32)))


def _add(bits: Tensor, number: int) -> Tensor:
    return ops.add(bits, ops.convert_to_tensor(np.uint32(number % 2**32)))
