"""Pictures turned by some degrees, as few as 64 x 64 pixels allow."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from pipeline.records import LIKENESS_SIDE


def tilted(pictures: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    """The pictures turned about their middle by so many degrees; what comes in repeats the edge."""
    if not degrees:
        return pictures
    flat = pictures.reshape(-1, LIKENESS_SIDE**2)
    turned: NDArray[np.float32] = (_tilting(degrees) @ flat.T).T.reshape(pictures.shape)
    return turned


@lru_cache(maxsize=32)
def _tilting(degrees: float) -> Any:
    """From the pixels of a picture to those of it turned about its middle, each by its four neighbours."""
    middle = (LIKENESS_SIDE - 1) / 2
    y, x = np.mgrid[:LIKENESS_SIDE, :LIKENESS_SIDE].reshape(2, -1) - middle
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    places = np.clip(np.stack([cosine * y - sine * x, sine * y + cosine * x]) + middle, 0, LIKENESS_SIDE - 1)
    below = np.minimum(np.floor(places).astype(np.intp), LIKENESS_SIDE - 2)
    share = places - below
    matrix = scipy.sparse.csr_array((LIKENESS_SIDE**2, LIKENESS_SIDE**2), dtype=np.float32)
    for down in (0, 1):
        for right in (0, 1):
            weights = np.abs(1 - down - share[0]) * np.abs(1 - right - share[1])
            columns = (below[0] + down) * LIKENESS_SIDE + below[1] + right
            entries = (weights.astype(np.float32), (np.arange(LIKENESS_SIDE**2), columns))
            matrix = matrix + scipy.sparse.csr_array(entries, shape=matrix.shape)
    return matrix
