"""What is taken of a model-ready array: a coarse picture, its halves, grey values, and features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.statistics.vectors import Floats

if TYPE_CHECKING:
    import keras

PICTURE, SIDES, GREYS, FEATURES = "picture", "sides", "grey values", "features"
FACING: Final = "facing"
"""Sides once more, which portraits of before compared with their mirror images."""
ENDS: Final = {-1: "left and right", -2: "top and bottom", -3: "first and last slices"}
"""What a grid has at the two ends of an axis, by axis: it looks exchanged in a mirrored or turned scan."""
GRID: Final = 12
"""Blocks along rows and columns, a choice: organs can be told, and no lesion."""
SLICES: Final = 4  # blocks along slices, a choice for the same reason: volumes cover unlike stretches
_PERCENTILES: Final = (1, 10, 50, 90, 99)  # not the ends, which a single hot voxel sets
_BATCH: Final = 32  # arrays that are in memory at once
LAST_FEATURES: Final = "last_features"

Array = NDArray[Any]
Sights = dict[str, Floats]
"""Of each kind a vector a scan, shape (scans, dimensions)."""


def sights(arrays: Iterable[Array], network: keras.Model | None) -> Sights:
    """All kinds of vectors of arrays `([slices,] rows, columns, channels)`, taken a batch at a time.

    Without a network there are no features. A scan with a number that isn't finite has nan in all of them.
    """
    taken: dict[str, list[Floats]] = {}
    features = None if network is None else _features(network)
    for given in _batches(arrays):
        finite = np.array([bool(np.isfinite(array).all()) for array in given])
        batch = [array if good else np.zeros_like(array) for array, good in zip(given, finite, strict=True)]
        values = [_of_values(array.astype(np.float32)) for array in batch]
        kinds: dict[str, NDArray[Any]] = {
            kind: np.stack([each[kind] for each in values]) for kind in values[0]
        }
        if features is not None:
            kinds[FEATURES] = features(batch)
        for kind, vectors in kinds.items():
            known = np.where(finite[:, None], vectors, np.nan).astype(np.float64)
            taken.setdefault(kind, []).append(known)
    return {kind: np.concatenate(vectors) for kind, vectors in taken.items()}


def _of_values(array: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Of each kind that takes no network the vector of one scan."""
    grid, edges = _grid(array), _grid(_edges(array))
    sides = _halves(grid, -1).ravel()
    ends = {
        name: np.concatenate([_halves(grid, axis).ravel(), _halves(edges, axis).ravel()])
        for axis, name in ENDS.items()
        if -axis < array.ndim
    }
    return {PICTURE: grid.ravel(), SIDES: sides, FACING: sides, GREYS: _greys(array), **ends}


def _batches(arrays: Iterable[Array]) -> Iterator[list[Array]]:
    remaining = iter(arrays)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _features(network: keras.Model) -> Callable[[Sequence[Array]], Floats] | None:
    """From a batch to the last features of all networks inside, averaged over places; None without them."""
    import keras

    from pipeline.models.ensemble import members

    inside = members(network)
    if not all(any(layer.name == LAST_FEATURES for layer in each.layers) for each in inside):
        return None
    models = [keras.Model(each.input, each.get_layer(LAST_FEATURES).output) for each in inside]

    def of(batch: Sequence[Array]) -> Floats:
        filled = np.stack([*batch, *[batch[0]] * (_BATCH - len(batch))]).astype(np.float32)
        maps = [
            np.asarray(model.predict_on_batch(filled), dtype=np.float64)[: len(batch)] for model in models
        ]
        return np.concatenate(
            [each.reshape(len(batch), -1, each.shape[-1]).mean(axis=1) for each in maps], axis=1
        )

    return of


def _grid(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of blocks, `(slices, rows, columns)`, a single slice of an image; channels are averaged."""
    volume: NDArray[np.float32] = np.asarray(array.mean(axis=-1))
    volume = volume[None] if volume.ndim == 2 else volume
    for axis, blocks in enumerate((SLICES if array.ndim == 4 else 1, GRID, GRID)):
        volume = _blocks(volume, axis, blocks)
    return volume


def _blocks(volume: NDArray[np.float32], axis: int, blocks: int) -> NDArray[np.float32]:
    """The means of so many blocks along an axis; of fewer planes, those that lie nearest."""
    size = volume.shape[axis]
    if size < blocks:
        nearest = ((np.arange(blocks) + 0.5) * size / blocks).astype(np.intp)
        return np.asarray(volume.take(nearest, axis=axis))
    edges = np.linspace(0, size, blocks + 1).astype(int)
    shape = [1, 1, 1]
    shape[axis] = blocks
    return np.asarray(np.add.reduceat(volume, edges[:-1], axis=axis) / np.diff(edges).reshape(shape))


def _halves(grid: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """One half along an axis less the other, mirrored: of a mirrored grid the same with the other sign."""
    opposite = (grid - np.flip(grid, axis)).swapaxes(axis, -1)
    return np.asarray(opposite[..., : grid.shape[axis] // 2].swapaxes(axis, -1))


def _edges(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """How steeply values rise or fall in the slices, wherever to; along an axis of one voxel they don't."""
    along = [axis for axis in (-3, -2) if array.shape[axis] > 1]
    steps = [np.abs(np.gradient(array, axis=axis)) for axis in along]
    return np.asarray(sum(steps, np.zeros_like(array)))


def _greys(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Percentiles, mean and spread of the values, and how much neighbours in a slice differ."""
    steps = [np.abs(np.diff(array, axis=axis)).mean() for axis in (-3, -2)]
    return np.array(
        [*np.percentile(array, _PERCENTILES), array.mean(), array.std(), *steps], dtype=np.float32
    )
