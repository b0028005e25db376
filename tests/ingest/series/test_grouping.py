from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planes import reason_of, saying, verdict_of

from pipeline.ingest.reasons import REASONS
from pipeline.ingest.series.frames import Frame, Group, Refused, Rules
from pipeline.ingest.series.grouping import grouped
from pipeline.ingest.series.traits import KINDS, TEMPORAL_POSITION, sets_of

SERIES = Rules(unit="series")
IMAGE = Rules(unit="image")
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CLASSIC_MR = "1.2.840.10008.5.1.4.1.1.4"


def own_pixels(frame: Frame) -> str:
    """A digest that is different for every plane."""
    return f"{frame.source}/{frame.index}"


def slab(plane: Frame, z: float, source: str, **values: object) -> Frame:
    return saying(plane, source=source, position_mm=(0.0, 0.0, float(z)), **values)


def stack(plane: Frame, heights: Sequence[float], name: str = "s") -> list[Frame]:
    return [slab(plane, z, f"{name}{number:02d}") for number, z in enumerate(heights)]


def outcome(groups: list[Group]) -> list[tuple[str, list[float]]]:
    return [(reason_of(made), [frame.position_mm[2] for frame in made.frames]) for made in groups]


def reasons(groups: list[Group]) -> dict[str, int]:
    return dict(Counter(reason_of(made) for made in groups for _ in made.frames))


def test_an_ordinary_series_is_one_volume_in_the_order_of_space(plane: Frame) -> None:
    groups = grouped(stack(plane, [9, 3, 0, 6]), SERIES, pixel_digest=own_pixels)
    assert outcome(groups) == [("ok", [0, 3, 6, 9])]


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
    groups = grouped(mixed, SERIES, pixel_digest=own_pixels)
    assert outcome(groups) == [("ok", [0, 2, 4]), ("ok", [1, 3, 5])]


def test_rounding_in_orientation_and_spacing_doesn_t_split_a_series(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 4, 6])
    frames[1] = replace(frames[1], orientation=(0.99999, 0.0004, 0.0, 0.0, 0.99999, 0.0004))
    frames[2] = replace(frames[2], spacing_mm=(0.50005, 0.80005))
    assert outcome(grouped(frames, SERIES, pixel_digest=own_pixels)) == [("ok", [0, 2, 4, 6])]


def test_directions_that_turn_slowly_over_a_series_are_refused(plane: Frame) -> None:
    frames = [
        replace(frame, orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0009 * number))
        for number, frame in enumerate(stack(plane, range(6)))
    ]
    (made,) = grouped(frames, SERIES, pixel_digest=own_pixels)
    assert verdict_of(made) == ("ambiguous_series", "orientations drift by 0.0045")


def test_two_studies_that_use_one_series_number_are_two_volumes(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 4], "a") + stack(replace(plane, study_id="later"), [1, 3, 5], "b")
    groups = grouped(frames, SERIES, pixel_digest=own_pixels)
    assert outcome(groups) == [("ok", [0, 2, 4]), ("ok", [1, 3, 5])]


def test_a_study_number_of_its_own_for_every_image_says_nothing(plane: Frame) -> None:
    frames = [replace(frame, study_id=frame.source) for frame in stack(plane, [0, 2, 4])]
    assert outcome(grouped(frames, SERIES, pixel_digest=own_pixels)) == [("ok", [0, 2, 4])]


def test_two_patients_in_one_series_are_both_refused(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 4], "a") + stack(replace(plane, patient_id="other"), [6, 8], "b")
    (made,) = grouped(frames, SERIES, pixel_digest=own_pixels)
    assert verdict_of(made) == ("patient_conflict", "2 patients in one series of 5 images")
    assert len(made.frames) == 5


def test_a_scout_in_the_series_is_set_aside(plane: Frame) -> None:
    scout = replace(plane, source="a", orientation=SAGITTAL, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))
    groups = grouped([scout, *stack(plane, [0, 2, 4, 6, 8])], SERIES, pixel_digest=own_pixels)
    assert outcome(groups) == [("localizer", [0]), ("ok", [0, 2, 4, 6, 8])]


