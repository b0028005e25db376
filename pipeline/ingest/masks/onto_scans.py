"""One file's marks as masks on the grids of the scans that it marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks import kinds
from pipeline.ingest.masks.drawing import Drawing, Scan
from pipeline.ingest.masks.grid import Mask
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal
from pipeline.pseudonyms import Key

__all__ = ["Drawn", "masks_on", "structures_in"]

_MEMORY_SHARE = 2
"""Masks of one file may take half of a child's memory: voxels and pixels need the rest."""
_PLACELESS = "the scan has no place in space"
_MASK_PLACELESS = "a picture has no place in space, which its scan has"


@dataclass(frozen=True, eq=False)
class Drawn:
    """The masks of each structure that a file has, one a scan, and what was noted."""

    masks: Mapping[str, tuple[Mask, ...]]
    notes: frozenset[str] = frozenset()


def structures_in(data: Buffer, structures: Structures, limits: FileLimits) -> frozenset[str]:
    """The declared structures that a file marks. Raises Refusal `mask_values_invalid` for others."""
    kind, opened = kinds.opened(data, limits)
    return kind.structures_in(opened, structures)


def masks_on(
    data: Buffer, scans: Sequence[Scan], structures: Structures, *, key: Key, limits: FileLimits
) -> Drawn:
    """What a file marks on each scan.

    Raises Refusal `mask_geometry_mismatch` for what lies on none of them, and where one of mask and scan lies
    in space and the other doesn't; `limit_exceeded` for more than fits in memory, and as the readers of each
    kind of mask.
    """
    kind, opened = kinds.opened(data, limits)
    if any(scan.is_picture == kind.PLACED for scan in scans):
        raise Refusal("mask_geometry_mismatch", _PLACELESS if kind.PLACED else _MASK_PLACELESS)
    names = sorted(kind.structures_in(opened, structures))
    _check_memory(names, scans, limits)
    masks = {name: tuple(np.zeros(scan.grid.shape, np.uint8) for scan in scans) for name in names}
    drawing = Drawing(scans, structures, key, limits, masks)
    kind.draw(opened, drawing)
    return Drawn(masks, frozenset(drawing.notes))


def _check_memory(names: Sequence[str], scans: Sequence[Scan], limits: FileLimits) -> None:
    needed = len(names) * sum(int(np.prod(scan.grid.shape)) for scan in scans)
    if needed > (limits.memory_mb << 20) // _MEMORY_SHARE:
        raise Refusal("limit_exceeded", f"memory: {len(names)} masks of together {needed >> 20} MB")
