"""Pictures at 16 x 16, whole and cut: what is left of a set when its pictures are compared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.tilting import tilted
from pipeline.cohort.lookalikes.views import Cut, Pictures, View, cut_off
from pipeline.records import LIKENESS_SIDE

SMALL_SIDE: Final = 16  # pixels: the cosine asks for what is large, registration for the rest
_AT_ONCE: Final = 2048  # pictures: what is turned at once is 2 MB


@dataclass(frozen=True)
class Shrunk:
    """What each cut leaves of the pictures, `(pictures, 256)`, and their mean, `(64, 64)`."""

    of_cut: Mapping[Cut, NDArray[np.float32]]
    mean: NDArray[np.float32]

    def under(self, view: View, places: NDArray[np.intp]) -> Iterable[NDArray[np.float32]]:
        """The pictures at these places under a view, some at a time.

        It is turned before it is cut: a mirror image lacks on the left what the picture lacks on the right.
        """
        cut = self.of_cut[view.cut.mirrored if view.mirrored else view.cut]
        for start in range(0, len(places), _AT_ONCE):
            small = cut[places[start : start + _AT_ONCE]].reshape(-1, SMALL_SIDE, SMALL_SIDE)
            yield view.of(small).reshape(-1, SMALL_SIDE**2)


def shrunk(chunks: Iterable[Pictures], cuts: Collection[Cut]) -> Shrunk:
    """All pictures under these cuts, which with each have its mirror image; each is asked for once."""
    parts: dict[Cut, list[NDArray[np.float32]]] = {cut: [] for cut in cuts}
    total, count = np.zeros((LIKENESS_SIDE, LIKENESS_SIDE), np.int64), 0
    for pictures in chunks:
        greys = pictures.astype(np.float32)
        for cut, small in parts.items():
            rows, columns = cut_off(cut, SMALL_SIDE)
            of_cut = (rows @ tilted(greys, cut.tilt) @ columns.T).astype(np.float32, copy=False)
            small.append(of_cut.reshape(-1, SMALL_SIDE**2))
        total += pictures.sum(axis=0, dtype=np.int64)
        count += len(pictures)
    # One cut after the other: a list and its array lie beside each other for one of them only.
    return Shrunk({cut: np.concatenate(parts.pop(cut)) for cut in cuts}, (total / count).astype(np.float32))
