"""Reads a DICOM SEG: which voxels each declared structure has, frame by frame (PS3.3 A.51, C.8.20).

A frame is put where its own position says. Frames that are left out, as empty ones are, mark nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.container import Container
from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.sop_classes import LABEL_MAP
from pipeline.ingest.header.marks import may_be_of_another
from pipeline.ingest.header.places import orientation_in, position_in
from pipeline.ingest.masks.drawing import (
    OF_SEVERAL_SERIES,
    Drawing,
    Scan,
    check_frame,
    check_sources,
    put_on_some,
)
from pipeline.ingest.masks.grid import TOLERANCE_VOXELS, Block, Mask, Place, put
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.pixels.codecs import Syntax
from pipeline.ingest.pixels.decode import PixelSource, open_pixels, read_frame
from pipeline.ingest.pixels.transforms import FunctionalGroups, functional_groups
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.geometry import (
    ORIENTATION_TOLERANCE,
    affine_from,
    normal_of,
    orientation_error,
)

__all__ = ["PLACED", "Marked", "draw", "marked_frames", "structures_in"]

PLACED: Final = True
_BITS_A_BYTE: Final = 8
_THICKER: Final = 2
_CODE_OF_BACKGROUND: Final = ("125040", "DCM")
_ROUNDING: Final = 1e-9  # of a threshold times a largest value, which are decimal fractions


@dataclass(frozen=True, eq=False)
class Marked:
    """What one frame marks of one structure, and the UIDs of the images that it says it was drawn on."""

    structure: str
    block: Block
    sources: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Object:
    """An opened SEG: its frames, their functional groups, and the structure of each segment number."""

    pixels: PixelSource
    groups: FunctionalGroups
    named: Mapping[int, str]


def structures_in(container: Container, structures: Structures) -> frozenset[str]:
    """The declared structures that a SEG has segments of. Raises Refusal as `marked_frames`."""
    return frozenset(structures.named(_labels(container.dataset)).values())


def draw(container: Container, drawing: Drawing) -> None:
    """Puts each frame where it lies. Raises Refusal as `marked_frames`, and where it lies elsewhere."""
    if may_be_of_another(container.dataset):
        drawing.notes.add(OF_SEVERAL_SERIES)
    check_frame(drawing, container.dataset.text("FrameOfReferenceUID"))
    decoded_bytes = drawing.limits.decoded_bytes
    taken: set[tuple[int, Place]] = set()
    corners = []
    for marked in marked_frames(container, drawing.structures, decoded_bytes=decoded_bytes):
        sources = [drawing.key.pseudonym("sop", source) for source in marked.sources if source]
        put_on_some(drawing, marked.structure, marked.block, partial(_put_frame, sources, taken))
        corners.append(marked.block.affine[:, 3])
    for scan in drawing.scans if corners else ():
        _check_steps(np.array(corners), _steps_mm(container.dataset), scan)


def marked_frames(container: Container, structures: Structures, *, decoded_bytes: int) -> Iterator[Marked]:
    """What each frame marks of each declared structure, in the order of frames.

    Raises Refusal `mask_values_invalid` for what marks no declared structure, fractions without a threshold
    and numbers that no segment has; `no_geometry` or `geometry_invalid` for frames without a place.
    """
    dataset = container.dataset
    labels = _labels(dataset)
    named = structures.named(labels)
    # A bit costs an eighth of a byte until its frame is read, and frames are read one by one.
    bits = 1 if dataset.whole("BitsAllocated") == 1 else _BITS_A_BYTE
    pixels = open_pixels(container, decoded_bytes=decoded_bytes * _BITS_A_BYTE // bits)
    if pixels.form.samples != 1 or pixels.form.kind != "integer":
        raise Refusal("inconsistent_pixel_attributes", "a segmentation of several samples or of fractions")
    opened = _Object(pixels, functional_groups(dataset, pixels.form.frames), named)
    if dataset.text("LossyImageCompression") == "01" or _always_loses(pixels.syntax):
        raise Refusal("mask_values_invalid", "compressed with loss, which changes numbers")
    if _is_label_map(dataset):
        yield from _of_labels(opened, set(labels), structures)
    else:
        yield from _of_segments(opened, _marking(dataset, structures))


def _always_loses(syntax: Syntax) -> bool:
    """Whether a syntax always loses something; JPEG 2000 may, and its object then says so."""
    return syntax.lossy and syntax.codec != "jpeg_2000"


def _is_label_map(dataset: Dataset) -> bool:
    return dataset.text("SOPClassUID") == LABEL_MAP or dataset.text("SegmentationType") == "LABELMAP"


def _labels(dataset: Dataset) -> dict[int, str]:
    """The label of each segment by its number."""
    labels: dict[int, str] = {}
    characters = dataset.words("SpecificCharacterSet")
    for segment in dataset.items("SegmentSequence"):
        number = segment.whole("SegmentNumber")
        if number is None or number in labels:
            raise Refusal("missing_attribute", "SegmentNumber")
        labels[number] = segment.label("SegmentLabel", characters)
    if _is_label_map(dataset):
        for number in _backgrounds(dataset):
            labels.pop(number, None)
    return labels


def _backgrounds(dataset: Dataset) -> set[int]:
    """The values of a label map's pixels of no structure.

    They are its padding, 0 where none is told, and the segments that are coded as background: every value
    that is there has to be described as one, while padding is what isn't there (PS3.3 C.8.20.2.3.3).
    """
    coded = {
        segment.whole("SegmentNumber") or 0
        for segment in dataset.items("SegmentSequence")
        for code in segment.items("SegmentedPropertyTypeCodeSequence")
        if (code.text("CodeValue"), code.text("CodingSchemeDesignator")) == _CODE_OF_BACKGROUND
    }
    return coded | {dataset.whole("PixelPaddingValue") or 0}


def _marking(dataset: Dataset, structures: Structures) -> Callable[[NDArray[Any]], NDArray[np.bool_]]:
    """Which stored values of a binary or fractional segment are marked."""
    kind = dataset.text("SegmentationType")
    if kind == "BINARY":
        return lambda stored: stored != 0
    if kind != "FRACTIONAL":
        raise Refusal("missing_attribute", "SegmentationType")
    largest = dataset.whole("MaximumFractionalValue")
    if not largest:
        raise Refusal("missing_attribute", "MaximumFractionalValue")
    if structures.threshold is None:
        raise Refusal("mask_values_invalid", "fractional, without a threshold")
    least = structures.threshold * largest - _ROUNDING

    def marked(stored: NDArray[Any]) -> NDArray[np.bool_]:
        if (highest := int(stored.max(initial=0))) > largest:  # shares of what, then?
            detail = f"the value {highest}, above MaximumFractionalValue, {largest}"
            raise Refusal("inconsistent_pixel_attributes", detail)
        return stored >= least

    return marked


def _of_segments(opened: _Object, marking: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> Iterator[Marked]:
    for index in range(opened.pixels.form.frames):
        number = _segment_of(opened.groups, index)
        name = opened.named.get(number)
        if name is None:
            continue
        affine = _affine(opened.groups, index)
        marked = marking(read_frame(opened.pixels, index).array)
        yield Marked(name, Block(affine, marked[None]), _sources(opened.groups, index))


def _of_labels(opened: _Object, described: set[int], structures: Structures) -> Iterator[Marked]:
    backgrounds = _backgrounds(opened.groups.dataset)
    for index in range(opened.pixels.form.frames):
        affine = _affine(opened.groups, index)
        labels = read_frame(opened.pixels, index).array
        present = set(np.unique(labels).tolist()) - backgrounds
        strange = present - (described if structures.undeclared == "ignore" else opened.named.keys())
        if strange:
            raise Refusal("mask_values_invalid", f"the value {min(strange)} is of no structure")
        sources = _sources(opened.groups, index)
        for number, name in opened.named.items():
            yield Marked(name, Block(affine, (labels == number)[None]), sources)


def _segment_of(groups: FunctionalGroups, index: int) -> int:
    item = groups.item("SegmentIdentificationSequence", index)
    number = None if item is None else item.whole("ReferencedSegmentNumber")
    if number is None:
        raise Refusal("missing_attribute", "ReferencedSegmentNumber")
    return number


def _affine(groups: FunctionalGroups, index: int) -> NDArray[np.float64]:
    """Where a frame lies, as an affine whose step from slice to slice is 1 mm: it has one slice alone."""
    position = position_in(groups.holder("PlanePositionSequence", index, "ImagePositionPatient"))
    orientation = orientation_in(groups.holder("PlaneOrientationSequence", index, "ImageOrientationPatient"))
    measures = groups.holder("PixelMeasuresSequence", index, "PixelSpacing")
    if position is None or orientation is None or measures is None:
        raise Refusal("no_geometry", "a frame without position, orientation or spacing")
    spacing = measures.numbers("PixelSpacing")
    if len(spacing) != 2 or min(spacing) <= 0:
        raise Refusal("missing_attribute", "PixelSpacing is not two positive numbers")
    if orientation_error(orientation) > ORIENTATION_TOLERANCE:
        raise Refusal("geometry_invalid")
    return affine_from(position, orientation, spacing_mm=spacing, step_mm=normal_of(orientation))


def _sources(groups: FunctionalGroups, index: int) -> tuple[str, ...]:
    """The UIDs of the images that a frame was drawn on, () where it names none."""
    derivation = groups.item("DerivationImageSequence", index)
    if derivation is None:
        return ()
    return tuple(item.text("ReferencedSOPInstanceUID") for item in derivation.items("SourceImageSequence"))


def _put_frame(
    sources: Sequence[str], taken: set[tuple[int, Place]], block: Block, scan: Scan, mask: Mask
) -> None:
    """Puts a frame where it lies; `taken` are the places of each mask that have one, and gets this one's."""
    check_sources(block.affine[:3, 3], sources, scan)
    place = id(mask), put(_on_grid(block, scan), scan.grid, mask)
    if place in taken:
        raise Refusal("mask_values_invalid", "two frames of one segment at one place")
    taken.add(place)


