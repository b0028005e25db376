"""A volume is of one kind: what parts slices that repeat no place, and what cuts no stack."""

from __future__ import annotations

from dataclasses import replace

import pytest
from series_planes import heights, keys_and_heights

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.parts import Part
from pipeline.ingest.series.repeated import what_differs
from pipeline.ingest.series.splitting import separated


def reasons(parts: list[Part]) -> list[tuple[str, str]]:
    return [(part.reason, part.detail) for part in parts if part.reason]


KINDS = [
    ("echo_time", 20.0, 80.0),
    ("echo_number", 1, 2),
    ("inversion_time", 100.0, 900.0),
    ("flip_angle", 5.0, 15.0),
    ("repetition_time", 500.0, 4000.0),
    ("b_value", 0.0, 1000.0),
    ("gradient", (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    ("kvp", 80.0, 140.0),
    ("kernel", "B30f", "B70f"),
    ("contrast_given", False, True),
    ("cardiac_phase", 40.0, 75.0),
    ("temporal_position", 1, 2),
    ("component", "MAGNITUDE", "PHASE"),
    ("scanning_sequence", "SE", "GR"),
    ("scan_options", "FC", "FC\\FS"),
    ("acquisition_type", "2D", "3D"),
    ("sequence_name", "*ep_b0", "*ep_b1000t"),
    ("phase_encoding", "ROW", "COL"),
    ("echo_train", 1, 20),
    ("averages", 1, 4),
    ("filter_type", "HEAD", "BODY"),
    ("patient_position", "HFS", "HFP"),
    ("corrections", "ATTN\\DECY", "DECY"),
    ("decay_correction", "START", "ADMIN"),
    ("reconstruction", "OSEM", "FBP"),
]


@pytest.mark.parametrize(("field", "first", "second"), KINDS)
@pytest.mark.parametrize(
    "second_places",
    [[1.5 + 3 * k for k in range(6)], [18 + 3 * k for k in range(6)], [13.3 + 3 * k for k in range(6)]],
)
def test_a_volume_is_of_one_kind_wherever_the_other_lies(
    slab, field: str, first: object, second: object, second_places: list[float]
) -> None:
    frames = [slab(k, 3.0 * k, **{field: first}) for k in range(6)]
    frames += [slab(10 + k, z, **{field: second}) for k, z in enumerate(second_places)]
    parts = separated(frames)
    assert sorted(heights(part.frames) for part in parts) == sorted(
        [[3.0 * k for k in range(6)], second_places]
    )
    assert reasons(parts) == []


def test_kinds_that_make_no_even_volume_each_are_refused_by_name(slab) -> None:
    frames = [slab(k, 3.0 * k, echo_time=80.0 if k > 5 else 20.0) for k in range(8)]
    detail = "EchoTime has 2 values in 8 slices, not each an even volume"
    assert reasons(separated(frames)) == [("ambiguous_series", detail)]


def acquired(number: int, seconds: float) -> dict[str, float]:
    return {"acquisition_number": number, "acquisition_time": seconds}


def test_stations_end_to_end_are_one_volume_and_passes_half_a_step_apart_are_two(slab) -> None:
    def thick(frame: Frame) -> Frame:
        return replace(frame, modality="CT", thickness_mm=3.0)

    stations = [thick(slab(k, 3.0 * k, **acquired(1 + k // 5, 4.0 * (k // 5)))) for k in range(9)]
    assert len(separated(stations)) == 1
    passes = [
        thick(slab(10 * n + k, 3.0 * k + 1.5 * n, **acquired(n, 90.0 * n)))
        for n in range(2)
        for k in range(6)
    ]
    assert [keys["time_index"] for keys, _ in keys_and_heights(separated(passes))] == [0, 1]
    numbered = [replace(frame, acquisition_time=None) for frame in passes]
    assert len(separated(numbered)) == 2
    # Without a thickness, the number alone is no kind.
    assert len(separated([replace(frame, thickness_mm=None) for frame in numbered])) == 1
    clocked = [replace(frame, acquisition_number=None) for frame in passes]
    assert len(separated(clocked)) == 2


@pytest.mark.parametrize(("thickness", "spacing"), [(3.0, None), (None, 3.3)])
def test_slices_scanned_in_two_interleaved_passes_are_one_volume(slab, thickness, spacing) -> None:
    frames = [
        replace(
            slab(k, 3.3 * k, **acquired(1 + k % 2, 90.0 * (k % 2))),
            thickness_mm=thickness,
            spacing_between_mm=spacing,
        )
        for k in range(8)
    ]
    assert len(separated(frames)) == 1


TWICE_SIX = [3.0 * k + 1.5 * n for n in range(2) for k in range(6)]


@pytest.mark.parametrize("modality", ["CT", "MR"])
@pytest.mark.parametrize(
    "name_of",
    [
        lambda n: {"instance_number": n},  # the numbers run through one pass, then through the other
        lambda n: {"instance_number": n % 6},  # each has numbers of its own
        lambda n: {"source": ("one", "other")[n // 6], "index": n % 6, "instance_number": 1},
        lambda n: {"series_words": ("soft", "lung")[n // 6]},
    ],
)
def test_gapless_passes_half_a_step_apart_are_two_volumes(slab, modality: str, name_of: object) -> None:
    frames = [
        replace(slab(n, z), **{"thickness_mm": 3.0, "modality": modality, **name_of(n)})
        for n, z in enumerate(TWICE_SIX)
    ]
    parts = separated(frames)
    assert sorted(heights(part.frames) for part in parts) == [TWICE_SIX[:6], TWICE_SIX[6:]]
    # Slices that leave holes for those of the other pass are scanned so, to keep their neighbours from their pulse.
    assert len(separated([replace(frame, thickness_mm=1.5) for frame in frames])) == 1
    numbered = [
        replace(f, source=f"s{n}", index=0, series_words="", instance_number=f.position_mm[2])
        for n, f in enumerate(frames)
    ]
    assert len(separated(numbered)) == 1


def test_diffusion_without_b_values_is_not_told_apart_by_the_name_of_its_sequence(slab) -> None:
    def scans(**more: object) -> list[Frame]:
        return [
            replace(slab(10 * n + k, 3.0 * k, sequence_name=f"*ep_b1000#{n}", **more), image_type=kind)
            for n in range(3)
            for k in range(4)
        ]

    kind = ("ORIGINAL", "PRIMARY", "DIFFUSION")
    assert [len(part.frames) for part in separated(scans())] == [12]
    assert [len(part.frames) for part in separated(scans(b_value=1000.0))] == [4, 4, 4]


def test_slices_of_two_thicknesses_in_turn_are_refused_by_name(slab) -> None:
    frames = [replace(slab(k, 1.5 * k), thickness_mm=(3.0, 1.0)[k % 2]) for k in range(12)]
    detail = "SliceThickness has 2 values over one even stack of 12 slices"
    assert reasons(separated(frames)) == [("inconsistent_series", detail)]


def test_series_that_were_put_together_are_parted_by_what_a_series_says_alike(slab) -> None:
    def words(n: int) -> dict[str, str]:
        return {"series_words": ("soft", "lung")[n]}

    repeated = [slab(10 * n + k, 3.0 * k, **words(n)) for n in range(2) for k in range(4)]
    assert [len(part.frames) for part in separated(repeated)] == [4, 4]
    assert what_differs(repeated) == {"SeriesNumber, SeriesDescription or ProtocolName": [4, 4]}
    apart = [slab(10 * n + k, 3.0 * k + 30 * n, **words(n)) for n in range(2) for k in range(4)]
    assert [len(part.frames) for part in separated(apart)] == [4, 4]
    (joined,) = separated([slab(k, 3.0 * k, **words(k // 4)) for k in range(8)])
    assert (joined.reason, joined.notes) == ("", ("details_differ",))


def test_passes_that_overlap_off_the_grid_are_told_apart_by_acquisition_or_time(slab) -> None:
    for keys in (acquired, lambda n, s: {"acquisition_time": s}, lambda n, s: {"acquisition_number": n}):
        frames = [slab(k, 3.0 * k, **keys(1, 0.0)) for k in range(8)]
        frames += [slab(10 + k, 19.3 + 3.0 * k, **keys(2, 90.0)) for k in range(8)]
        assert [len(part.frames) for part in separated(frames)] == [8, 8]


def test_runs_of_instance_numbers_tell_passes_apart_that_nothing_else_does(slab) -> None:
    frames = [slab(k, 3.0 * k, instance_number=k) for k in range(8)]
    frames += [slab(10 + k, 19.3 + 3.0 * k, instance_number=20 + k) for k in range(8)]
    parts = separated(frames)
    assert [(part.variant_index, part.notes) for part in parts] == [(n, ("time_untold",)) for n in range(2)]
    by_place = sorted(frames, key=lambda frame: frame.position_mm[2])
    mingled = [replace(frame, instance_number=n) for n, frame in enumerate(by_place)]
    assert len(separated(mingled)) == 1


def phases(slab, *counts: int, modality: str = "CT") -> list[Frame]:
    return [
        replace(slab(20 * n + k, 3.0 * k, **acquired(n, 90.0 * n)), modality=modality)
        for n, count in enumerate(counts)
        for k in range(count)
    ]


def test_acquisitions_may_cover_other_ranges_but_a_series_in_time_that_lacks_a_slice_may_not(slab) -> None:
    def sizes(frames: list[Frame]) -> list[int]:
        return [len(part.frames) for part in separated(frames)]

    assert sizes(phases(slab, 8, 7)) == [8, 7]
    assert sizes(phases(slab, 8, 8, 7)) == [8, 8, 7]
    assert sizes(phases(slab, 8, 8, 8, 7)) == [31]
    assert sizes(phases(slab, 8, 7, modality="MR")) == [8, 7]
    assert sizes(phases(slab, 8, 8, 7, modality="MR")) == [23]


def test_a_hole_between_two_acquisitions_is_no_reason_to_part_them(slab) -> None:
    frames = [slab(k, 3.0 * (k + (k > 4)), **acquired(1 + (k > 4), 4.0 * (k > 4))) for k in range(9)]
    assert len(separated(frames)) == 1


def test_a_place_watched_for_the_arrival_of_contrast_is_apart_from_the_scan(slab) -> None:
    watched = [slab(50 + n, 31.0, **acquired(n, 2.0 * n)) for n in range(5)]
    scan = [slab(k, 3.0 * k, **acquired(9, 60.0)) for k in range(20)]
    parts = separated(watched + scan)
    assert sorted(len(part.frames) for part in parts) == [1, 1, 1, 1, 1, 20]


def test_echoes_of_one_scan_that_lack_a_slice_are_left_together_and_energies_are_not(slab) -> None:
    def valued(key: str) -> list[Frame]:
        return [slab(10 * n + k, 3.0 * k, **{key: 80.0 + 60 * n}) for n in range(2) for k in range(8 - n)]

    assert len(separated(valued("echo_time"))) == 1
    assert what_differs(valued("echo_time")) == {"EchoTime": [8, 7]}
    assert [len(part.frames) for part in separated(valued("kvp"))] == [8, 7]


def pet(slab, times: list[float], places: list[float], **keys: str | float) -> list[Frame]:
    return [
        replace(slab(n, z, frame_reference_time=t, **keys), modality="PT", thickness_mm=3.0)
        for n, (t, z) in enumerate(zip(times, places, strict=True))
    ]


def test_beds_of_a_pet_are_one_volume_and_frames_in_time_are_several(slab) -> None:
    ends = [3.0 * k for k in range(12)]
    beds = [120.0 * (k // 6) for k in range(12)]
    assert len(separated(pet(slab, beds, ends))) == 1
    assert len(separated(pet(slab, beds, ends, announced_slices=12))) == 1
    assert len(separated(pet(slab, beds, ends, announced_slices=6))) == 2
    assert len(separated(pet(slab, beds, ends, series_type="DYNAMIC\\IMAGE"))) == 2
    assert len(separated(pet(slab, [120.0 * (k % 2) for k in range(12)], ends))) == 2
    repeated = separated(pet(slab, [60.0 * (k // 4) for k in range(12)], [3.0 * (k % 4) for k in range(12)]))
    assert [keys["time_index"] for keys, _ in keys_and_heights(repeated)] == [0, 1, 2]


UNEVEN = {
    "study_id": "later",
    "frame_of_reference": "other",
    "image_type": ("DERIVED", "SECONDARY", "AXIAL"),
}


@pytest.mark.parametrize("name", UNEVEN)
@pytest.mark.parametrize("odd", [(6, 7), (1, 3, 5, 7), (4,), (7,), (0, 1)])
def test_a_detail_cuts_no_stack_and_is_noted(slab, name: str, odd: tuple[int, ...]) -> None:
    frames = [
        replace(slab(k, 3.0 * k), thickness_mm=3.0, image_type=("ORIGINAL", "PRIMARY", "AXIAL"))
        for k in range(8)
    ]
    frames = [replace(f, **{name: UNEVEN[name]}) if k in odd else f for k, f in enumerate(frames)]
    (part,) = separated(frames)
    assert (part.reason, part.notes, len(part.frames)) == ("", ("details_differ",), 8)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [((6, 7), "inconsistent_series"), ((4, 5, 6, 7), "inconsistent_series"), ((1, 3, 5, 7), ""), ((4,), "")],
)
def test_a_word_nobody_knows_is_judged_by_the_places(slab, odd: tuple[int, ...], reason: str) -> None:
    frames = [
        replace(
            slab(k, 3.0 * k),
            thickness_mm=3.0,
            image_type=("ORIGINAL", "PRIMARY", "WHATEVER") if k in odd else ("ORIGINAL", "PRIMARY"),
        )
        for k in range(8)
    ]
    (part,) = separated(frames)
    assert part.reason == reason
    assert part.detail == ("ImageType has 2 values over one even stack of 8 slices" if reason else "")


def test_a_word_nobody_knows_tells_volumes_apart_that_repeat_places(slab) -> None:
    frames = [
        replace(slab(10 * n + k, 3.0 * k), image_type=("ORIGINAL", "PRIMARY", word))
        for n, word in enumerate(("THIS", "THAT"))
        for k in range(4)
    ]
    assert [{frame.image_type[2] for frame in part.frames} for part in separated(frames)] == [
        {"THAT"},
        {"THIS"},
    ]
