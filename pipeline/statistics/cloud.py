"""How unlike known vectors another one is: along their main axes, and off them.

Known vectors are brought to one scale, their main axes found, and a new one is measured by how far it lies
along these (Mahalanobis 1936) and how much of it they leave unexplained, which a network's own classes don't
see (Wang et al. 2022, CVPR, "ViM").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.statistics.vectors import Floats

MOST_AXES: Final = 16
"""A choice: what few hundred patients tell well."""
VECTORS_AN_AXIS: Final = 10
"""Known vectors for each axis, so that its spread is no accident."""
_LEAST_SPREAD: Final = 1e-3
"""Of the largest one: a direction in which nothing varied must not blow up rounding."""
_NOTHING_OFF: Final = 1e30
"""The spread off the axis where what lies off it says nothing: no distance is left."""


@dataclass(frozen=True)
class Cloud:
    """Where known vectors lie: their `centre` and `scale` (dimensions,), main axes `(axes, dimensions)`.

    `spread` is the standard deviation along each axis, `rest` that of what is left, a dimension. What is
    `one_way` counts along the axes only as far as it lies on their lower side.
    """

    centre: Floats
    scale: Floats
    axes: Floats
    spread: Floats
    rest: float
    one_way: bool = False

    def distances(self, vectors: Floats) -> Floats:
        """How far vectors `(n, dimensions)` lie along the axes and off them, shape (n, 2)."""
        standard = (vectors - self.centre) / self.scale
        along = standard @ self.axes.T
        off = standard - along @ self.axes
        counted = np.minimum(along, 0.0) if self.one_way else along
        squared = (counted / self.spread) ** 2
        return np.column_stack([np.sqrt(squared.mean(axis=1)), np.sqrt((off**2).mean(axis=1)) / self.rest])


def cloud(vectors: Floats) -> Cloud:
    """The cloud of known vectors `(n, dimensions)`, a few at least."""
    centre, scale = np.asarray(vectors.mean(axis=0)), np.asarray(vectors.std(axis=0))
    scale = np.maximum(scale, max(_LEAST_SPREAD * float(scale.max()), float(np.finfo(np.float32).tiny)))
    standard = (vectors - centre) / scale
    axes = min(MOST_AXES, max(1, len(vectors) // VECTORS_AN_AXIS), standard.shape[1])
    _, values, directions = np.linalg.svd(standard, full_matrices=False)
    axes = min(axes, len(values))
    spread = np.maximum(values[:axes] / np.sqrt(len(vectors)), _LEAST_SPREAD)
    off = standard - standard @ directions[:axes].T @ directions[:axes]
    rest = max(float(np.sqrt((off**2).mean())), _LEAST_SPREAD)
    return Cloud(centre, scale, directions[:axes], spread, rest)


def facing(vectors: Floats) -> Cloud:
    """The cloud along the one direction that tells known vectors best from their opposites (Fisher 1936).

    Only what lies towards the opposites is far: who is more like the known than they are themselves is no
    stranger, and would take from the false alarms that all share. The covariance is shrunk (Ledoit & Wolf
    2004), for there are hardly more vectors than dimensions.
    """
    from sklearn.covariance import ledoit_wolf

    centre = np.asarray(vectors.mean(axis=0))
    shrunk, _ = ledoit_wolf(vectors - centre)
    direction = np.linalg.lstsq(shrunk, centre, rcond=None)[0]
    axis = direction / max(float(np.linalg.norm(direction)), float(np.finfo(np.float32).tiny))
    along = (vectors - centre) @ axis
    spread = max(float(along.std()), float(np.finfo(np.float32).tiny))
    return Cloud(centre, np.ones_like(centre), axis[None], np.array([spread]), _NOTHING_OFF, one_way=True)
