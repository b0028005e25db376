from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.ingest.evidence import repeats
from pipeline.ingest.frames import Frame
from pipeline.ingest.parts import Part
from pipeline.ingest.repeated import told_apart
from pipeline.ingest.splitting import separated
from pipeline.ingest.traits import clusters


@pytest.fixture(scope="module")
def slab(plane: Frame):
    """Makes a plane at height z with the given keys, named by a running number."""

    def make(number: int, z: float, **keys: str | float) -> Frame:
        named = replace(plane, source=f"s{number:03d}", position_mm=(0.0, 0.0, z))
        return replace(named, modality="MR", keys=keys)

    return make


def heights(frames: list[Frame]) -> list[float]:
    return sorted(frame.position_mm[2] for frame in frames)


def told(parts: list[Part]) -> list[tuple[dict, list[float]]]:
    """Keys and heights of each part, and its rank among the times of all as `time_index`."""
    times = sorted({part.ranks for part in parts if part.ranks})
    return [
        (part.keys | ({"time_index": times.index(part.ranks)} if part.ranks else {}), heights(part.frames))
        for part in parts
    ]


def test_numbers_cluster_where_they_chain_within_the_tolerance() -> None:
    values = np.array([[3.0], [1.0], [1.0009], [1.0018], [2.9995], [1.0]])
    assert clusters(values, 1e-3).tolist() == [1, 0, 0, 0, 1, 0]


def test_rows_cluster_only_if_every_column_does() -> None:
    values = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    labels = clusters(values, 0.5)
    assert len(set(labels.tolist())) == 4
    assert labels[0] == labels[4]


def test_a_chain_that_another_column_breaks_is_broken() -> None:
    # The middle row links 0.0 and 1.8 in the first column, but belongs elsewhere by the second.
    values = np.array([[0.0, 0.0], [0.9, 5.0], [1.8, 0.0]])
    assert len(set(clusters(values, 1.0).tolist())) == 3


def test_places_within_a_hundredth_of_a_millimetre_are_the_same(slab) -> None:
    assert repeats([slab(0, 0.0), slab(1, 0.009)])
    assert not repeats([slab(0, 0.0), slab(1, 0.011)])


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
    shells = [(0.0, "0\\0\\0"), (1000.0, "1\\0\\0"), (1000.0, "0\\1\\0")]
    frames = [
        slab(10 * n + z, float(z), b_value=b, gradient=g) for n, (b, g) in enumerate(shells) for z in range(3)
    ]
    assert told(separated(frames)) == [
        ({"b_value": 0.0, "gradient": "0\\0\\0"}, [0, 1, 2]),
        ({"b_value": 1000.0, "gradient": "0\\1\\0"}, [0, 1, 2]),
        ({"b_value": 1000.0, "gradient": "1\\0\\0"}, [0, 1, 2]),
    ]


def test_a_repeated_weighting_is_split_further_by_time(slab) -> None:
    runs = [(0.0, 1), (0.0, 2), (1000.0, 3)]
    frames = [
        slab(10 * run + z, float(z), b_value=b, acquisition_number=run) for b, run in runs for z in range(3)
    ]
    assert told(separated(frames)) == [
        ({"b_value": 0.0, "acquisition_number": 1, "time_index": 0}, [0, 1, 2]),
        ({"b_value": 0.0, "acquisition_number": 2, "time_index": 1}, [0, 1, 2]),
        ({"b_value": 1000.0}, [0, 1, 2]),
    ]


def test_diffusion_images_without_a_public_weighting_stay_together(slab) -> None:
    frames = [
        replace(slab(10 * run + z, float(z), acquisition_number=run), image_type=("O", "P", "DIFFUSION"))
        for run in range(2)
        for z in range(3)
    ]
    assert told(separated(frames)) == [({}, [0, 0, 1, 1, 2, 2])]
    assert told_apart(frames)


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
    assert {frame.keys["acquisition_time"] for frame in separated(frames)[0].frames} == {0, 2, 4, 6}


def test_interleaved_acquisition_times_make_none(slab) -> None:
    # Each place is scanned three times before the next: the volumes overlap in time.
    frames = [slab(10 * t + z, float(z), acquisition_time=t + 100 * z) for t in range(3) for z in range(4)]
    assert len(separated(frames)) == 1


def test_a_time_series_that_lacks_one_image_is_left_whole_and_told_as_several_volumes(slab) -> None:
    for key in ("temporal_position", "acquisition_time"):
        frames = [slab(10 * t + z, float(z), **{key: 100 * t}) for t in range(3) for z in range(4)][:-1]
        assert len(separated(frames)) == 1
        assert told_apart(frames)


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


def test_announced_positions_are_none_if_the_numbers_of_two_volumes_mingle_or_other_keys_differ(slab) -> None:
    def numbered(number, **keys: float) -> list[Frame]:
        return [
            slab(10 * t + z, float(z), temporal_positions=3, instance_number=number(t, z), **keys)
            for t in range(3)
            for z in range(4)
        ]

    assert len(separated(numbered(lambda t, z: 4 * t + z))) == 3
    assert len(separated(numbered(lambda t, z: 3 * z + t))) == 1
    frames = numbered(lambda t, z: 4 * t + z, echo_time=10.0)
    frames[5] = replace(frames[5], keys={**frames[5].keys, "echo_time": 20.0})
    assert len(separated(frames)) == 1


def test_dimensions_of_one_object_separate_what_no_other_key_does(slab) -> None:
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
    assert [part.keys["temporal_position"] for part in separated(labelled(sources=2))] == [0, 1]


def test_dimensions_that_number_the_slices_separate_nothing(slab) -> None:
    frames = [
        replace(slab(0, float(z)), index=10 * t + z, keys={"dimension_index": f"{3 * t + z}"})
        for t in range(2)
        for z in range(3)
    ]
    assert len(separated(frames)) == 1


def test_stray_repeats_of_one_place_without_a_key_are_no_volumes(slab) -> None:
    assert not told_apart([slab(0, 0), slab(1, 2), slab(2, 2), slab(3, 4)])
    assert told_apart([slab(0, 0), slab(1, 2, echo_time=1.0), slab(2, 2, echo_time=2.0), slab(3, 4)])
