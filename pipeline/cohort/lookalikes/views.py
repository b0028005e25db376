"""The views of a likeness under which it may stand for another: cut, turned, mirrored, inverted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.records import LIKENESS_SIDE

Pictures = NDArray[np.uint8]
"""Likenesses, `(scans, 64, 64)`."""
Values = TypeVar("Values", NDArray[np.uint8], NDArray[np.float32])


@dataclass(frozen=True)
class Cut:
    """Pixels that are cut off each side, and the degrees by which it is tilted before."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0
    tilt: float = 0.0

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """The pixels off each side."""
        return self.top, self.bottom, self.left, self.right

    def more(self, pixels: int) -> Cut:
        """So many pixels more off each side of which any are cut."""
        top, bottom, left, right = (side and max(0, side + pixels) for side in self.sides)
        return Cut(top, bottom, left, right, self.tilt)

    @property
    def mirrored(self) -> Cut:
        """The cut and tilt of a mirror image that leave the same."""
        return Cut(self.top, self.bottom, self.right, self.left, -self.tilt)

    @property
    def is_none(self) -> bool:
        """Whether nothing is cut off."""
        return self == NONE


NONE: Final = Cut()
CUTS: Final = (
    NONE,
    *(Cut(each, each, each, each) for each in (3, 6)),
    *(Cut(**{side: 5}) for side in ("top", "bottom", "left", "right")),
    *(Cut(tilt=degrees) for degrees in (-18.0, -9.0, 9.0, 18.0)),
)
"""Nothing; a tenth of the width and of the height, a fifth, half on each side; a twelfth off one side; tilts.

What lies between is near one of them.
"""
_RISE: Final = 3.0
"""How much steeper than a line greys may be spread where many pixels have nearly one grey: a choice.

Without a bound the noise of air would be spread over all the greys that air takes, and stand beside anatomy.
"""


@dataclass(frozen=True)
class View:
    """A cut, `turns` by 90 degrees after a mirroring, black for white."""

    cut: Cut
    turns: int
    mirrored: bool
    inverted: bool

    def of(self, pictures: Values) -> Values:
        """The pictures, turned and inverted but not cut."""
        turned = np.rot90(pictures[..., ::-1] if self.mirrored else pictures, self.turns, (-2, -1))
        return np.ascontiguousarray(255 - turned if self.inverted else turned)

    @property
    def words(self) -> str:
        """What was done to the one to make the other, "" for nothing that can be told."""
        done = (
            (self.mirrored, "mirrored"),
            (self.turns != 0 or self.cut.tilt != 0, "turned"),
            (self.inverted, "inverted"),
            (any(self.cut.sides), "cut"),
        )
        return ", ".join(word for is_done, word in done if is_done)


def views(cuts: Sequence[Cut]) -> Iterator[View]:
    """All views: 8 orientations, black for white, and the cuts of what is neither turned nor inverted.

    The first of `cuts` is none.
    """
    for mirrored, turns in itertools.product((False, True), range(4)):
        for cut in cuts[:1] if turns else cuts:
            yield View(cut, turns, mirrored, inverted=False)
        yield View(NONE, turns, mirrored, inverted=True)


def evened(pictures: Pictures) -> Pictures:
    """The pictures with their greys spread evenly, 0 to 255: hardly a window or gamma changes the result."""
    count, size = len(pictures), LIKENESS_SIDE**2
    flat = pictures.reshape(count, size).astype(np.int64)
    offsets = np.arange(count)[:, None] * 256
    counts = np.bincount((flat + offsets).reshape(-1), minlength=count * 256).reshape(count, 256)
    bounded = np.minimum(counts, _RISE * size / 256)
    middle = np.cumsum(bounded, axis=1) - bounded / 2
    levels = np.rint(middle * 255 / bounded.sum(axis=1, keepdims=True)).astype(np.uint8)
    return np.take_along_axis(levels, flat, axis=1).reshape(pictures.shape)


def cut_off(cut: Cut, side: int = LIKENESS_SIDE) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What makes `side` averages each of the rows and of the columns that a cut leaves."""
    return _averaging(cut.top, cut.bottom, side), _averaging(cut.left, cut.right, side)


@lru_cache(maxsize=128)
def _averaging(first: int, last: int, side: int) -> NDArray[np.float32]:
    """From 64 pixels to `side` averages of what is left without so many `first` and `last` ones."""
    edges = np.linspace(first, LIKENESS_SIDE - last, side + 1)
    samples = np.arange(LIKENESS_SIDE)
    starts, ends = np.maximum(edges[:-1, None], samples), np.minimum(edges[1:, None], samples + 1)
    width = (LIKENESS_SIDE - first - last) / side
    matrix: NDArray[np.float32] = (np.clip(ends - starts, 0, None) / width).astype(np.float32)
    return matrix
