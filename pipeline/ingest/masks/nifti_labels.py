"""Reads a NIfTI label map, and puts it where its affine says."""

from __future__ import annotations

from typing import Final

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats import nifti
from pipeline.ingest.masks.drawing import Drawing, Scan, put_on_some
from pipeline.ingest.masks.grid import Block, Mask, put_whole
from pipeline.ingest.masks.labels import marked_in, read_as_mask, remarks_on, whole
from pipeline.ingest.masks.nearest import put_nearest
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal

__all__ = ["PLACED", "draw", "structures_in"]

PLACED: Final = True


def structures_in(data: Buffer, structures: Structures) -> frozenset[str]:
    """The declared structures that a label map may mark, whatever its bytes: those that a number calls."""
    del data
    return frozenset(structures.numbered().values())


def draw(data: Buffer, drawing: Drawing) -> None:
    """Puts each structure's voxels where they lie. Raises Refusal as `_blocks_in`, and for another place."""
    for name, block in _blocks_in(data, drawing).items():
        if len(drawing.scans) == 1:
            _put_resampled(drawing, block, drawing.scans[0], drawing.masks[name][0])
            continue
        for part in _slices_of(block):
            put_on_some(drawing, name, part, _put_slice)


def _put(block: Block, scan: Scan, mask: Mask) -> None:
    put_whole(block, scan.grid, mask)


def _put_slice(block: Block, scan: Scan, mask: Mask) -> None:
    """As `_put`, of one slice: other voxels are then put nowhere, whatever the settings allow."""
    try:
        _put(block, scan, mask)
    except Refusal as refusal:
        raise Refusal(refusal.reason, f"{refusal.detail}; each slice is a case") from None


def _put_resampled(drawing: Drawing, block: Block, scan: Scan, mask: Mask) -> None:
    """As `_put`; a block on another grid is put there by the nearest voxel where the settings allow it."""
    try:
        _put(block, scan, mask)
    except Refusal:
        if not drawing.structures.resamples:
            raise
        put_nearest(block, scan.grid, mask)
        drawing.notes.add("mask_resampled")


def _blocks_in(data: Buffer, drawing: Drawing) -> dict[str, Block]:
    """What the map marks of each structure of the drawing, which gets the notes; axes as they are stored.

    Raises Refusal as `whole`, as `marked_in`, and as the reader of NIfTI.
    """
    structures = drawing.structures
    with read_as_mask():
        array, affine, _ = nifti.read(data, drawing.limits, form=structures.form, axes=structures.axes)
    if array.ndim != 3:
        raise Refusal("mask_values_invalid", "colours, where a label map has numbers")
    array = whole(array)
    marked = marked_in(array, structures)
    drawing.notes.update(remarks_on(array, marked))
    return {name: Block(affine, voxels) for name, voxels in marked.items()}


def _slices_of(block: Block) -> list[Block]:
    """The block cut along its last axis, as a volume's images are where each is a case."""
    slices = []
    for number in range(block.marked.shape[2]):
        affine = block.affine.copy()
        affine[:3, 3] += number * block.affine[:3, 2]
        slices.append(Block(affine, block.marked[:, :, number : number + 1]))
    return slices
