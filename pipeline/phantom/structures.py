"""Which voxels of a scan the lungs and the nodules have: the truth that masks are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.chest import Chest, Place, lung_depth, nodule_depth, oval_depth, spine_centre_mm
from pipeline.phantom.render import Grid
from pipeline.segmentation_objects import ANATOMY, Code

Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class Structure:
    """What is marked: the label of a segment, the name of a region, and the codes of a segment."""

    label: str
    region: str
    category: Code
    kind: Code


_ALTERED: Final = Code("49755003", "SCT", "Morphologically Altered Structure")
RIGHT: Final = Structure("Right lung", "Lung_R", ANATOMY, Code("3341006", "SCT", "Right lung"))
LEFT: Final = Structure("Left lung", "Lung_L", ANATOMY, Code("44029006", "SCT", "Left lung"))
NODULE: Final = Structure("Nodule", "GTV", _ALTERED, Code("27925004", "SCT", "Nodule"))
STRUCTURES: Final = (RIGHT, LEFT, NODULE)
VERTEBRA: Final = Structure("Vertebra", "Vertebra", ANATOMY, Code("51282000", "SCT", "Vertebra"))
_MIDDLE_MM: Final = 3.0  # of what parts the lungs
_VERTEBRA_MM: Final = 16.0


def marks_in(chest: Chest, grid: Grid) -> Marks:
    """The voxels whose centres lie in each of STRUCTURES, `(structures, slices, rows, columns)`.

    No voxel is in two of them: what a nodule takes is no lung.
    """
    place = _place(grid)
    lung = lung_depth(chest, place) >= 0
    nodule = np.zeros(grid.shape, np.bool_)
    for one in chest.nodules:
        nodule |= nodule_depth(one, place) >= 0
    nodule &= lung
    left = place[0] > _MIDDLE_MM
    return np.stack([lung & ~left & ~nodule, lung & left & ~nodule, nodule])


def vertebra_in(chest: Chest, grid: Grid) -> Marks:
    """The voxels of the spine, `(slices, rows, columns)`."""
    x, y, _ = _place(grid)
    depth = oval_depth(x / _VERTEBRA_MM, (y - spine_centre_mm(chest)) / _VERTEBRA_MM, scale_mm=_VERTEBRA_MM)
    return np.broadcast_to(depth >= 0, grid.shape)


def _place(grid: Grid) -> Place:
    x, y, z = grid.axes()
    return (*grid.to_chest(x, y), z)
