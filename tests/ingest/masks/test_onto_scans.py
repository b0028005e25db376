"""Masks that a file would lose or double without a word, were they put onto the scan as they come."""

from __future__ import annotations

import copy
import io
from dataclasses import replace

import numpy as np
import pytest
from dicom_files import encoded
from mask_files import COLUMNS, ROWS, grid_of, segmentation, slices, structure_set
from numpy.typing import NDArray
from picture_files import grey
from PIL import Image
from pydicom.dataset import Dataset

from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks.drawing import Scan
from pipeline.ingest.masks.grid import Grid
from pipeline.ingest.masks.onto_scans import Drawn, masks_on
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal
from pipeline.pseudonyms import Key

SOURCES = slices()
GRID = grid_of(SOURCES)
ANTERIOR = Structures({"anterior": (1, "a")}, threshold=0.5)
BOX = ((0.5, 0.5), (0.5, 3.5), (4.5, 3.5), (4.5, 0.5))


def read(file: Dataset | bytes, structures: Structures = ANTERIOR, scan: Scan | None = None) -> Drawn:
    data = encoded(file) if isinstance(file, Dataset) else file
    scan = scan or Scan(GRID, GRID)
    return masks_on(data, [scan], structures, key=Key(b"$" * 32), limits=FileLimits())


def refused(file: Dataset | bytes, structures: Structures = ANTERIOR, scan: Scan | None = None) -> str:
    with pytest.raises(Refusal) as refusal:
        read(file, structures, scan)
    return f"{refusal.value.reason}: {refusal.value.detail}"


def everywhere(sources: list[Dataset]) -> dict[int, NDArray]:
    return {1: np.ones((len(sources), ROWS, COLUMNS), bool)}


def moved(ds: Dataset, *, frame: int, onto: int, mm: float = 0.0) -> Dataset:
    """The SEG with one of its frames at the place of another, or nearly so."""
    groups = ds.PerFrameFunctionalGroupsSequence
    place = copy.deepcopy(groups[onto].PlanePositionSequence)
    place[0].ImagePositionPatient[2] += mm
    groups[frame].PlanePositionSequence = place
    del groups[frame].DerivationImageSequence
    return ds


@pytest.mark.parametrize("mm", [0.0, 0.001, -0.2])
@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_two_frames_of_a_segment_that_come_to_one_place_are_refused(kind: str, mm: float) -> None:
    ds = moved(segmentation(SOURCES, everywhere(SOURCES), kind=kind), frame=3, onto=2, mm=mm)
    assert refused(ds) == "mask_values_invalid: two frames of one segment at one place"


def test_fractions_of_less_than_they_reach_are_refused() -> None:
    ds = segmentation(SOURCES, {1: np.ones((5, ROWS, COLUMNS))}, kind="FRACTIONAL")
    ds.MaximumFractionalValue = 100
    detail = "the value 200, above MaximumFractionalValue, 100"
    assert refused(ds) == f"inconsistent_pixel_attributes: {detail}"


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_a_segmentation_that_was_compressed_with_loss_is_refused(kind: str) -> None:
    ds = segmentation(SOURCES, everywhere(SOURCES), kind=kind, LossyImageCompression="01")
    assert refused(ds) == "mask_values_invalid: compressed with loss, which changes numbers"


def of_thicker_slices(keyword: str, *numbers: int, mm: float) -> Dataset:
    some = [SOURCES[number] for number in numbers]
    ds = segmentation(some, everywhere(some))
    measures = ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SliceThickness = 2.5
    setattr(measures, keyword, mm)
    return ds


@pytest.mark.parametrize(
    ("keyword", "numbers", "mm"),
    [
        ("SpacingBetweenSlices", (0, 2, 4), 5),
        ("SpacingBetweenSlices", (1, 3), 5),
        ("SpacingBetweenSlices", (1, 4), 7.5),
        ("SliceThickness", (0, 2, 4), 5),
    ],
)
def test_a_mask_of_thicker_slices_than_its_scan_is_refused(
    keyword: str, numbers: tuple[int, ...], mm: float
) -> None:
    said = refused(of_thicker_slices(keyword, *numbers, mm=mm))
    assert said == f"mask_geometry_mismatch: its slices are {mm:g} mm apart, those of the scan 2.5"


@pytest.mark.parametrize(
    ("keyword", "numbers", "mm"),
    [
        ("SpacingBetweenSlices", (0, 2, 4), 2.5),
        ("SpacingBetweenSlices", (1, 2, 3), 5),
        ("SliceThickness", (1, 3), 5),
        ("SliceThickness", (0, 1, 2, 3, 4), 5),
    ],
)
def test_slices_without_a_mark_and_slices_that_overlap_are_no_thicker_ones(
    keyword: str, numbers: tuple[int, ...], mm: float
) -> None:
    (mask,) = read(of_thicker_slices(keyword, *numbers, mm=mm)).masks["anterior"]
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == list(numbers)


def drawn(plane: int, corners: tuple[tuple[float, float], ...] = BOX) -> NDArray:
    index = np.array([(plane, row, column, 1) for row, column in corners]).T
    return (GRID.affine @ index)[:3].T * (-1, -1, 1)


@pytest.mark.parametrize(
    "again", [BOX, BOX[::-1], BOX[2:] + BOX[:2]], ids=["alike", "back", "from the middle"]
)
def test_a_contour_that_stands_there_twice_is_refused_and_does_not_vanish(
    again: tuple[tuple[float, float], ...],
) -> None:
    ds = structure_set(SOURCES, {"a": [drawn(1), drawn(2), drawn(2, again)]})
    assert refused(ds) == "mask_values_invalid: two contours of a region are the same at one place"


def test_two_sets_of_contours_of_one_region_are_refused() -> None:
    ds, other = (structure_set(SOURCES, {"a": [drawn(plane)]}) for plane in (1, 2))
    ds.ROIContourSequence.append(other.ROIContourSequence[0])
    assert refused(ds) == "mask_values_invalid: 2 sets of contours of one structure, region 1"


def test_two_regions_of_one_number_are_refused_where_one_is_wanted() -> None:
    ds = structure_set(SOURCES, {"a": [drawn(1)], "b": [drawn(2)]})
    ds.StructureSetROISequence[1].ROINumber = 1
    ignoring = replace(ANTERIOR, undeclared="ignore")
    assert refused(ds, ignoring) == "mask_values_invalid: 2 regions of one number, 1"
    other = replace(ignoring, called={"anterior": ("c",)})
    assert not read(ds, other).masks


@pytest.mark.parametrize(("planes", "noted"), [((0, 2, 4), True), ((0, 1, 3), False), ((0, 2), False)])
def test_a_region_that_is_drawn_on_every_second_slice_is_noted(planes: tuple[int, ...], noted: bool) -> None:
    found = read(structure_set(SOURCES, {"a": [drawn(plane) for plane in planes]}))
    assert np.flatnonzero(found.masks["anterior"][0].any(axis=(1, 2))).tolist() == list(planes)
    assert ("slices_between_contours" in found.notes) == noted


def test_a_picture_that_jpeg_changed_is_no_mask_whatever_holds_it() -> None:
    stream = io.BytesIO()
    Image.fromarray((grey() > 100).astype(np.uint8) * 255).save(stream, "TIFF", compression="jpeg")
    pixels = Grid(np.eye(4), (1, *grey().shape))
    structures = Structures({"lung": (255,)}, undeclared="ignore")
    said = refused(stream.getvalue(), structures, Scan(pixels, pixels, is_picture=True))
    assert said == "mask_values_invalid: compressed with loss, which changes numbers"
