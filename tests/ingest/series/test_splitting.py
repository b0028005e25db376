from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from planes import OF_ACQUISITION, saying

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.parts import Part
from pipeline.ingest.series.repeated import are_several, what_differs
from pipeline.ingest.series.splitting import separated


@pytest.fixture(scope="module")
def slab(plane: Frame):
    """Makes a plane at height z with the given fields, named by a running number."""

    def make(number: int, z: float, **values: object) -> Frame:
        return saying(plane, source=f"s{number:03d}", position_mm=(0.0, 0.0, z), modality="MR", **values)

    return make


def heights(frames: list[Frame]) -> list[float]:
    return sorted(frame.position_mm[2] for frame in frames)


def told(parts: list[Part]) -> list[tuple[dict, list[float]]]:
    """What the planes of each part say alike but not those of all, with its ranks, and its heights."""
    times = sorted({part.ranks for part in parts if part.ranks})
    said = [values_of(part.frames) for part in parts]
    differ = {name for values in said for name in values if len({str(one.get(name)) for one in said}) > 1}
    found = []
    for part, values in zip(parts, said, strict=True):
        own = {name: value for name, value in values.items() if name in differ}
        own |= {"time_index": times.index(part.ranks)} if part.ranks else {}
        own |= {} if part.variant_index is None else {"variant_index": part.variant_index}
        found.append((own, heights(part.frames)))
    return found


def values_of(frames: Sequence[Frame]) -> dict[str, object]:
    """What all of the planes say alike of their acquisition, but for clocks."""
    found = {}
    for name in OF_ACQUISITION - {"trigger_time", "frame_reference_time"}:
        values = {getattr(frame.acquisition, name) for frame in frames}
        if len(values) == 1 and values != {None}:
            found[name] = values.pop()
    numbers = {frame.acquisition_number for frame in frames} - {None}
    return found | ({"acquisition_number": numbers.pop()} if len(numbers) == 1 else {})


def test_two_echoes_are_two_volumes(slab) -> None:
    frames = [slab(8 * e + z, 3.0 * z, echo_time=4.92 + 2.46 * e) for e in range(2) for z in range(4)]
    assert told(separated(frames)) == [
        ({"echo_time": 4.92}, [0, 3, 6, 9]),
        ({"echo_time": 7.38}, [0, 3, 6, 9]),
    ]


def test_echo_times_that_vary_over_a_volume_without_repeats_don_t_split_it(slab) -> None:
    frames = [slab(z, 3.0 * z, echo_time=4.6 + 0.1 * (z % 2)) for z in range(6)]
    assert told(separated(frames)) == [({}, [0, 3, 6, 9, 12, 15])]


def test_diffusion_splits_by_weighting_and_direction(slab) -> None:
    rest, right, ahead = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
    shells = [(0.0, rest), (1000.0, right), (1000.0, ahead)]
    frames = [
        slab(10 * n + z, float(z), b_value=b, gradient=g) for n, (b, g) in enumerate(shells) for z in range(3)
    ]
    assert told(separated(frames)) == [
        ({"b_value": 0.0, "gradient": rest}, [0, 1, 2]),
        ({"b_value": 1000.0, "gradient": ahead}, [0, 1, 2]),
        ({"b_value": 1000.0, "gradient": right}, [0, 1, 2]),
    ]


def test_a_repeated_weighting_is_split_further_by_time(slab) -> None:
    runs = [(0.0, 1), (0.0, 2), (1000.0, 3)]
    frames = [
        slab(10 * run + z, float(z), b_value=b, acquisition_number=run) for b, run in runs for z in range(3)
    ]
    assert told(separated(frames)) == [
        ({"b_value": 0.0, "acquisition_number": 1, "time_index": 0}, [0, 1, 2]),
        ({"b_value": 0.0, "acquisition_number": 2, "time_index": 1}, [0, 1, 2]),
        ({"b_value": 1000.0, "acquisition_number": 3}, [0, 1, 2]),
    ]


def test_diffusion_images_without_a_public_weighting_stay_together(slab) -> None:
    frames = [
        replace(slab(10 * run + z, float(z), acquisition_number=run), image_type=("O", "P", "DIFFUSION"))
        for run in range(2)
        for z in range(3)
    ]
    assert told(separated(frames)) == [({}, [0, 0, 1, 1, 2, 2])]
    assert are_several(frames)


