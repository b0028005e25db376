from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planes import reason_of, verdict_of

from pipeline.ingest.series.frames import Frame, Rules
from pipeline.ingest.series.grid import stack_of
from pipeline.ingest.series.stacking import image_of, resampled_heights, volume_of

REFUSE = Rules(unit="series")
EVEN_OUT = Rules(unit="series", resample_z="linear")
STRAIGHTEN = Rules(unit="series", untilt="linear")


def at_heights(plane: Frame, heights: Sequence[float]) -> list[Frame]:
    return [
        replace(plane, source=f"s{number}", position_mm=(1.0, 2.0, float(height)))
        for number, height in enumerate(heights)
    ]


def tilted(plane: Frame, degrees: float, *, slices: int = 6, gap_mm: float = 5.0) -> list[Frame]:
    """Planes turned about the x axis while the table moves along z."""
    turn = radians(degrees)
    orientation = (1.0, 0.0, 0.0, 0.0, cos(turn), -sin(turn))
    return [
        replace(plane, source=f"s{k}", orientation=orientation, position_mm=(0.0, 0.0, k * gap_mm))
        for k in range(slices)
    ]


def test_slices_are_sorted_along_the_normal_whatever_their_names(plane: Frame) -> None:
    made = volume_of(at_heights(plane, [9, 3, 0, 6]), REFUSE)
    assert [frame.position_mm[2] for frame in made.frames] == [0, 3, 6, 9]
    assert made.shape == (4, 16, 12)
    assert made.geometry.spacing == pytest.approx((3.0, 0.5, 0.8))
    assert made.geometry.spacing_kind == "patient"
    # First voxel at LPS (1, 2, 0) is RAS (-1, -2, 0); one step in each index moves by the spacing.
    assert np.array(made.geometry.affine) @ [1, 1, 1, 1] == pytest.approx([-1.8, -2.5, 3.0, 1.0])


def test_the_distance_comes_from_positions_and_a_disagreeing_tag_is_noted(plane: Frame) -> None:
    stated = replace(plane, thickness_mm=5.0, spacing_between_mm=9.0)
    made = volume_of(at_heights(stated, [0, 3, 6]), REFUSE)
    assert made.geometry.spacing[0] == 3.0
    assert made.notes == ("spacing_tag_disagrees",)


def test_an_agreeing_tag_is_not_noted_even_if_negative(plane: Frame) -> None:
    made = volume_of(at_heights(replace(plane, spacing_between_mm=-3.0), [0, 3, 6]), REFUSE)
    assert made.notes == ()


def test_a_single_slice_keeps_its_thickness_as_nominal(plane: Frame) -> None:
    made = volume_of([plane], REFUSE)
    assert made.geometry.spacing == (5.0, 0.5, 0.8)
    assert made.geometry.spacing_kind == "nominal"
    assert made.notes == ("nominal",)


def test_a_single_slice_without_thickness_is_refused(plane: Frame) -> None:
    made = volume_of([replace(plane, thickness_mm=None)], REFUSE)
    assert verdict_of(made) == ("missing_attribute", "SliceThickness of a single slice")


@given(st.lists(st.floats(-1e-3, 1e-3), min_size=6, max_size=6), st.floats(0.6, 5.0))
@settings(max_examples=40)
def test_rounding_noise_of_a_micrometre_is_no_variable_spacing(
    plane: Frame, noise: list[float], gap_mm: float
) -> None:
    heights = np.arange(6) * gap_mm + np.array(noise)
    made = volume_of(at_heights(plane, heights), REFUSE)
    assert reason_of(made) == "ok"
    assert made.geometry.spacing[0] == pytest.approx((heights[5] - heights[0]) / 5)


def test_a_gap_may_differ_by_one_percent_but_not_by_two(plane: Frame) -> None:
    assert reason_of(volume_of(at_heights(plane, [0, 5, 10.05, 15.05]), REFUSE)) == "ok"
    assert reason_of(volume_of(at_heights(plane, [0, 5, 10.1, 15.1]), REFUSE)) == "variable_spacing"


def test_small_gap_errors_that_add_up_to_a_tenth_of_a_slice_are_refused(plane: Frame) -> None:
    # 20 gaps of 1.009 mm, then 20 of 0.991 mm: each within 1 % of the median 1.0, but slice 20
    # lies 0.18 mm from the regular grid.
    gaps = [1.009] * 20 + [0.991] * 20
    made = volume_of(at_heights(plane, np.concatenate([[0], np.cumsum(gaps)])), REFUSE)
    assert reason_of(made) == "variable_spacing"


