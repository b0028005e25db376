"""Volumes that repeat their places are told apart by what their planes say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planes import saying
from series_planes import keys_and_heights

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.repeated import are_several
from pipeline.ingest.series.splitting import separated


def test_two_echoes_are_two_volumes(slab) -> None:
    frames = [slab(8 * e + z, 3.0 * z, echo_time=4.92 + 2.46 * e) for e in range(2) for z in range(4)]
    assert keys_and_heights(separated(frames)) == [
        ({"echo_time": 4.92}, [0, 3, 6, 9]),
        ({"echo_time": 7.38}, [0, 3, 6, 9]),
    ]


def test_echo_times_that_vary_over_a_volume_without_repeats_don_t_split_it(slab) -> None:
    frames = [slab(z, 3.0 * z, echo_time=4.6 + 0.1 * (z % 2)) for z in range(6)]
    assert keys_and_heights(separated(frames)) == [({}, [0, 3, 6, 9, 12, 15])]


def test_diffusion_splits_by_weighting_and_direction(slab) -> None:
    rest, right, ahead = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
    shells = [(0.0, rest), (1000.0, right), (1000.0, ahead)]
    frames = [
        slab(10 * n + z, float(z), b_value=b, gradient=g) for n, (b, g) in enumerate(shells) for z in range(3)
    ]
    assert keys_and_heights(separated(frames)) == [
        ({"b_value": 0.0, "gradient": rest}, [0, 1, 2]),
        ({"b_value": 1000.0, "gradient": ahead}, [0, 1, 2]),
        ({"b_value": 1000.0, "gradient": right}, [0, 1, 2]),
    ]


def test_a_repeated_weighting_is_split_further_by_time(slab) -> None:
    runs = [(0.0, 1), (0.0, 2), (1000.0, 3)]
    frames = [
        slab(10 * run + z, float(z), b_value=b, acquisition_number=run) for b, run in runs for z in range(3)
    ]
    assert keys_and_heights(separated(frames)) == [
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
    assert keys_and_heights(separated(frames)) == [({}, [0, 0, 1, 1, 2, 2])]
    assert are_several(frames)


def test_25_time_points_are_25_volumes(slab) -> None:
    frames = [slab(10 * t + z, float(z), temporal_position=t + 1) for t in range(25) for z in range(4)]
    parts = keys_and_heights(separated(frames))
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
    assert [keys.get("time_index") for keys, _ in keys_and_heights(separated(frames))] == ranks


def test_an_acquisition_number_that_counts_slices_splits_nothing(slab) -> None:
    frames = [slab(10 * t + z, float(z), acquisition_number=4 * t + z) for t in range(2) for z in range(4)]
    assert keys_and_heights(separated(frames)) == [({}, [0, 0, 1, 1, 2, 2, 3, 3])]


def test_trigger_times_that_drift_with_the_heart_are_ranked_at_each_place(slab) -> None:
    frames = [
        slab(10 * phase + z, float(z), trigger_time=5.0 + phase * (40 + z))
        for phase in range(30)
        for z in range(3)
    ]
    parts = keys_and_heights(separated(frames))
    assert parts == [({"time_index": phase}, [0, 1, 2]) for phase in range(30)]


def test_trigger_times_that_start_a_phase_late_at_one_place_are_not_ranked(slab) -> None:
    frames = [slab(10 * k, 0.0, trigger_time=40.0 * k) for k in range(3)]
    frames += [slab(10 * k + 1, 5.0, trigger_time=40.0 * (k + 1)) for k in range(3)]
    assert len(separated(frames)) == 1


def test_acquisition_times_make_volumes_when_one_ends_before_the_next_begins(slab) -> None:
    frames = [
        slab(10 * t + z, float(z), acquisition_time=100 * t + 2 * z) for t in range(3) for z in range(4)
    ]
    assert [keys for keys, _ in keys_and_heights(separated(frames))] == [{"time_index": t} for t in range(3)]
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
    assert keys_and_heights(parts) == [({"variant_index": n}, [0, 1, 2, 3]) for n in range(2)]
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

    assert [keys for keys, _ in keys_and_heights(separated(numbered(1)))] == [
        {"time_index": t} for t in range(3)
    ]
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
    assert keys_and_heights(separated(frames)) == [({name: t}, [0, 1, 2, 3]) for t in range(3)]


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

    assert keys_and_heights(separated(labelled(sources=1))) == [
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


def test_two_splits_by_time_give_two_ranks_the_outer_one_first(slab) -> None:
    frames = [
        slab(100 * t + 10 * half + z, 3.0 * z, temporal_position=t, acquisition_time=10.0 * t + 5 * half)
        for t in range(3)
        for half in range(2)
        for z in range(4)
    ]
    assert [part.ranks for part in separated(frames)] == [(t, half) for t in range(3) for half in range(2)]
