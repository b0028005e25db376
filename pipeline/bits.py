"""Several flags of a voxel in one number: bit k says whether the voxel has the k-th of some structures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.unsignedinteger[Any]]


def bits_for(count: int) -> np.dtype[np.unsignedinteger[Any]]:
    """The smallest type of number with so many bits.

    >>> bits_for(9)
    dtype('uint16')
    """
    return next(np.dtype(kind) for kind in (np.uint8, np.uint16, np.uint32) if count <= 8 * kind().itemsize)


def packed(masks: NDArray[np.uint8]) -> Bits:
    """One number a voxel from masks `(*space, structures)` of 0 and 1: bit k is structure k.

    >>> packed(np.array([[1, 0], [1, 1], [0, 0]], np.uint8)).tolist()
    [1, 3, 0]
    """
    count = masks.shape[-1]
    return joined((masks[..., bit] for bit in range(count)), masks.shape[:-1], count)


def joined(masks: Iterable[NDArray[Any]], shape: tuple[int, ...], count: int) -> Bits:
    """The same from `count` masks of that shape, one after the other, so that they needn't all be there."""
    bits = np.zeros(shape, bits_for(count))
    for bit, mask in enumerate(masks):
        bits |= mask.astype(bits.dtype) << bits.dtype.type(bit)
    return bits


def of_bit(bits: Bits, bit: int) -> NDArray[np.bool_]:
    """Which voxels have the structure of a bit, of the shape of `bits`."""
    return np.asarray((bits & bits.dtype.type(1 << bit)) != 0)


def wrong_along(axis: int, truth: Bits, answers: Sequence[Bits]) -> NDArray[np.float64]:
    """How wrong answers are at each place of an axis: its wrong voxels, as shares of their structures.

    All arrays are `(*space,)`. A structure of few voxels so tells as much as a large one: counted as they
    are, the border of an organ would outvote a finding in it.

    >>> organ_and_finding = np.array([[3, 1], [1, 1]], np.uint8)
    >>> wrong_along(0, organ_and_finding, [np.array([[1, 1], [0, 1]], np.uint8)]).tolist()
    [1.0, 0.25]
    """
    others = tuple(other for other in range(truth.ndim) if other != axis)
    wrong = np.zeros(truth.shape[axis], np.float64)
    for bit in range(8 * truth.itemsize):
        true, marked = of_bit(truth, bit), [of_bit(answer, bit) for answer in answers]
        if size := int(np.count_nonzero(reduce(np.logical_or, marked, true))):
            wrong += sum(np.count_nonzero(true ^ each, axis=others) for each in marked) / size
    return wrong
