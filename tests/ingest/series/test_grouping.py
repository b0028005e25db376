"""Series in their volumes: what belongs together, what is set aside, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from planes import reason_of, saying, verdict_of
from series_planes import IMAGE, SAGITTAL, SERIES, different_pixels, outcomes, reasons, slice_at, stack

from pipeline.ingest.series.frames import Frame, Rules
from pipeline.ingest.series.grouping import grouped

CLASSIC_MR = "1.2.840.10008.5.1.4.1.1.4"


def test_an_ordinary_series_is_one_volume_in_the_order_of_space(plane: Frame) -> None:
    groups = grouped(stack(plane, [9, 3, 0, 6]), SERIES, pixel_digest=different_pixels)
    assert outcomes(groups) == [("ok", [0, 3, 6, 9])]


@pytest.mark.parametrize(
    "changes",
    [
        {"series_id": "other"},
        {"sop_class": "1.2.840.10008.5.1.4.1.1.2.1"},
        {"rows": 8},
        {"columns": 8},
        {"photometric": "MONOCHROME1"},
        {"spacing_mm": (0.5, 0.81)},
        {"orientation": (1.0, 0.0, 0.0, 0.0, 0.999998, 0.002)},
        {"frame_of_reference": "other"},
        {"unit": "ED"},
    ],
)
def test_what_differs_by_a_listed_attribute_is_never_stacked_together(plane: Frame, changes: dict) -> None:
    other = replace(plane, **changes)
    mixed = stack(plane, [0, 2, 4], "a") + stack(other, [1, 3, 5], "b")
    groups = grouped(mixed, SERIES, pixel_digest=different_pixels)
    assert outcomes(groups) == [("ok", [0, 2, 4]), ("ok", [1, 3, 5])]


def test_rounding_in_orientation_and_spacing_doesn_t_split_a_series(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 4, 6])
    frames[1] = replace(frames[1], orientation=(0.99999, 0.0004, 0.0, 0.0, 0.99999, 0.0004))
    frames[2] = replace(frames[2], spacing_mm=(0.50005, 0.80005))
    assert outcomes(grouped(frames, SERIES, pixel_digest=different_pixels)) == [("ok", [0, 2, 4, 6])]


def test_directions_that_turn_slowly_over_a_series_are_refused(plane: Frame) -> None:
    frames = [
        replace(frame, orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0009 * number))
        for number, frame in enumerate(stack(plane, range(6)))
    ]
    (made,) = grouped(frames, SERIES, pixel_digest=different_pixels)
    assert verdict_of(made) == ("ambiguous_series", "orientations drift by 0.0045")


def test_two_studies_that_use_one_series_number_are_two_volumes(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 4], "a") + stack(replace(plane, study_id="later"), [1, 3, 5], "b")
    groups = grouped(frames, SERIES, pixel_digest=different_pixels)
    assert outcomes(groups) == [("ok", [0, 2, 4]), ("ok", [1, 3, 5])]


def test_a_study_number_of_its_own_for_every_image_says_nothing(plane: Frame) -> None:
    frames = [replace(frame, study_id=frame.source) for frame in stack(plane, [0, 2, 4])]
    assert outcomes(grouped(frames, SERIES, pixel_digest=different_pixels)) == [("ok", [0, 2, 4])]


def test_two_patients_in_one_series_are_both_refused(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 4], "a") + stack(replace(plane, patient_id="other"), [6, 8], "b")
    (made,) = grouped(frames, SERIES, pixel_digest=different_pixels)
    assert verdict_of(made) == ("patient_conflict", "2 patients in one series of 5 images")
    assert len(made.frames) == 5


def test_a_scout_in_the_series_is_set_aside(plane: Frame) -> None:
    scout = replace(plane, source="a", orientation=SAGITTAL, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))
    groups = grouped([scout, *stack(plane, [0, 2, 4, 6, 8])], SERIES, pixel_digest=different_pixels)
    assert outcomes(groups) == [("localizer", [0]), ("ok", [0, 2, 4, 6, 8])]


def test_a_remainder_of_other_orientation_is_too_small_for_a_volume(plane: Frame) -> None:
    extra = stack(replace(plane, orientation=SAGITTAL), [50.0], "x")
    groups = grouped([*stack(plane, [0, 2, 4]), *extra], SERIES, pixel_digest=different_pixels)
    assert [verdict_of(made) for made in groups] == [
        ("ok", ""),
        ("too_few_slices", "1 of at least 3"),
    ]


def test_a_reformat_is_set_aside_with_the_word_that_says_so(plane: Frame) -> None:
    reformat = replace(plane, source="x", image_type=("DERIVED", "SECONDARY", "MPR"))
    groups = grouped([*stack(plane, [0, 2, 4]), reformat], SERIES, pixel_digest=different_pixels)
    assert dict(map(verdict_of, groups)) == {"ok": "", "derived_not_selected": "ImageType has MPR"}


def test_reformats_that_are_included_make_volumes_of_their_own(plane: Frame) -> None:
    reformat = replace(plane, image_type=("DERIVED", "SECONDARY", "MPR"))
    projection = replace(plane, image_type=("DERIVED", "SECONDARY", "MIP"))
    frames = [*stack(plane, [0, 4, 8]), *stack(reformat, [2, 6, 10], "x"), *stack(projection, [1, 5, 9], "y")]
    included = replace(SERIES, include=("derived",))
    groups = grouped(frames, included, pixel_digest=different_pixels)
    assert outcomes(groups) == [("ok", [0, 4, 8]), ("ok", [2, 6, 10]), ("ok", [1, 5, 9])]


def test_scouts_that_are_included_never_join_the_scan(plane: Frame) -> None:
    scouts = stack(replace(plane, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")), [2, 6, 10], "x")
    included = replace(SERIES, include=("localizer",))
    groups = grouped([*stack(plane, [0, 4, 8]), *scouts], included, pixel_digest=different_pixels)
    assert outcomes(groups) == [("ok", [0, 4, 8]), ("ok", [2, 6, 10])]


def test_two_kernels_are_two_volumes_even_at_different_places(plane: Frame) -> None:
    sharp = [slice_at(plane, z, f"b{z}", kernel="B70f") for z in (0, 2, 4)]
    soft = [slice_at(plane, z, f"a{z}", kernel="B30f") for z in (1, 3, 5)]
    groups = grouped(soft + sharp, SERIES, pixel_digest=different_pixels)
    assert outcomes(groups) == [("ok", [1, 3, 5]), ("ok", [0, 2, 4])]


def test_magnitude_and_phase_are_two_volumes(plane: Frame) -> None:
    frames = [
        replace(frame, image_type=("ORIGINAL", "PRIMARY", kind))
        for kind in "MP"
        for frame in stack(plane, [0, 2, 4], kind)
    ]
    groups = grouped(frames, SERIES, pixel_digest=different_pixels)
    assert [{frame.image_type[2] for frame in made.frames} for made in groups] == [{"M"}, {"P"}]


def test_two_echoes_of_two_kernels_are_four_volumes_told_by_both(plane: Frame) -> None:
    frames = [
        slice_at(plane, z, f"{kernel}{echo}{z}", kernel=kernel, echo_time=float(echo))
        for kernel in "ab"
        for echo in (5, 9)
        for z in (0, 2, 4)
    ]
    groups = grouped(frames, SERIES, pixel_digest=different_pixels)
    said = [
        {(frame.acquisition.kernel, frame.acquisition.echo_time) for frame in made.frames} for made in groups
    ]
    assert said == [{(kernel, echo)} for kernel in "ab" for echo in (5.0, 9.0)]


def test_stacks_of_an_enhanced_object_are_separate_and_ordered_by_their_own_positions(plane: Frame) -> None:
    enhanced = replace(plane, sop_class="1.2.840.10008.5.1.4.1.1.2.1", source="file")
    frames = [
        saying(enhanced, index=index, position_mm=(0.0, 0.0, float(z)), stack_id=stack_id)
        for index, (z, stack_id) in enumerate(
            [(6, "1"), (0, "1"), (4, "1"), (2, "1"), (50, "2"), (60, "2"), (70, "2")]
        )
    ]
    groups = grouped(frames, SERIES, pixel_digest=different_pixels)
    assert outcomes(groups) == [("ok", [0, 2, 4, 6]), ("ok", [50, 60, 70])]
    assert [frame.index for frame in groups[0].frames] == [1, 3, 2, 0]
    assert [made.geometry.spacing[0] for made in groups] == [2.0, 10.0]


def test_every_mosaic_is_a_volume_of_its_own(plane: Frame) -> None:
    sheet = replace(
        plane,
        modality="MR",
        sop_class=CLASSIC_MR,
        image_type=("ORIGINAL", "PRIMARY", "M", "MOSAIC"),
        spacing_between_mm=3.0,
        tiles=4,
        tile_normal=(0.0, 0.0, 1.0),
    )
    sheets = [replace(sheet, source=f"t{t}") for t in range(3)]
    assert [made.shape for made in grouped(sheets, SERIES, pixel_digest=different_pixels)] == [(4, 8, 6)] * 3
    assert reasons(grouped(sheets, IMAGE, pixel_digest=different_pixels)) == {"rule_not_selected": 3}
    assert reasons(grouped(sheets, Rules(unit="series", min_slices=5), pixel_digest=different_pixels)) == {
        "too_few_slices": 3
    }
    assert [made.time_index for made in grouped(sheets, SERIES, pixel_digest=different_pixels)] == [None] * 3
    clocked = [replace(one, acquisition_time=10.0 - t) for t, one in enumerate(sheets)]
    clocked.append(replace(sheet, source="turned", orientation=SAGITTAL, tile_normal=(-1.0, 0.0, 0.0)))
    made = {one.frames[0].source: one for one in grouped(clocked, SERIES, pixel_digest=different_pixels)}
    ranks = [made[source].time_index for source in ("t0", "t1", "t2", "turned")]
    assert ranks == [2, 1, 0, None]
    assert {reason_of(one) for one in made.values()} == {"ok"}
    stripped = [replace(sheet, tiles=None)]
    assert reasons(grouped(stripped, SERIES, pixel_digest=different_pixels)) == {"mosaic_layout_unknown": 1}


def test_times_of_a_series_are_numbered_once_after_all_splits(plane: Frame) -> None:
    def ranks(values: Callable[[int, int], dict[str, float]]) -> list[object]:
        frames = [
            slice_at(plane, z, f"{t}{half}{z}", temporal_position=t, **values(t, half))
            for t in (1, 2, 3)
            for half in (0, 1)
            for z in (0, 3, 6, 9)
        ]
        groups = grouped(frames, SERIES, pixel_digest=different_pixels)
        return [made.time_index for made in groups]

    assert ranks(lambda t, half: {"acquisition_time": t + 0.5 * half}) == [0, 1, 2, 3, 4, 5]
    # What is no time has another name: two echoes of one time have the same rank.
    assert ranks(lambda t, half: {"echo_time": 20.0 + 60 * half}) == [0, 0, 1, 1, 2, 2]


def test_a_fragment_spoils_the_volume_it_was_cut_from(plane: Frame) -> None:
    thick = replace(plane, thickness_mm=3.0)
    frames = stack(thick, range(0, 18, 3)) + stack(replace(thick, photometric="MONOCHROME1"), [18, 21], "t")
    groups = grouped(frames, SERIES, pixel_digest=different_pixels)
    assert reasons(groups) == {"inconsistent_series": 8}
    assert (
        groups[0].detail
        == "2 of 8 slices of one even stack differ from the others in PhotometricInterpretation"
    )
    assert reasons(grouped(frames, IMAGE, pixel_digest=different_pixels)) == {"ok": 8}


def test_fewer_slices_than_a_pet_announces_are_refused(plane: Frame) -> None:
    pet = saying(plane, modality="PT", announced_slices=8)
    (made,) = grouped(stack(pet, range(0, 18, 3)), SERIES, pixel_digest=different_pixels)
    assert verdict_of(made) == ("missing_slices", "6 slices of 8 that NumberOfSlices announces")
