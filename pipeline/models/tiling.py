"""What a network says of every voxel of a scan that is larger than it takes at once.

The scan is asked about in overlapping tiles, each weighted by a Gaussian about its middle, and what they say
is added slab by slab along the first axis: as soon as no later tile reaches a plane, the likeliest class of
its voxels is told and the sums are forgotten. So the probabilities of a whole scan never exist. The sums are
whole numbers, which come out the same in any order of tiles. (Gaussian and half overlap are those of Isensee
et al. 2021, Nat Methods 18:203.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tiling", "decided", "likeliest", "starts", "tile_weights"]

_SIGMA_SHARE: Final = 1 / 8
"""Of a tile's length: at the tile's edge a Gaussian of it is 1/3000 of its middle."""
_LEAST_WEIGHT: Final = 1e-3
"""Of the middle's: a voxel that lies in the corner of one tile alone still counts many steps of the sums."""
_ONE: Final = 1 << 22
"""A probability of 1 in the sums: 512 tiles may overlap in one voxel before 32 bits are full."""
_MOST_OVERLAP: Final = 0.75  # some 4 tiles an axis over a voxel, 64 of a volume: far below those 512

Probabilities = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From tiles `(tiles, *tile, channels)` to the probabilities `(tiles, *tile, classes)` of each voxel."""

Decide = Callable[[NDArray[np.int32]], NDArray[Any]]
"""From sums of what was said `(planes, ..., classes)` to what is told of each voxel, `(planes, ...)`."""


@dataclass(frozen=True)
class Tiling:
    """How a scan is asked about: in tiles of a shape that overlap by a share of it, so many at once.

    `mirrored` names spatial axes; each set of them is asked about once more, mirrored, and the answers mean.
    """

    tile: tuple[int, ...]
    overlap: float = 0.5
    at_once: int = 1
    mirrored: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.overlap <= _MOST_OVERLAP:
            raise ValueError(f"expected an overlap of 0 to {_MOST_OVERLAP}, received {self.overlap}")


def likeliest(
    scan: NDArray[Any], probabilities: Probabilities, classes: int, tiling: Tiling
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The likeliest class of every voxel, the first of equal ones, as slabs of `decided`."""
    return decided(scan, probabilities, classes, tiling, _likeliest)


def decided(
    scan: NDArray[Any], said: Probabilities, classes: int, tiling: Tiling, decide: Decide
) -> Iterator[tuple[int, NDArray[Any]]]:
    """What is told of every voxel, as slabs: the first plane's index, and `(planes, ..., columns)`.

    `scan` is `([slices,] rows, columns, channels)`; where it is smaller than a tile, its border values go on.
    No more than a tile's planes of sums are held at once. Where `said` are numbers around nothing, such as
    probabilities less a half, so are their sums.
    """
    padded, before = _grown(scan, tiling.tile)
    shape = scan.shape[:-1]
    places = [
        starts(length, tile, tiling.overlap) for length, tile in zip(padded.shape, tiling.tile, strict=False)
    ]
    weights = tile_weights(tiling.tile)[..., None] * np.float32(_ONE)
    sums = np.zeros((tiling.tile[0], *padded.shape[1:-1], classes), np.int32)
    inner = tuple(slice(start, start + length) for start, length in zip(before[1:], shape[1:], strict=True))
    for number, first in enumerate(places[0]):
        corners = [(first, *rest) for rest in product(*places[1:])]
        for corner, answer in _answers(padded, corners, said, tiling):
            # The weights are even, so a mirrored answer needs no other ones.
            place = tuple(slice(a, a + size) for a, size in zip(corner[1:], tiling.tile[1:], strict=True))
            # Plane by plane: of many classes a tile's answer is large, and each step would copy it.
            for plane, weight, said_there in zip(sums, weights, answer, strict=True):
                plane[place] += np.rint(said_there * weight).astype(np.int32)
        following = places[0][number + 1] if number + 1 < len(places[0]) else first + tiling.tile[0]
        done = following - first
        told = decide(sums[(slice(done), *inner)])
        low, high = max(first, before[0]), min(following, before[0] + shape[0])
        yield low - before[0], told[low - first : high - first]
        sums[:-done] = sums[done:]
        sums[len(sums) - done :] = 0


def _likeliest(sums: NDArray[np.int32]) -> NDArray[np.uint8]:
    return np.asarray(np.argmax(sums, axis=-1), np.uint8)


def starts(length: int, tile: int, overlap: float) -> tuple[int, ...]:
    """Where tiles begin along an axis: evenly, overlapping by a share of their length at least.

    >>> starts(10, 4, 0.5), starts(4, 4, 0.5)
    ((0, 2, 4, 6), (0,))
    """
    step = max(1, int(tile * (1 - overlap)))
    count = -(-(length - tile) // step) + 1
    return tuple(int(place) for place in np.rint(np.linspace(0, length - tile, count)))


def tile_weights(tile: Sequence[int]) -> NDArray[np.float32]:
    """How much each voxel of a tile counts, 1 in its middle, as a Gaussian about it; of the tile's shape."""
    weights = np.ones((), np.float64)
    for length in tile:
        offsets = (np.arange(length) - (length - 1) / 2) / (length * _SIGMA_SHARE)
        weights = np.multiply.outer(weights, np.exp(-(offsets**2) / 2))
    weights /= weights.max()
    return np.maximum(weights, _LEAST_WEIGHT).astype(np.float32)


def _grown(scan: NDArray[Any], tile: Sequence[int]) -> tuple[NDArray[Any], tuple[int, ...]]:
    """The scan with its border values going on until a tile fits, and how many voxels stand before it."""
    lacking = [max(0, size - length) for size, length in zip(tile, scan.shape, strict=False)]
    if not any(lacking):
        return scan, (0,) * len(lacking)
    before = tuple(number // 2 for number in lacking)
    widths = [(low, number - low) for low, number in zip(before, lacking, strict=True)]
    return np.pad(scan, [*widths, (0, 0)], mode="edge"), before


def _answers(
    scan: NDArray[Any], corners: Sequence[tuple[int, ...]], probabilities: Probabilities, tiling: Tiling
) -> Iterator[tuple[tuple[int, ...], NDArray[np.float32]]]:
    """What the network says of each tile by its corner, mean over the mirrorings."""
    for begin in range(0, len(corners), tiling.at_once):
        together = corners[begin : begin + tiling.at_once]
        tiles = np.stack([_tile(scan, corner, tiling.tile) for corner in together]).astype(np.float32)
        said = _mirrored_mean(tiles, probabilities, tiling.mirrored)
        yield from zip(together, said, strict=True)


def _tile(scan: NDArray[Any], corner: Sequence[int], tile: Sequence[int]) -> NDArray[Any]:
    return scan[tuple(slice(start, start + size) for start, size in zip(corner, tile, strict=True))]


def _mirrored_mean(
    tiles: NDArray[np.float32], probabilities: Probabilities, mirrored: Sequence[int]
) -> NDArray[np.float32]:
    """The answers to the tiles and to all their mirrorings, each mirrored back, and their mean."""
    if not mirrored:
        return probabilities(tiles)
    total = np.zeros((), np.float32)
    sets = list(product(*((False, True) for _ in mirrored)))
    for chosen in sets:
        axes = tuple(axis + 1 for axis, flips in zip(mirrored, chosen, strict=True) if flips)
        total = total + np.flip(probabilities(np.flip(tiles, axes)), axes)
    return total / np.float32(len(sets))
