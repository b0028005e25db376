"""Reads a NIfTI label map: which voxels have the number of each declared structure; 0 is none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats import nifti
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks.drawing import Drawing, Scan, put_on_some
from pipeline.ingest.masks.grid import Block, Mask, put_whole
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal

__all__ = ["draw", "structures_in"]


def structures_in(data: Buffer, structures: Structures) -> frozenset[str]:
    """The declared structures that a label map may mark, whatever its bytes: those that a number calls."""
    del data
    return frozenset(structures.numbered().values())


def draw(data: Buffer, drawing: Drawing) -> None:
    """Puts each structure's voxels where they lie. Raises Refusal as `_labels_in`, and for another place."""
    for name, block in _labels_in(data, drawing.structures, drawing.limits).items():
        for part in [block] if len(drawing.scans) == 1 else _slices_of(block):
            put_on_some(drawing, name, part, _put)


def _put(block: Block, scan: Scan, mask: Mask) -> None:
    put_whole(block, scan.grid, mask)


def _labels_in(data: Buffer, structures: Structures, limits: FileLimits) -> dict[str, Block]:
    """What the map marks of each of these structures, axes as they are stored.

    Raises Refusal `mask_values_invalid` for a number of no structure, unless that is ignored, and for what
    is no whole number; and as the reader of NIfTI.
    """
    array, affine, _ = nifti.read(data, limits, form=structures.form, axes=structures.axes)
    if array.ndim != 3:
        raise Refusal("mask_values_invalid", "colours, where a label map has numbers")
    named = structures.numbered()
    strange = _present(array) - named.keys() - {0}
    if strange and structures.undeclared == "refuse":
        raise Refusal("mask_values_invalid", f"the value {min(strange)} is of no structure")
    marked: dict[str, NDArray[np.bool_]] = {}
    for number, name in named.items():
        here = array == number
        marked[name] = marked[name] | here if name in marked else here
    return {name: Block(affine, voxels) for name, voxels in marked.items()}


def _slices_of(block: Block) -> list[Block]:
    """The block cut along its last axis, as a volume's images are where each is a case."""
    slices = []
    for number in range(block.marked.shape[2]):
        affine = block.affine.copy()
        affine[:3, 3] += number * block.affine[:3, 2]
        slices.append(Block(affine, block.marked[:, :, number : number + 1]))
    return slices


def _present(array: NDArray[Any]) -> set[int]:
    """The numbers that occur. Raises Refusal where one is none that counts."""
    values = np.unique(array)
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        raise Refusal("mask_values_invalid", "numbers that are not whole, where a label map has whole ones")
    return {int(value) for value in values}