def test_25_time_points_are_25_volumes(slab) -> None:
    frames = [slab(10 * t + z, float(z), temporal_position=t + 1) for t in range(25) for z in range(4)]
    parts = told(separated(frames))
    assert parts == [({"temporal_position": t + 1, "time_index": t}, [0, 1, 2, 3]) for t in range(25)]


@pytest.mark.parametrize(
    ("clock", "ranks"),
    [
        (lambda run, z: 100 * run + z, [0, 1, 2]),
        (lambda run, z: 7, [0, 1, 2]),  # of the whole series
        (lambda run, z: 100 * z + run, [None, None, None]),
        (lambda run, z: -100 * run + z, [None, None, None]),
    ],
)
def test_acquisition_numbers_are_a_rank_in_time_where_no_clock_contradicts(slab, clock, ranks: list) -> None:
    frames = [
        slab(10 * run + z, float(z), acquisition_number=run, acquisition_time=clock(run, z))
        for run in range(3)
        for z in range(4)
    ]
    assert [keys.get("time_index") for keys, _ in told(separated(frames))] == ranks


def test_an_acquisition_number_that_counts_slices_splits_nothing(slab) -> None:
    frames = [slab(10 * t + z, float(z), acquisition_number=4 * t + z) for t in range(2) for z in range(4)]
    assert told(separated(frames)) == [({}, [0, 0, 1, 1, 2, 2, 3, 3])]


def test_trigger_times_that_drift_with_the_heart_are_ranked_at_each_place(slab) -> None:
    frames = [
        slab(10 * phase + z, float(z), trigger_time=5.0 + phase * (40 + z))
        for phase in range(30)
        for z in range(3)
    ]
    parts = told(separated(frames))
    assert parts == [({"time_index": phase}, [0, 1, 2]) for phase in range(30)]


def test_trigger_times_that_start_a_phase_late_at_one_place_are_not_ranked(slab) -> None:
    frames = [slab(10 * k, 0.0, trigger_time=40.0 * k) for k in range(3)]
    frames += [slab(10 * k + 1, 5.0, trigger_time=40.0 * (k + 1)) for k in range(3)]
    assert len(separated(frames)) == 1


def test_acquisition_times_make_volumes_when_one_ends_before_the_next_begins(slab) -> None:
    frames = [
        slab(10 * t + z, float(z), acquisition_time=100 * t + 2 * z) for t in range(3) for z in range(4)
    ]
    assert [keys for keys, _ in told(separated(frames))] == [{"time_index": t} for t in range(3)]
    assert {frame.acquisition_time for frame in separated(frames)[0].frames} == {0, 2, 4, 6}


def test_interleaved_acquisition_times_make_none(slab) -> None:
    # Each place is scanned three times before the next: the volumes overlap in time.
    frames = [slab(10 * t + z, float(z), acquisition_time=t + 100 * z) for t in range(3) for z in range(4)]
    assert len(separated(frames)) == 1


def test_a_time_series_that_lacks_one_image_is_left_whole_and_told_as_several_volumes(slab) -> None:
    for key in ("temporal_position", "acquisition_time"):
        frames = [slab(10 * t + z, float(z), **{key: 100 * t}) for t in range(3) for z in range(4)][:-1]
        assert len(separated(frames)) == 1
        assert are_several(frames)


def test_instance_numbers_that_run_through_each_volume_in_turn_tell_them_apart_but_no_time(slab) -> None:
    frames = [slab(10 * t + z, float(z), instance_number=4 * t + z) for t in range(2) for z in range(4)]
    parts = separated(frames)
    assert told(parts) == [({"variant_index": n}, [0, 1, 2, 3]) for n in range(2)]
    assert {part.notes for part in parts} == {("time_untold",)}


def test_instance_numbers_that_count_the_repeats_of_each_place_first_tell_nothing(slab) -> None:
    frames = [slab(10 * t + z, float(z), instance_number=2 * z + t) for t in range(2) for z in range(4)]
    assert len(separated(frames)) == 1


