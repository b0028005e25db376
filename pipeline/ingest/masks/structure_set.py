"""Reads an RT structure set: closed contours, filled on the planes of the case (PS3.3 C.8.8.6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.container import Container
from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.header.marks import may_be_of_another
from pipeline.ingest.masks.contours import cross, filled
from pipeline.ingest.masks.drawing import OF_SEVERAL_SERIES, Drawing, Scan, check_frame, check_sources
from pipeline.ingest.masks.grid import TOLERANCE_VOXELS, Block, Grid, put
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.geometry import LPS_TO_RAS
from pipeline.pseudonyms import Key

__all__ = ["PLACED", "Contour", "OnScan", "Roi", "contours_on", "draw", "rois", "structures_in"]

PLACED: Final = True
_XOR: Final = "CLOSEDPLANAR_XOR"
_CLOSED: Final = frozenset({"CLOSED_PLANAR", _XOR})
_LEAST_POINTS: Final = 3
"""Some programs write a single click as a closed contour: fewer points hold no pixel."""
_HALF: Final = 0.5  # of a pixel: from its centre to its side
_FARTHEST_VOXELS: Final = 1e6  # no scan has so many along an axis, and no fraction of a voxel is lost
_SAME_DECIMALS: Final = 3
"""Of a pixel: writers keep that many digits of a millimetre at least."""
_LEAST_PLANES: Final = 3
"""Of two pieces in two planes nobody can tell whether something between them was left out."""
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contour:
    """A closed contour (points, 3) in RAS mm, and the UIDs of the images that it says it was drawn on."""

    points: Points
    images: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Roi:
    """A region that is a declared structure, with its closed contours.

    `frame_of_reference` is the UID that its points are in, `skipped` counts contours that mark no pixel by
    their type or by having too few points, and `is_xor` says that what two contours hold is to be left out.
    """

    structure: str
    frame_of_reference: str
    contours: tuple[Contour, ...]
    skipped: int
    is_xor: bool = False


@dataclass(frozen=True, eq=False)
class OnScan:
    """What contours mark on the planes of a scan, by the number of each plane.

    `missed` has the Refusal of each contour that lies elsewhere, by its number; `crossing` says that some
    cross each other.
    """

    blocks: dict[int, Block]
    missed: dict[int, Refusal]
    crossing: bool


def structures_in(container: Container, structures: Structures) -> frozenset[str]:
    """The declared structures that an RT structure set has regions of.

    Raises Refusal `mask_values_invalid` for a region of none, unless that is ignored, and for two of one.
    """
    return frozenset(structure for _, structure in _regions(container.dataset, structures))


def draw(container: Container, drawing: Drawing) -> None:
    """Fills each contour on the scans that it lies on.

    Raises Refusal where that is none, where a region that is drawn marks no pixel, which must not be taken
    for a structure that isn't there, and as `rois`.
    """
    if may_be_of_another(container.dataset):
        drawing.notes.add(OF_SEVERAL_SERIES)
    for roi in rois(container.dataset, drawing.structures):
        check_frame(drawing, roi.frame_of_reference)
        masks = drawing.masks[roi.structure]
        missed: defaultdict[int, list[Refusal]] = defaultdict(list)
        for scan, mask in zip(drawing.scans, masks, strict=True):
            found = contours_on(roi, scan, drawing.key)
            for block in found.blocks.values():
                put(block, scan.grid, mask)
            if _skips_slices(list(found.blocks)):
                drawing.notes.add("slices_between_contours")
            if found.crossing and not roi.is_xor:
                drawing.notes.add("contours_cross")
            for number, refusal in found.missed.items():
                missed[number].append(refusal)
        for refused in missed.values():
            if len(refused) == len(drawing.scans):
                raise refused[0]
        if roi.skipped:
            drawing.notes.add("contours_skipped")
        if (roi.contours or roi.skipped) and not any(mask.any() for mask in masks):
            raise Refusal("mask_values_invalid", f"{roi.structure} is drawn, and its drawing marks no pixel")


def rois(dataset: Dataset, structures: Structures) -> Iterator[Roi]:
    """The regions of declared structures, by their names: numbers of regions are any writer's own.

    Raises Refusal as `structures_in`, `missing_attribute` for points that are not those announced, and
    `mask_values_invalid` where a number is that of two regions, where two sets of contours are of one, or
    where one has none and contours are there of a region that is not listed.
    """
    numbers = Counter(item.whole("ROINumber") for item in dataset.items("StructureSetROISequence"))
    drawn: defaultdict[int | None, list[Dataset]] = defaultdict(list)
    for item in dataset.items("ROIContourSequence"):
        drawn[item.whole("ReferencedROINumber")].append(item)
    strange = any(items for number, items in drawn.items() if number not in numbers)
    for region, structure in _regions(dataset, structures):
        number, frame = region.whole("ROINumber"), region.text("ReferencedFrameOfReferenceUID")
        if numbers[number] > 1:
            raise Refusal("mask_values_invalid", f"{numbers[number]} regions of one number, {number}")
        if len(drawn[number]) > 1:
            detail = f"{len(drawn[number])} sets of contours of one structure, region {number}"
            raise Refusal("mask_values_invalid", detail)
        if strange and not drawn[number]:
            raise Refusal(
                "mask_values_invalid", f"no contours of region {number}, but some of one not listed"
            )
        yield _roi(structure, frame, next(iter(drawn[number]), None))


def contours_on(roi: Roi, scan: Scan, key: Key) -> OnScan:
    """What the contours mark on the scan, whose images have their pseudonyms under the key.

    Missed with Refusal `mask_geometry_mismatch` is a contour that lies in no plane, beside all pixels of
    its plane, or off the image that it names. Raises Refusal `mask_values_invalid` for one that stands there
    twice: inside of both is inside of none.
    """
    grid = scan.planes
    to_index = np.linalg.inv(grid.affine)
    planes: defaultdict[int, list[Points]] = defaultdict(list)
    missed: dict[int, Refusal] = {}
    known: set[tuple[int, frozenset[tuple[float, ...]]]] = set()
    for number, contour in enumerate(roi.contours):
        # (points, 3): slices, rows, columns
        points = contour.points @ to_index[:3, :3].T + to_index[:3, 3]
        try:
            plane = _plane_of(points, scan)
            _check_beside(points, grid)
            sources = [key.pseudonym("sop", image) for image in contour.images if image]
            check_sources(contour.points[0], sources, scan)
        except Refusal as refusal:
            missed[number] = refusal
            continue
        # Wherever it begins and whichever way it goes round.
        same = plane, frozenset(map(tuple, np.round(points[:, 1:], _SAME_DECIMALS).tolist()))
        if same in known:
            raise Refusal("mask_values_invalid", "two contours of a region are the same at one place")
        known.add(same)
        planes[plane].append(points[:, 1:])
    crossing = any(cross(contours, (grid.shape[1], grid.shape[2])) for contours in planes.values())
    return OnScan(
        {plane: _block(plane, contours, grid) for plane, contours in sorted(planes.items())}, missed, crossing
    )


def _skips_slices(planes: Sequence[int]) -> bool:
    """Whether a region is drawn on every second plane, or third, ...: what is between is then left out."""
    gaps = {after - before for before, after in pairwise(planes)}
    return len(planes) >= _LEAST_PLANES and len(gaps) == 1 and min(gaps) > 1


def _block(plane: int, contours: Sequence[Points], grid: Grid) -> Block:
    affine = grid.affine.copy()
    affine[:3, 3] += plane * grid.affine[:3, 0]
    return Block(affine, filled(contours, (grid.shape[1], grid.shape[2]))[None])


def _regions(dataset: Dataset, structures: Structures) -> list[tuple[Dataset, str]]:
    """The regions that are declared structures."""
    regions: dict[str, Dataset] = {}
    characters = dataset.words("SpecificCharacterSet")
    for region in dataset.items("StructureSetROISequence"):
        number = region.whole("ROINumber")
        name = region.label("ROIName", characters)
        structure = structures.of(None, name)
        if not structure and structures.undeclared == "refuse":
            raise Refusal("mask_values_invalid", f"region {number} is of no structure{structures.like(name)}")
        if structure in regions:
            raise Refusal("mask_values_invalid", f"regions of one structure, one of them {number}")
        if structure:
            regions[structure] = region
    return [(region, structure) for structure, region in regions.items()]


def _roi(structure: str, frame_of_reference: str, drawn: Dataset | None) -> Roi:
    drawings: Sequence[Dataset] = () if drawn is None else drawn.items("ContourSequence")
    contours = [_contour(one) for one in drawings if one.text("ContourGeometricType") in _CLOSED]
    closed = tuple(contour for contour in contours if len(contour.points) >= _LEAST_POINTS)
    is_xor = any(one.text("ContourGeometricType") == _XOR for one in drawings)
    return Roi(structure, frame_of_reference, closed, len(drawings) - len(closed), is_xor)


def _contour(contour: Dataset) -> Contour:
    numbers = contour.numbers("ContourData")
    announced = contour.whole("NumberOfContourPoints")
    if len(numbers) % 3 or announced not in (None, len(numbers) // 3):
        raise Refusal("missing_attribute", "ContourData is not the points announced")
    if any(contour.numbers("ContourOffsetVector")):  # retired: its slab lies beside the plane that it is in
        raise Refusal("mask_geometry_mismatch", "a contour with a ContourOffsetVector")
    images = [image.text("ReferencedSOPInstanceUID") for image in contour.items("ContourImageSequence")]
    return Contour(np.array(numbers).reshape(-1, 3) @ LPS_TO_RAS[:3, :3].T, tuple(images))


def _plane_of(points: Points, scan: Scan) -> int:
    """The one plane that all points of a contour lie in, (points, 3) in slices, rows and columns."""
    if not (np.abs(points) < _FARTHEST_VOXELS).all():  # also where one is no number
        raise Refusal("mask_geometry_mismatch", "a contour beyond all scans")
    heights = points[:, 0]
    plane, height = scan.plane_at(float(np.median(heights)))
    off = float(np.abs(heights - height).max())
    if off > TOLERANCE_VOXELS:
        off_mm = off * float(np.linalg.norm(scan.planes.affine[:3, 0]))
        raise Refusal("mask_geometry_mismatch", f"a contour {off_mm:.2f} mm off the scan's planes")
    return plane


def _check_beside(points: Points, grid: Grid) -> None:
    """Raises Refusal where a contour (points, 3), in slices, rows and columns, lies beside all pixels."""
    low, high = points[:, 1:].min(axis=0), points[:, 1:].max(axis=0)
    beyond = np.maximum(-_HALF - high, low - (np.array(grid.shape[1:]) - _HALF))
    if (beyond > 0).any():
        far_mm = float((beyond * np.linalg.norm(grid.affine[:3, 1:3], axis=0)).max())
        raise Refusal("mask_geometry_mismatch", f"a contour {far_mm:.2f} mm beside the scan's images")
