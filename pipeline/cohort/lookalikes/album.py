"""The pictures that are compared, made of likenesses where they are asked for.

All of them at once would take as much memory as the likenesses again, for each of the two looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.borders import has_border, without_border
from pipeline.cohort.lookalikes.views import Pictures, evened
from pipeline.records import LIKENESS_SIDE

AT_ONCE: Final = 512  # pictures: what is made on the way to them stays some tens of megabytes


@dataclass(frozen=True)
class Album:
    """Likenesses, and what makes pictures to compare of some."""

    likenesses: Sequence[bytes]
    made: Callable[[Pictures], Pictures]

    def at(self, places: NDArray[np.intp]) -> Pictures:
        """The pictures at these places, `(places, 64, 64)`."""
        parts = [
            self.made(_read([self.likenesses[place] for place in places[start : start + AT_ONCE].tolist()]))
            for start in range(0, len(places), AT_ONCE)
        ]
        return np.concatenate([np.empty((0, LIKENESS_SIDE, LIKENESS_SIDE), np.uint8), *parts])

    def chunks(self) -> Iterator[Pictures]:
        """All pictures, some at a time."""
        for start in range(0, len(self.likenesses), AT_ONCE):
            yield self.made(_read(self.likenesses[start : start + AT_ONCE]))


def whole(likenesses: Sequence[bytes]) -> Album:
    """The likenesses as they are, evened."""
    return Album(likenesses, evened)


def bare(likenesses: Sequence[bytes]) -> Album:
    """The likenesses without a border of one grey, evened."""
    return Album(likenesses, lambda pictures: evened(without_border(pictures)))


def bordered(likenesses: Sequence[bytes]) -> NDArray[np.intp]:
    """The places of those that have a border."""
    return np.flatnonzero(np.concatenate(list(map(has_border, Album(likenesses, lambda raw: raw).chunks()))))


def _read(likenesses: Sequence[bytes]) -> Pictures:
    shape = (len(likenesses), LIKENESS_SIDE, LIKENESS_SIDE)
    return np.frombuffer(b"".join(likenesses), np.uint8).reshape(shape)
