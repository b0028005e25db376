"""Contours in patient millimetres, on planes of any direction."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_files import WHEEL, opened
from mask_files import grid_of, slices, structure_set
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.ingest.dicom.container import open_container
from pipeline.ingest.masks.drawing import Scan
from pipeline.ingest.masks.grid import Grid, put
from pipeline.ingest.masks.structure_set import contours_on, rois
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal
from pipeline.pseudonyms import Key

AXIAL, OBLIQUE = (1, 0, 0, 0, 1, 0), (0.6, 0.8, 0, 0, 0, -1)
HEART = Structures({"heart": ("Heart", "Herz")})


def drawn(grid: Grid, plane: float, *corners: tuple[float, float]) -> NDArray:
    """Points (points, 3) in LPS mm, at rows and columns of a plane of the grid."""
    index = np.array([(plane, row, column, 1) for row, column in corners]).T
    return (grid.affine @ index)[:3].T * (-1, -1, 1)


def box(low: float, high: float) -> list[tuple[float, float]]:
    return [(low, low), (low, high), (high, high), (high, low)]


def read(ds: Dataset, grid: Grid, structures: Structures = HEART) -> dict[str, NDArray]:
    masks = {name: np.zeros(grid.shape, np.uint8) for name in structures.called}
    for roi in rois(opened(ds).dataset, structures):
        found = contours_on(roi, Scan(grid, grid), Key(b"$" * 32))
        for refusal in found.missed.values():
            raise refusal
        for block in found.blocks.values():
            put(block, grid, masks[roi.structure])
    return masks


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE, (0, 0, -1, 0.8, -0.6, 0)], ids=str)
def test_holes_islands_and_other_planes_are_filled_on_planes_of_any_direction(
    orientation: tuple[float, ...],
) -> None:
    sources = slices(orientation=orientation)
    grid = grid_of(sources)
    contours = [
        drawn(grid, 1, *box(-0.5, 4.4)),
        drawn(grid, 1, *box(0.5, 3.5)),
        drawn(grid, 1, *box(1.5, 2.5)),
        drawn(grid, 3, (4.6, 2.6), (4.6, 3.4), (5.4, 3.4), (5.4, 2.6)),
    ]
    expected = np.zeros(grid.shape, bool)
    expected[1, 0:5, 0:5] = True
    expected[1, 1:4, 1:4] = False
    expected[1, 2, 2] = expected[3, 5, 3] = True
    found = read(structure_set(sources, {"heart ": contours}), grid)
    assert np.array_equal(found["heart"], expected)


def test_a_contour_through_pixel_centres_marks_as_many_pixels_as_it_is_wide() -> None:
    sources = slices()
    grid = grid_of(sources)
    found = read(structure_set(sources, {"Herz": [drawn(grid, 0, *box(1, 4))]}), grid)["heart"]
    assert found.sum() == 9  # of its 3 x 3 pixels; both edges of each axis would make 16


def test_points_and_open_lines_mark_nothing_and_are_counted() -> None:
    sources = slices()
    grid = grid_of(sources)
    ds = structure_set(
        sources,
        {
            "heart": [
                ("POINT", drawn(grid, 0, (1, 1))),
                ("OPEN_PLANAR", drawn(grid, 0, *box(1, 3))),
                drawn(grid, 2, *box(0.5, 2.5)),
            ]
        },
    )
    (roi,) = rois(opened(ds).dataset, HEART)
    assert (len(roi.contours), roi.skipped) == (1, 2)
    assert read(ds, grid)["heart"].sum() == 4


def refused(contours: dict[str, list[NDArray]], structures: Structures = HEART) -> str:
    sources = slices()
    with pytest.raises(Refusal) as refusal:
        read(structure_set(sources, contours), grid_of(sources), structures)
    return f"{refusal.value.reason}: {refusal.value.detail}"


def test_a_contour_between_planes_or_across_them_is_refused_with_its_distance() -> None:
    grid = grid_of(slices())
    between = drawn(grid, 1.4, *box(0.5, 2.5))
    assert refused({"heart": [between]}) == (
        "mask_geometry_mismatch: a contour 1.00 mm off the scan's planes"
    )
    beyond = drawn(grid, 6, *box(0.5, 2.5))
    assert refused({"heart": [beyond]}) == ("mask_geometry_mismatch: a contour 5.00 mm off the scan's planes")
    across = drawn(grid, 1, *box(0.5, 2.5))
    across[0, 2] += 2
    assert refused({"heart": [across]}).startswith("mask_geometry_mismatch: a contour 2.00 mm")


def test_a_contour_beyond_all_numbers_is_refused() -> None:
    beyond = drawn(grid_of(slices()), 1, *box(0.5, 2.5))
    beyond[1, 0] = 1e308
    assert refused({"heart": [beyond]}) == "mask_geometry_mismatch: a contour beyond all scans"


def test_a_region_of_no_structure_is_refused_unless_it_is_to_be_ignored() -> None:
    grid = grid_of(slices())
    contours = {"heart": [drawn(grid, 1, *box(0.5, 2.5))], "couch": [drawn(grid, 9, *box(0, 2))]}
    assert refused(contours) == "mask_values_invalid: region 2 is of no structure"
    ignoring = Structures(HEART.called, undeclared="ignore")
    assert read(structure_set(slices(), contours), grid, ignoring)["heart"].sum() == 4


def test_two_regions_of_one_structure_are_refused() -> None:
    contours = {"heart": [drawn(grid_of(slices()), 1, *box(0, 2))], "Herz": []}
    assert refused(contours) == "mask_values_invalid: regions of one structure, one of them 2"


def test_numbers_of_regions_name_no_structure() -> None:
    assert refused({"couch": []}, Structures({"heart": (1,)})).endswith("region 1 is of no structure")


def test_points_that_are_not_those_announced_are_refused() -> None:
    sources = slices()
    ds = structure_set(sources, {"heart": [drawn(grid_of(sources), 1, *box(0, 2))]})
    ds.ROIContourSequence[0].ContourSequence[0].NumberOfContourPoints = 5
    with pytest.raises(Refusal, match="ContourData is not the points announced"):
        read(ds, grid_of(sources))


def test_a_real_structure_set_has_the_area_of_its_drawing() -> None:
    container = open_container((WHEEL / "rtstruct.dcm").read_bytes(), depth=32, inflated_bytes=1 << 26)
    (roi,) = rois(container.dataset, Structures({"patient": ("patient",)}, undeclared="ignore"))
    assert len(roi.contours) == 3
    affine = np.array([[0, 0, -5.0, 250], [0, -5.0, 0, 200], [10.0, 0, 0, -200], [0, 0, 0, 1]])
    grid = Grid(affine, (9, 80, 100))
    found = contours_on(roi, Scan(grid, grid), Key(b"$" * 32))
    assert not (found.missed or found.crossing)
    marked = [block.marked.sum() for block in found.blocks.values()]
    # The first contour is a box of 400 x 300 mm, of pixels of 5 x 5 mm.
    assert marked[0] == 80 * 60
