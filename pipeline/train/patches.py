"""Where a patch of a scan is cut: a pure function of seed, step and case, a share about what is marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Patches:
    """Patches of a `shape`, `foreground` of them about a voxel of a structure.

    `voxels(i)` are some voxels of each structure in case i as flat indices, `(structures, count)`, -1 where
    the case hasn't got it. Each structure of a case is as likely as any other.
    """

    shape: Shape
    foreground: float
    seed: int
    voxels: Callable[[int], NDArray[np.int64]]

    def corner(self, index: int, space: Shape, *, unit: int, step: int) -> Shape:
        """Where the patch of case `index`, of shape `space`, begins at a step; 0 where the scan is shorter.

        `unit` tells the patches of one case in an epoch apart.
        """
        key = np.array([self.seed, (step << 32) | unit], dtype=np.uint64)
        generator = np.random.Generator(np.random.Philox(key=key))
        last = np.maximum(0, np.array(space) - self.shape)
        if generator.random() < self.foreground and (middle := self._marked(index, space, generator)):
            begin = np.array(middle) - generator.integers(0, np.array(self.shape))
            return tuple(np.clip(begin, 0, last).tolist())
        return tuple(generator.integers(0, last + 1).tolist())

    def _marked(self, index: int, space: Shape, generator: np.random.Generator) -> Shape | None:
        """A voxel of some structure of the case; None where it has none."""
        known = self.voxels(index)
        there = np.flatnonzero(known[:, 0] >= 0)
        if not there.size:
            return None
        flat = generator.choice(known[generator.choice(there)])
        return tuple(int(place) for place in np.unravel_index(int(flat), space))


def cut(array: NDArray[Any], corner: Shape, shape: Shape) -> NDArray[Any]:
    """The patch of `shape` at a corner of `(*space, ...)`; of a shorter scan all, its border values going on.

    What is lacking is added on both sides, as tiles of such a scan have it.
    """
    part = array[tuple(slice(first, first + size) for first, size in zip(corner, shape, strict=True))]
    lacking = [size - length for size, length in zip(shape, part.shape, strict=False)]
    if not any(lacking):
        return part
    widths = [(number // 2, number - number // 2) for number in lacking]
    return np.pad(part, [*widths, *[(0, 0)] * (array.ndim - len(shape))], mode="edge")