def _steps_mm(dataset: Dataset) -> tuple[float, int]:
    """How far apart the slices of a SEG are, as it says, and how many of them have to bear it out.

    The thickness of slices that overlap is no distance: it takes more of them. (0, 0) where nothing is said.
    """
    groups = functional_groups(dataset, dataset.whole("NumberOfFrames") or 1)
    for keyword, slices in (("SpacingBetweenSlices", 2), ("SliceThickness", 3)):
        measures = groups.holder("PixelMeasuresSequence", 0, keyword)
        numbers = measures.numbers(keyword) if measures is not None else ()
        if numbers:
            return abs(numbers[0]), slices
    return 0.0, 0


def _check_steps(corners: NDArray[np.float64], steps: tuple[float, int], scan: Scan) -> None:
    """Raises Refusal for a mask of thicker slices, which would leave those between its own unmarked.

    Only where its frames bear out what it says: on every second slice of the scan, say, and on no other.
    """
    step_mm, least = steps
    own_mm = float(np.linalg.norm(scan.planes.affine[:3, 0]))
    times = round(step_mm / own_mm)
    if times < _THICKER or abs(step_mm / own_mm - times) > TOLERANCE_VOXELS:
        return
    heights = (np.linalg.inv(scan.planes.affine) @ corners.T)[0]
    slices = {scan.plane_at(float(height))[0] for height in np.unique(np.round(heights, 2))}
    if len(slices) >= least and len({number % times for number in slices}) == 1:
        detail = f"its slices are {step_mm:.3g} mm apart, those of the scan {own_mm:.3g}"
        raise Refusal("mask_geometry_mismatch", detail)


def _on_grid(block: Block, scan: Scan) -> Block:
    """The frame moved along with the plane that it lies in, where that was moved onto an even grid."""
    height = float((np.linalg.inv(scan.planes.affine) @ block.affine[:, 3])[0])
    slice_number, of_plane = scan.plane_at(height)
    if abs(height - of_plane) > TOLERANCE_VOXELS:
        return block
    affine = block.affine.copy()
    affine[:3, 3] += (slice_number - of_plane) * scan.planes.affine[:3, 0]
    return Block(affine, block.marked)