def test_a_remainder_of_other_orientation_is_too_small_for_a_volume(plane: Frame) -> None:
    extra = stack(replace(plane, orientation=SAGITTAL), [50.0], "x")
    groups = grouped([*stack(plane, [0, 2, 4]), *extra], SERIES, pixel_digest=own_pixels)
    assert [verdict_of(made) for made in groups] == [
        ("ok", ""),
        ("too_few_slices", "1 of at least 3"),
    ]


def test_a_reformat_is_set_aside_with_the_word_that_says_so(plane: Frame) -> None:
    reformat = replace(plane, source="x", image_type=("DERIVED", "SECONDARY", "MPR"))
    groups = grouped([*stack(plane, [0, 2, 4]), reformat], SERIES, pixel_digest=own_pixels)
    assert dict(map(verdict_of, groups)) == {"ok": "", "derived_not_selected": "ImageType has MPR"}


def test_reformats_that_are_included_make_volumes_of_their_own(plane: Frame) -> None:
    reformat = replace(plane, image_type=("DERIVED", "SECONDARY", "MPR"))
    projection = replace(plane, image_type=("DERIVED", "SECONDARY", "MIP"))
    frames = [*stack(plane, [0, 4, 8]), *stack(reformat, [2, 6, 10], "x"), *stack(projection, [1, 5, 9], "y")]
    included = replace(SERIES, include=("derived",))
    groups = grouped(frames, included, pixel_digest=own_pixels)
    assert outcome(groups) == [("ok", [0, 4, 8]), ("ok", [2, 6, 10]), ("ok", [1, 5, 9])]


