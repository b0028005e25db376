from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planes import reason_of

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.mosaic import is_mosaic, mosaic_of, tiles_of


@pytest.fixture(scope="module")
def sheet(plane: Frame) -> Frame:
    """A mosaic of 5 tiles of 4 x 6 pixels in a 3 x 3 square: 12 rows, 18 columns."""
    return replace(
        plane,
        modality="MR",
        sop_class="1.2.840.10008.5.1.4.1.1.4",
        image_type=("ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"),
        rows=12,
        columns=18,
        position_mm=(-10.0, -20.0, 30.0),
        spacing_mm=(2.0, 1.0),
        spacing_between_mm=3.6,
        tiles=5,
        tile_normal=(0.0, 0.0, 1.0),
    )


def test_a_classic_image_that_says_mosaic_is_one(sheet: Frame) -> None:
    assert is_mosaic(sheet)
    assert is_mosaic(replace(sheet, tiles=None))
    assert not is_mosaic(replace(sheet, image_type=("ORIGINAL", "PRIMARY", "M"), tiles=None))


def test_an_enhanced_object_still_tagged_mosaic_is_none(sheet: Frame) -> None:
    assert not is_mosaic(replace(sheet, sop_class="1.2.840.10008.5.1.4.1.1.4.1"))


def test_tiles_are_read_row_by_row_and_empty_ones_left_out() -> None:
    blocks = np.arange(9).reshape(3, 3).repeat(2, axis=0).repeat(4, axis=1)  # tiles of 2 x 4
    slices = tiles_of(blocks, 7)
    assert slices.shape == (7, 2, 4)
    assert slices[:, 0, 0].tolist() == slices[:, 1, 3].tolist() == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("side", [1, 2, 3])
def test_a_whole_square_of_tiles_has_its_own_side(side: int) -> None:
    sheet = np.arange(side**2).reshape(side, side).repeat(2, 0).repeat(2, 1)
    assert [tile.ravel().tolist() for tile in tiles_of(sheet, side**2)] == [[n] * 4 for n in range(side**2)]


def test_the_first_tile_lies_where_a_slice_of_its_size_around_the_same_centre_would(sheet: Frame) -> None:
    made = mosaic_of(sheet)
    assert made.shape == (5, 4, 6)
    assert made.geometry.spacing == pytest.approx((3.6, 2.0, 1.0))
    # The sheet's corner moves in by half of 18 - 6 columns of 1 mm and half of 12 - 4 rows of 2 mm:
    # LPS (-10 + 6, -20 + 8, 30).
    assert np.array(made.geometry.affine) @ [0, 0, 0, 1] == pytest.approx([4.0, 12.0, 30.0, 1.0])
    assert np.array(made.geometry.affine) @ [4, 0, 0, 1] == pytest.approx([4.0, 12.0, 44.4, 1.0])


def test_slices_run_along_the_private_normal_even_against_the_plane_s(sheet: Frame) -> None:
    made = mosaic_of(replace(sheet, tile_normal=(0.0, 0.0, -1.0)))
    assert np.array(made.geometry.affine) @ [4, 0, 0, 1] == pytest.approx([4.0, 12.0, 15.6, 1.0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tiles": None}, "mosaic_layout_unknown"),
        ({"tile_normal": None}, "mosaic_layout_unknown"),
        ({"tiles": 17}, "mosaic_layout_unknown"),  # 5 x 5 tiles don't divide 12 rows
        ({"spacing_between_mm": None}, "missing_attribute"),
        ({"tile_normal": (0.0, 1.0, 0.0)}, "geometry_invalid"),
        ({"tile_normal": (0.0, 0.0998, 0.995)}, "geometry_invalid"),  # leans by 6 degrees
        ({"position_mm": None}, "no_geometry"),
    ],
)
def test_a_layout_that_isn_t_told_is_refused(sheet: Frame, changes: dict, reason: str) -> None:
    made = mosaic_of(replace(sheet, **changes))
    assert reason_of(made) == reason