def test_a_missing_slice_is_told_with_the_places_around_it(plane: Frame) -> None:
    made = volume_of(at_heights(plane, [0, 2, 4, 8, 10]), REFUSE)
    assert verdict_of(made) == ("missing_slices", "1 missing between 4 and 8")


def test_the_places_around_a_missing_slice_of_an_oblique_stack_are_those_of_its_headers(plane: Frame) -> None:
    tilted = replace(plane, orientation=(1.0, 0.0, 0.0, 0.0, 0.8, -0.6))  # the normal is (0, 0.6, 0.8)
    planes = [
        replace(tilted, source=f"s{number}", position_mm=(5.0, 0.6 * height, 0.8 * height - 100))
        for number, height in enumerate([0, 5, 10, 20])
    ]
    assert volume_of(planes, REFUSE).detail == "1 missing between -92 and -84"


def test_missing_slices_are_never_interpolated(plane: Frame) -> None:
    made = volume_of(at_heights(plane, [0, 2, 8, 10.0, 12, 16]), EVEN_OUT)
    assert reason_of(made) == "missing_slices"
    assert made.detail == "2 missing between 2 and 8; 1 missing between 12 and 16"


def test_a_gap_is_wide_where_a_slice_at_its_side_is_thick_and_nothing_is_missing(plane: Frame) -> None:
    def head(thicknesses: Sequence[float], heights: Sequence[float]) -> list[Frame]:
        planes = at_heights(plane, heights)
        return [replace(one, thickness_mm=t) for one, t in zip(planes, thicknesses, strict=True)]

    thin_then_thick = head([5, 5, 5, 5, 10, 10, 10], [0, 5, 10, 15, 20, 30, 40])
    made = volume_of(thin_then_thick, REFUSE)
    assert verdict_of(made) == ("variable_spacing", "gaps from 5 to 10 mm over 7 slices")
    assert volume_of(thin_then_thick, EVEN_OUT).notes == ("z_resampled",)
    holed = head([5, 5, 5, 5, 10, 10], [0, 5, 15, 20, 25, 35])
    assert volume_of(holed, EVEN_OUT).detail == "1 missing between 5 and 15"
    assert reason_of(volume_of(head([10] * 5, [0, 5, 10, 20, 25]), EVEN_OUT)) == "missing_slices"


def test_two_passes_that_nothing_tells_apart_are_never_resampled_to_one(plane: Frame) -> None:
    for second in ([19.3 + 3 * k for k in range(8)], [1.3 + 3 * k for k in range(8)]):
        made = volume_of(at_heights(plane, [*range(0, 24, 3), *second]), EVEN_OUT)
        assert verdict_of(made) == (
            "ambiguous_series",
            "16 slices on two grids that overlap, with nothing to tell them apart",
        )
    apart = [*range(0, 12, 3), 16.3, 19.3, 22.3]
    assert reason_of(volume_of(at_heights(plane, apart), EVEN_OUT)) == "ok"


def test_a_slice_that_is_missing_from_rounded_positions_is_not_interpolated(plane: Frame) -> None:
    planes = at_heights(plane, [0, 7.1, 14.0, 28.1, 35.0])
    rounded = [replace(frame, position_decimals=(0, 0, 1)) for frame in planes]
    assert volume_of(rounded, EVEN_OUT).detail == "1 missing between 14 and 28.1"


def test_many_holes_are_told_in_short(plane: Frame) -> None:
    heights = [0, 1, 2, 3, 4, 5, 7, 9, 11, 13, 15]
    detail = volume_of(at_heights(plane, heights), REFUSE).detail
    assert detail == (
        "1 missing between 5 and 7; 1 missing between 7 and 9; 1 missing between 9 and 11 and 2 more holes"
    )


def test_gaps_that_are_no_multiples_are_refused_by_default(plane: Frame) -> None:
    made = volume_of(at_heights(plane, [0, 2, 4, 9, 14]), REFUSE)
    assert verdict_of(made) == ("variable_spacing", "gaps from 2 to 5 mm over 5 slices")