def test_scouts_that_are_included_never_join_the_scan(plane: Frame) -> None:
    scouts = stack(replace(plane, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")), [2, 6, 10], "x")
    included = replace(SERIES, include=("localizer",))
    groups = grouped([*stack(plane, [0, 4, 8]), *scouts], included, pixel_digest=own_pixels)
    assert outcome(groups) == [("ok", [0, 4, 8]), ("ok", [2, 6, 10])]


def test_two_kernels_are_two_volumes_even_at_different_places(plane: Frame) -> None:
    sharp = [slab(plane, z, f"b{z}", kernel="B70f") for z in (0, 2, 4)]
    soft = [slab(plane, z, f"a{z}", kernel="B30f") for z in (1, 3, 5)]
    groups = grouped(soft + sharp, SERIES, pixel_digest=own_pixels)
    assert outcome(groups) == [("ok", [1, 3, 5]), ("ok", [0, 2, 4])]


def test_magnitude_and_phase_are_two_volumes(plane: Frame) -> None:
    frames = [
        replace(frame, image_type=("ORIGINAL", "PRIMARY", kind))
        for kind in "MP"
        for frame in stack(plane, [0, 2, 4], kind)
    ]
    groups = grouped(frames, SERIES, pixel_digest=own_pixels)
    assert [{frame.image_type[2] for frame in made.frames} for made in groups] == [{"M"}, {"P"}]


def test_two_echoes_of_two_kernels_are_four_volumes_told_by_both(plane: Frame) -> None:
    frames = [
        slab(plane, z, f"{kernel}{echo}{z}", kernel=kernel, echo_time=float(echo))
        for kernel in "ab"
        for echo in (5, 9)
        for z in (0, 2, 4)
    ]
    groups = grouped(frames, SERIES, pixel_digest=own_pixels)
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
    groups = grouped(frames, SERIES, pixel_digest=own_pixels)
    assert outcome(groups) == [("ok", [0, 2, 4, 6]), ("ok", [50, 60, 70])]
    assert [frame.index for frame in groups[0].frames] == [1, 3, 2, 0]
    assert [made.geometry.spacing[0] for made in groups] == [2.0, 10.0]


def test_different_slices_at_one_place_are_refused(plane: Frame) -> None:
    (made,) = grouped(stack(plane, [0, 2, 2, 4]), SERIES, pixel_digest=own_pixels)
    assert verdict_of(made) == ("duplicate_position", "4 images at 3 places")


def test_equal_slices_at_one_place_are_kept_once(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 2, 4])
    groups = grouped(frames, SERIES, pixel_digest=lambda frame: str(frame.position_mm))
    assert outcome(groups) == [("ok", [0, 2, 4]), ("duplicate_identical", [2])]
    assert groups[1].frames[0].source == "s02"


def test_equal_slices_of_two_echoes_are_no_copies(plane: Frame) -> None:
    frames = [slab(plane, z, f"{e}{z}", echo_time=float(e)) for e in (1, 2) for z in (0, 2, 4)]
    groups = grouped(frames, SERIES, pixel_digest=lambda _: "black")
    assert reasons(groups) == {"ok": 6}


def test_copies_inside_a_time_series_are_found_before_it_is_split(plane: Frame) -> None:
    frames = [slab(plane, z, f"{t}{z}", temporal_position=t) for t in (1, 2) for z in (0, 2, 4)]
    copy = replace(frames[2], source="z")
    groups = grouped(
        [*frames, copy], SERIES, pixel_digest=lambda frame: str((frame.position_mm, frame.acquisition))
    )
    assert reasons(groups) == {"ok": 6, "duplicate_identical": 1}
    assert len(groups) == 3


def test_pixels_are_compared_only_where_places_repeat_without_a_key(plane: Frame) -> None:
    def never(frame: Frame) -> str:
        raise AssertionError(frame)

    echoes = [slab(plane, z, f"{e}{z}", echo_time=float(e)) for e in (1, 2) for z in (0, 2, 4)]
    assert reasons(grouped(echoes, SERIES, pixel_digest=never)) == {"ok": 6}


def test_repeats_everywhere_without_a_key_are_several_volumes_nobody_can_separate(plane: Frame) -> None:
    (made,) = grouped(stack(plane, [0, 0, 2, 2, 4, 4]), SERIES, pixel_digest=own_pixels)
    assert verdict_of(made) == ("ambiguous_series", "6 images at 3 places")


def test_an_incomplete_time_series_is_refused_as_a_whole(plane: Frame) -> None:
    frames = [slab(plane, z, f"{t:02d}{z}", temporal_position=t) for t in range(25) for z in range(4)]
    assert reasons(grouped(frames, SERIES, pixel_digest=own_pixels)) == {"ok": 100}
    assert reasons(grouped(frames[:-1], SERIES, pixel_digest=own_pixels)) == {"ambiguous_series": 99}


@pytest.mark.parametrize("modality", ["CR", "DX", "MG", "US", "XA", "RF", "OT"])
@pytest.mark.parametrize("unit", ["image", "series"])
def test_projections_are_pictures_of_their_own_with_or_without_positions(
    plane: Frame, modality: str, unit: str
) -> None:
    films = [replace(frame, modality=modality) for frame in stack(plane, [0, 1, 2])]
    films += [replace(film, source=f"n{film.source}", position_mm=None, orientation=None) for film in films]
    groups = grouped(films, Rules(unit=unit), pixel_digest=own_pixels)
    assert [made.shape for made in groups] == [(16, 12)] * 6
    assert {made.geometry.affine for made in groups} == {None}
    assert {made.geometry.spacing for made in groups} == {(0.5, 0.8)}


def test_a_picture_without_spacing_is_measured_in_pixels(plane: Frame) -> None:
    photograph = replace(plane, modality="XC", spacing_mm=None)
    detector = replace(plane, source="b", modality="DX", spacing_kind="detector_plane")
    groups = grouped([photograph, detector], IMAGE, pixel_digest=own_pixels)
    assert [(made.geometry.spacing, made.geometry.spacing_kind) for made in groups] == [
        ((1.0, 1.0), "pixels"),
        ((0.5, 0.8), "detector_plane"),
    ]


def test_frames_of_a_cine_are_pictures_in_time_never_slices(plane: Frame) -> None:
    cine = [replace(plane, modality="US", index=n, position_mm=None, orientation=None) for n in range(4)]
    groups = grouped(cine, SERIES, pixel_digest=own_pixels)
    assert [[frame.index for frame in made.frames] for made in groups] == [[0], [1], [2], [3]]


def test_slices_one_by_one_are_images_with_their_place_in_space(plane: Frame) -> None:
    groups = grouped(stack(plane, [0, 2, 2, 7]), IMAGE, pixel_digest=own_pixels)
    assert [reason_of(made) for made in groups] == ["ok"] * 4
    assert groups[3].geometry.affine[2] == (5.0, 0.0, 0.0, 7.0)


def test_one_slice_without_a_place_spoils_its_volume_but_not_other_single_images(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 4])
    frames[1] = replace(frames[1], position_mm=None)
    (made,) = grouped(frames, SERIES, pixel_digest=own_pixels)
    assert verdict_of(made) == ("no_geometry", "1 of 3 without position or orientation")
    assert reasons(grouped(frames, IMAGE, pixel_digest=own_pixels)) == {"ok": 2, "no_geometry": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"orientation": None}, "no_geometry"),
        ({"position_mm": (0.0, float("nan"), 0.0)}, "no_geometry"),
        ({"spacing_mm": None}, "missing_attribute"),
        ({"spacing_mm": (0.0, 0.8)}, "missing_attribute"),
        ({"orientation": (1.0, 0.0, 0.0, 0.0, 1.0, 0.05)}, "geometry_invalid"),
        ({"orientation": (1.0, 0.0, 0.0, 0.1, 1.0, 0.0)}, "geometry_invalid"),
        ({"orientation": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)}, "geometry_invalid"),
    ],
)
def test_a_plane_that_doesn_t_say_where_it_lies_is_refused(plane: Frame, changes: dict, reason: str) -> None:
    (made,) = grouped([replace(plane, **changes)], IMAGE, pixel_digest=own_pixels)
    assert reason_of(made) == reason


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
    assert [made.shape for made in grouped(sheets, SERIES, pixel_digest=own_pixels)] == [(4, 8, 6)] * 3
    assert reasons(grouped(sheets, IMAGE, pixel_digest=own_pixels)) == {"rule_not_selected": 3}
    assert reasons(grouped(sheets, Rules(unit="series", min_slices=5), pixel_digest=own_pixels)) == {
        "too_few_slices": 3
    }
    assert [made.time_index for made in grouped(sheets, SERIES, pixel_digest=own_pixels)] == [None] * 3
    clocked = [replace(one, acquisition_time=10.0 - t) for t, one in enumerate(sheets)]
    clocked.append(replace(sheet, source="turned", orientation=SAGITTAL, tile_normal=(-1.0, 0.0, 0.0)))
    made = {one.frames[0].source: one for one in grouped(clocked, SERIES, pixel_digest=own_pixels)}
    ranks = [made[source].time_index for source in ("t0", "t1", "t2", "turned")]
    assert ranks == [2, 1, 0, None]
    assert {reason_of(one) for one in made.values()} == {"ok"}
    stripped = [replace(sheet, tiles=None)]
    assert reasons(grouped(stripped, SERIES, pixel_digest=own_pixels)) == {"mosaic_layout_unknown": 1}


