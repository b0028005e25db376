"""The views of a likeness under which it may stand for another: cut, turned, mirrored, inverted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.records import LIKENESS_SIDE

Pictures = NDArray[np.uint8]
"""Likenesses, `(scans, 64, 64)`."""
Values = TypeVar("Values", NDArray[np.uint8], NDArray[np.float32])

CUTS: Final = (0, 3, 6)
"""Pixels cut off each side: nothing, a tenth of the width, a fifth. What lies between is near one of them."""


@dataclass(frozen=True)
class View:
    """`cut` pixels off each side, `turns` by 90 degrees after a mirroring, black for white."""

    cut: int
    turns: int
    mirrored: bool
    inverted: bool

    @property
    def is_plain(self) -> bool:
        """Whether nothing but a cut is done."""
        return not (self.turns or self.mirrored or self.inverted)

    def of(self, pictures: Values) -> Values:
        """The pictures, turned and inverted but not cut."""
        turned = np.rot90(pictures[..., ::-1] if self.mirrored else pictures, self.turns, (-2, -1))
        return np.ascontiguousarray(255 - turned if self.inverted else turned)

    @property
    def words(self) -> str:
        """What was done to the one to make the other, "" for nothing that can be told."""
        done = (
            (self.mirrored, "mirrored"),
            (self.turns != 0, "turned"),
            (self.inverted, "inverted"),
            (self.cut > 0, "cut"),
        )
        return ", ".join(word for is_done, word in done if is_done)


def views(*, with_cuts: bool) -> Iterator[View]:
    """All views: 8 orientations, black for white, and three cuts of what is neither turned nor inverted."""
    for mirrored, turns in itertools.product((False, True), range(4)):
        for cut in CUTS if with_cuts and not turns else CUTS[:1]:
            yield View(cut, turns, mirrored, inverted=False)
        yield View(0, turns, mirrored, inverted=True)


def ranked(pictures: Pictures) -> Pictures:
    """Each value by its rank in its picture, 0 to 255: no window and no gamma changes it."""
    count, size = len(pictures), LIKENESS_SIDE**2
    flat = pictures.reshape(count, size).astype(np.int64)
    offsets = np.arange(count)[:, None] * 256
    counts = np.bincount((flat + offsets).reshape(-1), minlength=count * 256).reshape(count, 256)
    middle = np.cumsum(counts, axis=1) - counts / 2
    levels = np.rint(middle * (255 / size)).astype(np.uint8)
    return np.take_along_axis(levels, flat, axis=1).reshape(pictures.shape)


@lru_cache(maxsize=32)
def cutting(cut: int, side: int = LIKENESS_SIDE) -> NDArray[np.float32]:
    """From the 64 pixels of a side to `side` averages of what is left when `cut` are cut off each end."""
    edges = np.linspace(cut, LIKENESS_SIDE - cut, side + 1)
    samples = np.arange(LIKENESS_SIDE)
    starts, ends = np.maximum(edges[:-1, None], samples), np.minimum(edges[1:, None], samples + 1)
    width = (LIKENESS_SIDE - 2 * cut) / side
    matrix: NDArray[np.float32] = (np.clip(ends - starts, 0, None) / width).astype(np.float32)
    return matrix
