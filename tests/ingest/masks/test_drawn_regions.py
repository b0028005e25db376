"""Regions of RT structure sets whose drawing says something else than its contours alone: never read in silence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from dicom_files import encoded
from mask_files import grid_of, slices, structure_set
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks.contours import cross
from pipeline.ingest.masks.drawing import Scan
from pipeline.ingest.masks.onto_scans import Drawn, masks_on
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal
from pipeline.pseudonyms import Key

KEY = Key(b"$" * 32)
SOURCES = slices()
GRID = grid_of(SOURCES)
HEART = Structures({"heart": ("Heart",)}, may_be_absent=frozenset({"heart"}))
Corners = Sequence[tuple[float, float]]


def box(top: float, bottom: float, left: float, right: float) -> Corners:
    return (top, left), (top, right), (bottom, right), (bottom, left)


BOX = box(0.5, 4.5, 0.5, 3.5)
MARKED = 4 * 3


def points(plane: float, corners: Corners) -> NDArray:
    """Points (points, 3) in LPS mm, at rows and columns of a plane of the grid."""
    index = np.array([(plane, row, column, 1) for row, column in corners]).T
    return (GRID.affine @ index)[:3].T * (-1, -1, 1)


def drawn(*contours: NDArray | tuple[str, NDArray]) -> Dataset:
    return structure_set(SOURCES, {"heart": contours})


def read(ds: Dataset, *scans: Scan) -> Drawn:
    return masks_on(encoded(ds), scans or [Scan(GRID, GRID)], HEART, key=KEY, limits=FileLimits())


def marked(ds: Dataset, *scans: Scan) -> int:
    return int(sum(mask.sum() for mask in read(ds, *scans).masks["heart"]))


def refused(ds: Dataset, *scans: Scan) -> str:
    with pytest.raises(Refusal) as refusal:
        read(ds, *scans)
    return f"{refusal.value.reason}: {refusal.value.detail}"


@pytest.mark.parametrize(
    "contour",
    [
        points(2, box(1.1, 1.9, 1.1, 1.9)),
        ("POINT", points(2, BOX[:1])),
        ("OPEN_PLANAR", points(2, BOX)),
        points(2, BOX[:2]),
    ],
    ids=["between centres", "a point", "an open line", "two points"],
)
def test_a_structure_that_is_drawn_and_marks_nothing_is_not_taken_for_absent(
    contour: NDArray | tuple[str, NDArray],
) -> None:
    told = "mask_values_invalid: heart is drawn, and its drawing marks no pixel"
    assert refused(drawn(contour)) == told
    assert marked(drawn(contour, points(3, BOX))) == MARKED
    assert marked(structure_set(SOURCES, {"heart": []})) == 0  # listed, and not drawn


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_closed_contour_of_too_few_points_is_left_out_as_points_are(count: int) -> None:
    found = read(drawn(points(2, BOX), points(3, BOX)[:count]))
    assert found.masks["heart"][0].sum() == MARKED
    assert found.notes == {"contours_skipped"}


def test_a_contour_beside_the_images_is_refused_and_one_that_reaches_into_them_is_cut() -> None:
    beside = points(3, box(8.5, 12.5, 0.5, 3.5))  # rows end at 6.5, and are 0.5 mm high
    told = "mask_geometry_mismatch: a contour 1.00 mm beside the scan's images"
    assert refused(drawn(points(2, BOX), beside)) == told
    assert marked(drawn(points(2, BOX), points(3, box(5.5, 12.5, 0.5, 3.5)))) == MARKED + 3
    edge = points(3, box(-0.5, 0.4, -0.5, -0.4))  # on the first pixels, and around none of their centres
    assert marked(drawn(points(2, BOX), edge)) == MARKED


def of_images(ds: Dataset, *numbers: int) -> Dataset:
    """The first contour says that it was drawn on these slices."""
    series = (
        ds.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    )
    images = [series.ContourImageSequence[number] for number in numbers]
    ds.ROIContourSequence[0].ContourSequence[0].ContourImageSequence = Items(images)
    return ds


def test_a_contour_off_the_image_that_it_names_is_refused_with_the_millimetres() -> None:
    places = {
        KEY.pseudonym("sop", one.SOPInstanceUID): (tuple(map(float, one.ImagePositionPatient)),)
        for one in SOURCES
    }
    scan, unknown = Scan(GRID, GRID, places), Scan(GRID, GRID)
    assert marked(of_images(drawn(points(2, BOX)), 2), scan) == MARKED
    assert marked(of_images(drawn(points(2, BOX)), 1, 2), scan) == MARKED
    told = "mask_geometry_mismatch: 2.50 mm off the image that it names"
    assert refused(of_images(drawn(points(2, BOX)), 3), scan) == told
    assert marked(of_images(drawn(points(2, BOX)), 3), unknown) == MARKED


def test_a_contour_whose_slab_lies_elsewhere_is_refused() -> None:
    ds = drawn(points(2, BOX))
    contour = ds.ROIContourSequence[0].ContourSequence[0]
    contour.ContourOffsetVector = [0, 0, 0]
    assert marked(ds) == MARKED
    contour.ContourOffsetVector = [0, 0, 2.5]
    assert refused(ds) == "mask_geometry_mismatch: a contour with a ContourOffsetVector"


def test_contours_of_a_region_that_is_not_listed_may_be_those_of_one_without_any() -> None:
    ds = drawn(points(2, BOX))
    ds.ROIContourSequence[0].ReferencedROINumber = 9
    assert refused(ds) == "mask_values_invalid: no contours of region 1, but some of one not listed"
    ds.ROIContourSequence.append(drawn(points(3, BOX)).ROIContourSequence[0])
    assert marked(ds) == MARKED


CROSSING = (points(2, BOX), points(2, box(2.5, 5.5, 1.5, 4.5)))


@pytest.mark.parametrize(
    ("kind", "notes"), [("CLOSED_PLANAR", {"contours_cross"}), ("CLOSEDPLANAR_XOR", set())]
)
def test_contours_that_cross_are_told_unless_they_say_what_becomes_of_it(kind: str, notes: set[str]) -> None:
    found = read(drawn(*((kind, contour) for contour in CROSSING)))
    assert found.masks["heart"][0].sum() == MARKED + 9 - 2 * 4
    assert found.notes == notes


@pytest.mark.parametrize(
    ("contours", "crosses"),
    [
        ([BOX], False),
        ([BOX, box(1.5, 3.5, 1.5, 2.5)], False),
        ([box(1.5, 3.5, 1.5, 2.5), BOX, box(1.6, 2.5, 1.6, 2.4)], False),
        ([BOX, box(4.5, 6.5, 0.5, 3.5)], False),
        ([BOX, box(5.5, 6.5, 0.5, 3.5), box(1.5, 6.2, 1.5, 2.5)], True),
        ([box(0.5, 6.5, 0.5, 4.5), box(1.5, 3.5, 1.5, 3.5), box(2.5, 4.5, 2.5, 3.5)], True),
        ([box(-5, 4.5, -5, 3.5), box(3.5, 90, 2.5, 90)], True),
        ([BOX, BOX], False),
    ],
    ids=["one", "hole", "island", "neighbours", "bridge", "two holes", "at the edges", "alike"],
)
def test_contours_cross_where_each_holds_pixels_that_the_other_does_not(
    contours: Sequence[Corners], crosses: bool
) -> None:
    arrays = [np.array(contour, dtype=float) for contour in contours]
    assert cross(arrays, (7, 5)) is crosses
    assert cross(arrays[::-1], (7, 5)) is crosses