def test_times_of_a_series_are_numbered_once_after_all_splits(plane: Frame) -> None:
    def ranks(values: Callable[[int, int], dict[str, float]]) -> list[object]:
        frames = [
            slab(plane, z, f"{t}{half}{z}", temporal_position=t, **values(t, half))
            for t in (1, 2, 3)
            for half in (0, 1)
            for z in (0, 3, 6, 9)
        ]
        groups = grouped(frames, SERIES, pixel_digest=own_pixels)
        return [made.time_index for made in groups]

    assert ranks(lambda t, half: {"acquisition_time": t + 0.5 * half}) == [0, 1, 2, 3, 4, 5]
    # What is no time has another name: two echoes of one time have the same rank.
    assert ranks(lambda t, half: {"echo_time": 20.0 + 60 * half}) == [0, 0, 1, 1, 2, 2]


def test_a_refusal_names_what_differs_where_places_repeat(plane: Frame) -> None:
    frames = [slab(plane, z, f"{e}{z:02}", echo_time=float(e)) for e in (20, 80) for z in range(0, 24, 3)]
    (made,) = grouped(frames[:-1], SERIES, pixel_digest=own_pixels)
    assert reason_of(made) == "ambiguous_series"
    assert made.detail == (
        "15 images at 8 places; EchoTime (8 and 7 images) differ there, and none of it gives whole volumes"
    )


