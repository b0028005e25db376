"""Logarithm, power, root, cosine and sine by series, of float32 tensors, the same on every backend.

XLA calls the functions of these names number by number on a CPU, or corrects them afterwards. What is made of
sums, products and shifts alone it computes many at a time, three to eight times as fast. The errors are those
of a float32's last two bits.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from keras import ops

Tensor = Any

_MANTISSA_BITS: Final = np.int32(23)
_BIAS: Final = np.int32(127)  # of a float32's exponent
_ROOT_OF_HALF: Final = np.int32(0x3F3504F3)  # the bits of sqrt(1/2)
_ROOT_GUESS: Final = np.int32(0x5F3759DF)  # of 1 / sqrt(x), within 3.5 % (Lomont 2003)
_LEAST_POWER: Final = -126.0  # below, 2 ** x is no normal float32


def logarithm(numbers: Tensor) -> Tensor:
    """The logarithm to base 2 of positive normal numbers; of 0, -127."""
    bits = ops.view(numbers, "int32")
    exponent = ops.right_shift(bits - _ROOT_OF_HALF, _MANTISSA_BITS)
    # Between sqrt(1/2) and sqrt(2), less 1.
    rest = ops.view(bits - ops.left_shift(exponent, _MANTISSA_BITS), "float32") - 1.0
    ratio = rest / (2.0 + rest)
    square = ratio * ratio
    # 2 artanh(ratio) / ln 2
    series = 2 / math.log(2) * (1.0 + square * (1 / 3 + square * (1 / 5 + square * (1 / 7))))
    return ops.cast(exponent, "float32") + ratio * series


def power_of_two(exponents: Tensor) -> Tensor:
    """2 to the power of numbers below 127; of those below -126, 2 ** -126."""
    exponents = ops.maximum(exponents, _LEAST_POWER)
    whole = ops.floor(exponents + 0.5)
    rest = (exponents - whole) * np.float32(math.log(2))
    series = 1 / 120 + rest / 720
    for factor in (1 / 24, 1 / 6, 1 / 2, 1.0, 1.0):
        series = factor + rest * series
    return series * ops.view(ops.left_shift(ops.cast(whole, "int32") + _BIAS, _MANTISSA_BITS), "float32")


def root(numbers: Tensor) -> Tensor:
    """The square root of numbers that aren't negative, by Newton's steps towards 1 / root."""
    inverse = ops.view(_ROOT_GUESS - ops.right_shift(ops.view(numbers, "int32"), np.int32(1)), "float32")
    for _ in range(3):
        inverse = inverse * (1.5 - 0.5 * numbers * inverse * inverse)
    return numbers * inverse


def on_circle(turns: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of `turns` in [0, 1), 1 being a whole turn.

    By their series within an eighth of a turn of the nearest axis.
    """
    quarter = ops.floor(4.0 * turns + 0.5)  # 0 to 4: the nearest axis
    angle = (turns - 0.25 * quarter) * np.float32(2.0 * math.pi)
    square = angle * angle
    sine = angle * (1.0 + square * (-1 / 6 + square * (1 / 120 - square / 5040)))
    cosine = 1.0 + square * (-0.5 + square * (1 / 24 + square * (-1 / 720 + square / 40320)))
    half = ops.floor(0.5 * quarter)  # 0, 1 or 2 half turns
    sign = 1.0 - 2.0 * (half - 2.0 * ops.floor(0.5 * half))
    is_across = quarter - 2.0 * half > 0.5
    return sign * ops.where(is_across, -sine, cosine), sign * ops.where(is_across, cosine, sine)
