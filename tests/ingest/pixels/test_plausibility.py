"""What no CT scanner measures, and no body takes up."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.pixels.plausibility import Tally, check_ct, has_plausible_uptakes
from pipeline.ingest.pixels.values import Plane, Transform, plane_of
from pipeline.ingest.reasons import Refusal

HU = Transform(modality="CT", unit="HU")
SHIFTED = Transform(modality="CT", unit="HU", intercept=-1024.0)


def tally_of(values: list[float], share: list[int], transform: Transform = HU) -> Tally:
    tally = Tally()
    tally.add(Plane(np.repeat(values, share).astype(np.float32)[None]), transform)
    return tally


@pytest.mark.parametrize(
    ("values", "share", "bits"),
    [
        ([-2048.0, 0.0], [2, 998], 12),  # intercept applied twice: 0.2 % below -1100
        ([0.0, 2000.0], [500, 500], 12),  # no intercept: no air at all
        ([1000.0, -1000.0, 5000.0], [498, 500, 2], 12),  # wrong slope: 0.2 % above 4000
    ],
)
def test_numbers_that_no_scanner_measures_are_refused(
    values: list[float], share: list[int], bits: int
) -> None:
    with pytest.raises(Refusal, match="implausible_values"):
        check_ct(tally_of(values, share), HU, bits_stored=bits)


@pytest.mark.parametrize("intercept", [-1024.0, -1000.0, -8192.0])
def test_a_field_of_view_inside_the_body_is_plausible_where_an_intercept_is_there(intercept: float) -> None:
    inside = Transform(modality="CT", unit="HU", intercept=intercept)
    check_ct(tally_of([-24.0, 476.0], [50, 50], inside), inside, bits_stored=12)


@pytest.mark.parametrize("intercept", [0.0, 1024.0, -20.0])
def test_without_air_and_without_an_intercept_nothing_proves_the_scale(intercept: float) -> None:
    tally = tally_of([-24.0, 476.0], [50, 50], Transform(modality="CT", unit="HU", intercept=intercept))
    with pytest.raises(Refusal, match=r"lowest -24 HU.*no intercept"):
        check_ct(tally, HU, bits_stored=12)


def test_one_slice_without_an_intercept_is_enough_to_doubt_a_volume_without_air() -> None:
    tally = tally_of([-24.0, 476.0], [50, 50], SHIFTED)
    tally.add(Plane(np.array([[1000.0]])), HU)
    with pytest.raises(Refusal, match="no intercept"):
        check_ct(tally, HU, bits_stored=12)


def test_slices_without_an_intercept_need_air_of_their_own() -> None:
    tally = tally_of([-1000.0, 40.0], [50, 50], SHIFTED)
    tally.add(Plane(np.array([[-1000.0, 40.0]])), HU)
    check_ct(tally, HU, bits_stored=12)
    tally.add(Plane(np.array([[24.0, 1064.0]]), padded=np.array([[True, True]])), HU)
    check_ct(tally, HU, bits_stored=12)
    mixed = tally_of([-1000.0, 40.0], [50, 50], SHIFTED)
    mixed.add(Plane(np.array([[24.0, 1064.0]])), HU)
    with pytest.raises(Refusal, match="no intercept"):
        check_ct(mixed, SHIFTED, bits_stored=12)


def test_metal_on_an_extended_scale_fills_no_fifth_of_the_view() -> None:
    check_ct(tally_of([-1000.0, 40.0, 9000.0], [500, 320, 180]), HU, bits_stored=16)
    with pytest.raises(Refusal, match=r"22\.00 % above 4000 HU"):
        check_ct(tally_of([-1000.0, 40.0, 9000.0], [500, 280, 220]), HU, bits_stored=16)


def test_eight_bits_that_hold_nothing_but_air_were_made_for_a_screen() -> None:
    values = tally_of([-1024.0, -769.0], [500, 500], SHIFTED)
    with pytest.raises(Refusal, match="highest -769 HU in 8 bits"):
        check_ct(values, SHIFTED, bits_stored=8)
    check_ct(values, SHIFTED, bits_stored=12)  # slices above the head are such
    check_ct(tally_of([-1024.0, 1016.0], [500, 500], SHIFTED), SHIFTED, bits_stored=8)


@pytest.mark.parametrize("unit", ["Z_EFF", "US", "OTHER"])
def test_a_ct_of_no_hounsfield_units_needs_no_air_but_has_no_impossible_number_either(unit: str) -> None:
    map_of = Transform(modality="CT", unit=unit, slope=0.01)
    check_ct(tally_of([0.0, 7.4], [50, 50], map_of), map_of, bits_stored=12)
    with pytest.raises(Refusal, match="implausible_values"):
        check_ct(tally_of([-2000.0, 7.4], [50, 50], map_of), map_of, bits_stored=12)


def test_metal_is_allowed_on_an_extended_scale_and_padding_is_not_counted() -> None:
    check_ct(tally_of([-1000.0, 9000.0], [900, 100]), HU, bits_stored=16)
    padded = np.zeros((1, 10), bool)
    padded[0, :5] = True
    tally = Tally()
    tally.add(Plane(np.array([[-3024] * 5 + [-1000] * 5]), padded), HU)
    check_ct(tally, HU, bits_stored=12)
    with pytest.raises(Refusal, match="all voxels are padding"):
        check_ct(Tally(), HU, bits_stored=12)


@pytest.mark.parametrize("surround", [-2048, -1000])  # beside the air, or the air itself
def test_an_intercept_applied_twice_still_shows_behind_the_surround(surround: int) -> None:
    rows, columns = np.mgrid[-8:8, -8:8] + 0.5
    radius = np.hypot(rows, columns)
    stored = np.where(radius > 8, surround, np.where(radius > 4, -1000, 36)).astype(np.int16)  # HU already
    form = PixelFormat(16, 16, 1, 1, "MONOCHROME2", "integer", 16, 16, signed=True, planar=False)
    tally = Tally()
    tally.add(plane_of(stored.view("<u2"), form, SHIFTED), SHIFTED)
    with pytest.raises(Refusal, match="implausible_values"):
        check_ct(tally, HU, bits_stored=16)


@pytest.mark.parametrize(("high", "plausible"), [(1, True), (2, False)])
def test_uptakes_of_200_in_more_than_a_hundredth_of_the_voxels_are_none(high: int, plausible: bool) -> None:
    uptakes = Transform(modality="PT", unit="SUVbw", uptake=0.5)
    tally = tally_of([200.0, 3.0], [high, 100 - high], uptakes)
    assert has_plausible_uptakes(tally) is plausible