def test_instance_numbers_in_equal_steps_are_time_where_the_weighting_is_stated(slab) -> None:
    def numbered(step_at_last_place: int) -> list[Frame]:
        numbers = [
            (t, z, 50 + 200 * z + t * (step_at_last_place if z == 1 else 1))
            for t in range(3)
            for z in range(2)
        ]
        return [slab(10 * t + z, float(z), b_value=0.0, instance_number=n) for t, z, n in numbers]

    assert [keys for keys, _ in told(separated(numbered(1)))] == [{"time_index": t} for t in range(3)]
    assert len(separated(numbered(2))) == 1


def test_a_stated_weighting_that_differs_at_one_place_is_no_time(slab) -> None:
    weights = {(0, 0): 0.0, (1, 0): 1000.0, (2, 0): 1000.0, (0, 1): 0.0, (1, 1): 0.0, (2, 1): 1000.0}
    frames = [
        slab(10 * t + z, float(z), b_value=b, instance_number=2 * t + z) for (t, z), b in weights.items()
    ]
    assert len(separated(frames)) == 1


@pytest.mark.parametrize(
    ("announced", "name"), [(3, "time_index"), (10, "time_index"), (2, "variant_index"), (1, "variant_index")]
)
def test_instance_numbers_are_time_where_as_many_temporal_positions_are_announced(
    slab, announced: int, name: str
) -> None:
    frames = [
        slab(10 * t + z, float(z), temporal_positions=announced, instance_number=1 + 4 * t + z)
        for t in range(3)
        for z in range(4)
    ]
    assert told(separated(frames)) == [({name: t}, [0, 1, 2, 3]) for t in range(3)]


def test_announced_positions_are_none_if_the_numbers_of_two_volumes_mingle_or_other_values_differ(
    slab,
) -> None:
    def numbered(number, **keys: float) -> list[Frame]:
        return [
            slab(10 * t + z, float(z), temporal_positions=3, instance_number=number(t, z), **keys)
            for t in range(3)
            for z in range(4)
        ]

    assert len(separated(numbered(lambda t, z: 4 * t + z))) == 3
    assert len(separated(numbered(lambda t, z: 3 * z + t))) == 1
    frames = numbered(lambda t, z: 4 * t + z, echo_time=10.0)
    frames[5] = saying(frames[5], echo_time=20.0)
    assert len(separated(frames)) == 1


def test_dimensions_of_one_object_separate_what_nothing_else_does(slab) -> None:
    def labelled(*, sources: int) -> list[Frame]:
        return [
            replace(
                slab(0, float(z), temporal_position=t, dimension_index=f"{t}\\{label}"),
                source=f"s{label % sources}",
                index=100 * label + 10 * t + z,
            )
            for label in range(2)
            for t in range(2)
            for z in range(3)
        ]

    assert told(separated(labelled(sources=1))) == [
        (
            {
                "temporal_position": t,
                "time_index": t,
                "dimension_index": f"{t}\\{label}",
                "variant_index": label,
            },
            [0, 1, 2],
        )
        for t in range(2)
        for label in range(2)
    ]
    assert [part.frames[0].acquisition.temporal_position for part in separated(labelled(sources=2))] == [0, 1]


def test_dimensions_that_number_the_slices_separate_nothing(slab) -> None:
    frames = [
        slab(0, float(z), index=10 * t + z, dimension_index=f"{3 * t + z}")
        for t in range(2)
        for z in range(3)
    ]
    assert len(separated(frames)) == 1


def test_stray_repeats_of_one_place_that_nothing_tells_apart_are_no_volumes(slab) -> None:
    assert not are_several([slab(0, 0), slab(1, 2), slab(2, 2), slab(3, 4)])
    assert are_several([slab(0, 0), slab(1, 2, echo_time=1.0), slab(2, 2, echo_time=2.0), slab(3, 4)])


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
    assert [keys["time_index"] for keys, _ in told(separated(passes))] == [0, 1]
    numbered = [replace(frame, acquisition_time=None) for frame in passes]
    assert len(separated(numbered)) == 1  # the number alone is no kind
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
    assert [keys["time_index"] for keys, _ in told(repeated)] == [0, 1, 2]


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


def test_two_splits_by_time_give_two_ranks_the_outer_one_first(slab) -> None:
    frames = [
        slab(100 * t + 10 * half + z, 3.0 * z, temporal_position=t, acquisition_time=10.0 * t + 5 * half)
        for t in range(3)
        for half in range(2)
        for z in range(4)
    ]
    assert [part.ranks for part in separated(frames)] == [(t, half) for t in range(3) for half in range(2)]