def test_a_fragment_spoils_the_volume_it_was_cut_from(plane: Frame) -> None:
    thick = replace(plane, thickness_mm=3.0)
    frames = stack(thick, range(0, 18, 3)) + stack(replace(thick, photometric="MONOCHROME1"), [18, 21], "t")
    groups = grouped(frames, SERIES, pixel_digest=own_pixels)
    assert reasons(groups) == {"inconsistent_series": 8}
    assert (
        groups[0].detail
        == "2 of 8 slices of one even stack differ from the others in PhotometricInterpretation"
    )
    assert reasons(grouped(frames, IMAGE, pixel_digest=own_pixels)) == {"ok": 8}


def test_fewer_slices_than_a_pet_announces_are_refused(plane: Frame) -> None:
    pet = saying(plane, modality="PT", announced_slices=8)
    (made,) = grouped(stack(pet, range(0, 18, 3)), SERIES, pixel_digest=own_pixels)
    assert verdict_of(made) == ("missing_slices", "6 slices of 8 that NumberOfSlices announces")


BASE = Frame("", 0, "p", "t", "r", "CT", "1.2.840.10008.5.1.4.1.1.2", ("ORIGINAL", "PRIMARY"), 8, 8, 1, "M2",
             orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0), spacing_mm=(1.0, 1.0), thickness_mm=1.0)  # fmt: skip

mixtures = st.lists(
    st.builds(
        lambda z, x, changes, values: saying(BASE, position_mm=(x, 0.0, z), **values, **changes),
        st.sampled_from([0.0, 1.0, 2.0, 2.005, 3.0, 4.0, 5.5]),
        st.sampled_from([0.0, 0.0, 0.0, 0.3]),
        st.sampled_from([
            {}, {}, {}, {}, {"rows": 16}, {"series_id": "q"}, {"patient_id": "o", "series_id": "q"},
            {"orientation": SAGITTAL}, {"orientation": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0007)},
            {"spacing_mm": None}, {"modality": "DX"}, {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")},
            {"study_id": "u"}, {"spacing_between_mm": 2.0}, {"thickness_mm": None},
        ]),
        st.fixed_dictionaries({}, optional={
            "echo_time": st.sampled_from([1.0, 2.0]), "acquisition_time": st.floats(0, 10),
            "b_value": st.sampled_from([0.0, 1000.0]), "instance_number": st.integers(0, 9),
            "temporal_position": st.integers(1, 3), "kernel": st.sampled_from(["a", "b"]),
            "kvp": st.sampled_from([80.0, 140.0]), "contrast_given": st.just(True),
            "acquisition_number": st.integers(1, 2), "frame_of_reference": st.sampled_from(["f", "g"]),
            "announced_images": st.integers(0, 9), "stack_id": st.sampled_from(["1", "2"]),
        }),
    ),
    max_size=24,
).map(lambda frames: [replace(frame, source=f"{n:03d}") for n, frame in enumerate(frames)])  # fmt: skip

# A temporal position of its own for every slice counts slices.
OF_ONE_KIND = [trait for trait in KINDS if trait is not TEMPORAL_POSITION]
rules_of_any_kind = st.builds(
    Rules,
    unit=st.sampled_from(["image", "series"]),
    min_slices=st.integers(1, 3),
    resample_z=st.sampled_from(["refuse", "linear"]),
    untilt=st.sampled_from(["refuse", "linear"]),
)


@given(mixtures, rules_of_any_kind, st.integers(1, 4), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_every_frame_is_in_one_group_and_the_order_of_input_changes_nothing(
    frames: list[Frame], rules: Rules, kinds: int, random
) -> None:
    def digest(frame: Frame) -> str:
        return str(int(frame.source) % kinds)

    groups = grouped(frames, rules, pixel_digest=digest)
    names = sorted(frame.source for made in groups for frame in made.frames)
    assert names == [frame.source for frame in frames]
    assert {reason_of(made) for made in groups} <= set(REASONS)
    for made in groups:
        if isinstance(made, Refused):
            continue
        assert len(made.shape) == len(made.geometry.spacing)
        assert all(len(sets_of(made.frames, trait)) == 1 for trait in OF_ONE_KIND)
    shuffled = list(frames)
    random.shuffle(shuffled)
    assert grouped(shuffled, rules, pixel_digest=digest) == groups
