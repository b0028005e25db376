"""One file's marks on the grids of the scans that it marks.

Each frame and each contour must lie on one of them: none is left out in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from pipeline.ingest.dicom.container import Container, open_container
from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.dicom.sop_classes import STRUCTURE_SET
from pipeline.ingest.formats.registry import format_of
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks import nifti_labels, segmentation, structure_set
from pipeline.ingest.masks.grid import TOLERANCE_VOXELS, Block, Grid, Mask, put, put_whole
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Triple
from pipeline.ingest.series.geometry import LPS_TO_RAS
from pipeline.pseudonyms import Key

__all__ = ["Drawn", "Scan", "masks_on", "structures_in"]

_MEMORY_SHARE = 2
"""Masks of one file may take half of a child's memory: voxels and pixels need the rest."""


@dataclass(frozen=True, eq=False)
class Scan:
    """A case as masks see it, in two orders of axes.

    `planes` is its grid as its planes were stacked, `grid` that of its stored array. `positions` are where
    its planes lie, LPS mm, by the pseudonym of their image; `frame_of_reference` is a pseudonym, too.
    """

    planes: Grid
    grid: Grid
    positions: Mapping[str, tuple[Triple, ...]] = field(default_factory=dict)
    frame_of_reference: str = ""


@dataclass(frozen=True, eq=False)
class Drawn:
    """The masks of each structure that a file has, one a scan, and what was noted."""

    masks: Mapping[str, tuple[Mask, ...]]
    notes: frozenset[str] = frozenset()


def structures_in(data: Buffer, structures: Structures, limits: FileLimits) -> frozenset[str]:
    """The declared structures that a file marks. Raises Refusal `mask_values_invalid` for others."""
    if format_of(data):
        return nifti_labels.structures_in(structures)
    return _structures_of(_opened(data, limits).dataset, structures)


def _structures_of(dataset: Dataset, structures: Structures) -> frozenset[str]:
    if dataset.text("SOPClassUID") == STRUCTURE_SET:
        return structure_set.structures_in(dataset, structures)
    return segmentation.structures_in(dataset, structures)


def masks_on(
    data: Buffer, scans: Sequence[Scan], structures: Structures, *, key: Key, limits: FileLimits
) -> Drawn:
    """What a file marks on each scan.

    Raises Refusal `mask_geometry_mismatch` for what lies on none of them, `limit_exceeded` for more than
    fits in memory, and as the readers of each kind of object.
    """
    names = sorted(structures_in(data, structures, limits))
    _check_memory(names, scans, limits)
    masks = {name: tuple(np.zeros(scan.grid.shape, np.uint8) for scan in scans) for name in names}
    if format_of(data):
        for name, block in nifti_labels.labels_in(data, structures, limits).items():
            for part in [block] if len(scans) == 1 else nifti_labels.slices_of(block):
                _on_some(_put_volume, part, scans, masks[name])
        return Drawn(masks)
    container = _opened(data, limits)
    if container.dataset.text("SOPClassUID") == STRUCTURE_SET:
        return _of_contours(container.dataset, scans, structures, masks=masks, key=key)
    _check_frame(container.dataset.text("FrameOfReferenceUID"), scans, key)
    frames = segmentation.marked_frames(container, structures, decoded_bytes=limits.decoded_bytes)
    for marked in frames:
        sources = [key.pseudonym("sop", source) for source in marked.sources if source]
        _on_some(partial(_put_frame, sources), marked.block, scans, masks[marked.structure])
    return Drawn(masks)


def _opened(data: Buffer, limits: FileLimits) -> Container:
    return open_container(data, depth=limits.depth, inflated_bytes=limits.decoded_bytes)


def _on_some(
    put_on: Callable[[Block, Scan, Mask], None], block: Block, scans: Sequence[Scan], masks: Sequence[Mask]
) -> None:
    """Puts a block onto each scan that it lies on. Raises the first one's Refusal where that is none."""
    refusals = []
    for scan, mask in zip(scans, masks, strict=True):
        try:
            put_on(block, scan, mask)
        except Refusal as refusal:
            refusals.append(refusal)
    if len(refusals) == len(scans):
        raise refusals[0]


def _put_frame(sources: Sequence[str], block: Block, scan: Scan, mask: Mask) -> None:
    _check_sources(block, sources, scan)
    put(block, scan.grid, mask)


def _put_volume(block: Block, scan: Scan, mask: Mask) -> None:
    put_whole(block, scan.grid, mask)


def _of_contours(
    dataset: Dataset,
    scans: Sequence[Scan],
    structures: Structures,
    *,
    masks: Mapping[str, tuple[Mask, ...]],
    key: Key,
) -> Drawn:
    notes = set()
    for roi in structure_set.rois(dataset, structures):
        _check_frame(roi.frame_of_reference, scans, key)
        missed: defaultdict[int, list[Refusal]] = defaultdict(list)
        for scan, mask in zip(scans, masks[roi.structure], strict=True):
            blocks, refusals = structure_set.contours_on(roi, scan.planes)
            for block in blocks:
                put(block, scan.grid, mask)
            for number, refusal in refusals.items():
                missed[number].append(refusal)
        for refusals_of_one in missed.values():
            if len(refusals_of_one) == len(scans):
                raise refusals_of_one[0]
        if roi.skipped:
            notes.add("contours_skipped")
    return Drawn(masks, frozenset(notes))


def _check_memory(names: Sequence[str], scans: Sequence[Scan], limits: FileLimits) -> None:
    needed = len(names) * sum(int(np.prod(scan.grid.shape)) for scan in scans)
    if needed > (limits.memory_mb << 20) // _MEMORY_SHARE:
        raise Refusal("limit_exceeded", f"memory: {len(names)} masks of together {needed >> 20} MB")


def _check_frame(reference: str, scans: Sequence[Scan], key: Key) -> None:
    """Raises Refusal where the mask says that its millimetres are counted from elsewhere."""
    if not reference:
        return
    frames = {scan.frame_of_reference for scan in scans} - {""}
    if frames and key.pseudonym("frame", reference) not in frames:
        raise Refusal("mask_geometry_mismatch", "another frame of reference")


def _check_sources(block: Block, sources: Sequence[str], scan: Scan) -> None:
    """Raises Refusal where none of the images that a frame names lies in its plane."""
    positions = [place for source in sources for place in scan.positions.get(source, ())]
    if not positions:
        return
    normal = np.cross(block.affine[:3, 1], block.affine[:3, 2])
    normal /= np.linalg.norm(normal)
    ways = np.array(positions) @ LPS_TO_RAS[:3, :3].T - block.affine[:3, 3]
    off_mm = float(np.abs(ways @ normal).min())
    step_mm = float(np.linalg.norm(scan.planes.affine[:3, 0]))
    if off_mm > TOLERANCE_VOXELS * step_mm:
        raise Refusal("mask_geometry_mismatch", f"{off_mm:.2f} mm off the image that it names")