def test_uneven_gaps_are_evened_out_when_configured_and_measured(plane: Frame) -> None:
    frames = at_heights(plane, [0, 2, 4, 9, 14])
    made = volume_of(frames, EVEN_OUT)
    # Median gap (2 + 5) / 2 = 3.5 mm; 14 / 3.5 = 4 steps.
    assert made.notes == ("z_resampled",)
    assert made.measures == {"gap_min_mm": 2.0, "gap_max_mm": 5.0, "resampled_mm": 3.5}
    assert made.shape == (5, 16, 12)
    assert made.geometry.spacing == pytest.approx((3.5, 0.5, 0.8))
    assert resampled_heights(stack_of(frames)).tolist() == [0.0, 3.5, 7.0, 10.5, 14.0]


def test_a_slice_beside_the_line_of_the_stack_is_refused_even_where_gaps_may_vary(plane: Frame) -> None:
    frames = at_heights(plane, [0, 2, 4, 6])
    frames[2] = replace(frames[2], position_mm=(1.0, 5.0, 4.0))
    for rules in (REFUSE, EVEN_OUT, STRAIGHTEN):
        made = volume_of(frames, rules)
        assert verdict_of(made) == (
            "variable_spacing",
            "a slice lies 3 mm beside the line of the stack",
        )


def test_a_tilted_gantry_is_found_from_positions_and_refused_by_default(plane: Frame) -> None:
    made = volume_of(tilted(plane, 15.0), REFUSE)
    assert verdict_of(made) == ("gantry_tilt", "tilt of 15.00 degrees")


def test_a_lean_below_half_a_degree_is_kept_in_the_affine(plane: Frame) -> None:
    made = volume_of(tilted(plane, 0.4), REFUSE)
    assert made.notes == ()
    assert np.array(made.geometry.affine)[:3, 0] == pytest.approx([0.0, 0.0, 5.0])
    assert reason_of(volume_of(tilted(plane, 0.6), REFUSE)) == "gantry_tilt"


def test_a_straightened_stack_ends_where_the_table_did(plane: Frame) -> None:
    made = volume_of(tilted(plane, 15.0), STRAIGHTEN)
    affine = np.array(made.geometry.affine)
    assert made.notes == ("untilted",)
    assert made.measures == {"tilt_degrees": pytest.approx(15.0)}
    # Planes lie 5 cos 15 = 4.830 mm apart; over 25 mm they slide 25 sin 15 = 6.470 mm = 12.94 rows.
    assert made.geometry.spacing == pytest.approx((4.8296, 0.5, 0.8), abs=1e-4)
    assert made.shape == (6, 16 + 13, 12)
    assert affine @ [5, 0, 0, 1] == pytest.approx([0.0, 0.0, 25.0, 1.0])
    # Upright: the step between slices is perpendicular to rows and columns.
    assert affine[:3, 0] @ affine[:3, 1:3] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_a_stack_tilted_the_other_way_starts_where_the_table_did(plane: Frame) -> None:
    made = volume_of(tilted(plane, -15.0), STRAIGHTEN)
    assert made.shape == (6, 16 + 13, 12)
    assert np.array(made.geometry.affine) @ [0, 0, 0, 1] == pytest.approx([0.0, 0.0, 0.0, 1.0])


def test_slices_to_the_other_side_of_the_table_can_lean_in_both_directions(plane: Frame) -> None:
    frames = [replace(plane, source=f"s{k}", position_mm=(1.6 * k, 1.0 * k, 4.0 * k)) for k in range(3)]
    made = volume_of(frames, STRAIGHTEN)
    # 2 slices on: 3.2 mm = 4 columns and 2 mm = 4 rows.
    assert made.shape == (3, 20, 16)
    assert np.array(made.geometry.affine) @ [2, 4, 4, 1] == pytest.approx([-3.2, -2.0, 8.0, 1.0])


def test_a_plane_without_orientation_can_t_be_stacked(plane: Frame) -> None:
    with pytest.raises(ValueError, match="no place in a stack"):
        stack_of([replace(plane, orientation=None)])


def test_a_single_image_has_its_own_place_and_two_spacings(plane: Frame) -> None:
    made = image_of(replace(plane, position_mm=(1.0, 2.0, 3.0)))
    assert made.shape == (16, 12)
    assert made.geometry.spacing == (0.5, 0.8)
    assert np.array(made.geometry.affine) @ [0, 2, 5, 1] == pytest.approx([-5.0, -3.0, 3.0, 1.0])
    assert np.array(made.geometry.affine)[:3, 0] == pytest.approx([0.0, 0.0, 5.0])
