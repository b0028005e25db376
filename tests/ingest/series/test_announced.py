from __future__ import annotations

from dataclasses import replace

import pytest
from planes import saying, verdict_of

from pipeline.ingest.series.announced import as_announced
from pipeline.ingest.series.frames import Frame, Group, Refused, Volume
from pipeline.records import Geometry

GRID = Geometry((3.0, 1.0, 1.0), "patient", None)


def volume(
    plane: Frame, slices: int, *, rank: int | None = None, modality: str = "CT", **values: float
) -> Volume:
    frames = tuple(
        saying(plane, source=f"{rank}{z}", position_mm=(0.0, 0.0, 3.0 * z), modality=modality, **values)
        for z in range(slices)
    )
    return Volume(frames, GRID, (slices, 16, 12), time_index=rank)


def reasons(groups: list[Group]) -> list[tuple[str, str]]:
    return [verdict_of(made) for made in as_announced(groups)]


def test_a_pet_of_fewer_slices_than_announced_lacks_some(plane: Frame) -> None:
    detail = "6 slices of 8 that NumberOfSlices announces"
    assert reasons([volume(plane, 6, modality="PT", announced_slices=8)]) == [("missing_slices", detail)]
    assert reasons([volume(plane, 8, modality="PT", announced_slices=8)]) == [("ok", "")]
    assert reasons([volume(plane, 6, modality="CT", announced_slices=8)]) == [("ok", "")]


def test_each_frame_of_a_dynamic_pet_has_the_announced_slices(plane: Frame) -> None:
    frames = [volume(plane, n, rank=n, modality="PT", announced_slices=4) for n in (4, 3)]
    assert [reason for reason, _ in reasons(frames)] == ["ok", "missing_slices"]


def test_a_nuclear_volume_of_fewer_slices_than_announced_lacks_some(plane: Frame) -> None:
    assert reasons([volume(plane, 6, modality="NM", announced_slices=8)])[0][0] == "missing_slices"


@pytest.mark.parametrize(
    ("announced", "keyword", "times"),
    [
        ({"time_slices": 3}, "NumberOfTimeSlices", 3),
        ({"time_slots": 3}, "NumberOfTimeSlots", 3),
        ({"time_slots": 3, "time_slices": 1}, "NumberOfTimeSlots", 3),
        ({"time_slots": 2, "time_slices": 2}, "NumberOfTimeSlots times NumberOfTimeSlices", 4),
    ],
)
def test_a_dynamic_or_gated_series_of_fewer_times_than_announced_lacks_some(
    plane: Frame, announced: dict[str, int], keyword: str, times: int
) -> None:
    came = [volume(plane, 4, rank=n, modality="PT", **announced) for n in range(times)]
    assert reasons(came) == [("ok", "")] * times
    detail = f"{times - 1} of {times} that {keyword} announces"
    assert reasons(came[1:]) == [("missing_slices", detail)] * (times - 1)
    assert reasons([volume(plane, 4, modality="MR", **announced)]) == [("ok", "")]
    still = volume(plane, 4, modality="PT", series_type="IMAGE\\STATIC", **announced)
    assert reasons([still]) == [("ok", "")]
    moving = volume(plane, 4, rank=0, modality="PT", series_type="DYNAMIC\\IMAGE", **announced)
    assert reasons([moving]) == [("missing_slices", f"1 of {times} that {keyword} announces")]


def stacked(plane: Frame, numbers: list[int], stack: str = "1") -> Volume:
    made = volume(plane, len(numbers))
    frames = [saying(f, stack_position=n, stack_id=stack) for f, n in zip(made.frames, numbers, strict=True)]
    return replace(made, frames=tuple(frames))


def test_slices_of_a_stack_are_counted_from_one(plane: Frame) -> None:
    assert reasons([stacked(plane, [3, 1, 2, 4])]) == [("ok", "")]
    assert reasons([stacked(plane, [0, 1, 2, 3])]) == [("ok", "")]
    detail = "2 of the slices that InStackPositionNumber counts are not here"
    assert reasons([stacked(plane, [3, 4, 5, 6]), stacked(plane, [1, 2, 3], "2")]) == [
        ("missing_slices", detail),
        ("ok", ""),
    ]
    # Some writers count on through the volumes of a stack.
    assert reasons([stacked(plane, [1, 2, 3]), stacked(plane, [4, 5, 6])]) == [("ok", "")] * 2


def divided(plane: Frame, *parts: int, total: int = 0) -> Volume:
    made = volume(plane, len(parts))
    frames = [saying(f, part=n, parts=total) for f, n in zip(made.frames, parts, strict=True)]
    return replace(made, frames=tuple(frames))


def test_parts_of_a_divided_object_that_are_not_here_are_missed(plane: Frame) -> None:
    assert reasons([divided(plane, 1, 1, 2, 3, total=3)]) == [("ok", "")]
    detail = "2 of 3 parts that InConcatenationTotalNumber announces"
    for parts in ([1, 1, 2], [2, 3, 3], [1, 3, 3]):
        assert reasons([divided(plane, *parts, total=3)]) == [("missing_slices", detail)]
    assert reasons([divided(plane, 2, 3, 3)]) == [("missing_slices", detail)]


def test_fewer_images_than_an_archive_counted_in_the_series_are_noted(plane: Frame) -> None:
    (made,) = as_announced([volume(plane, 6, series_images=8)])
    assert isinstance(made, Volume) and made.notes == ("fewer_than_announced",)
    assert made.measures == {"images_came": 6.0, "images_announced": 8.0}
    scout = Refused((saying(plane, source="scout"),), "localizer")
    (whole, _) = as_announced([volume(plane, 6, series_images=7), scout])
    assert isinstance(whole, Volume) and whole.notes == ()


def test_a_series_in_time_of_fewer_positions_than_announced_lacks_some(plane: Frame) -> None:
    detail = "2 of 3 that NumberOfTemporalPositions announces"
    times = [volume(plane, 4, rank=rank, temporal_positions=3) for rank in range(2)]
    assert reasons(times) == [("missing_slices", detail)] * 2
    assert reasons([*times, volume(plane, 4, rank=2, temporal_positions=3)]) == [("ok", "")] * 3


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({}, "missing_slices"),
        ({"temporal_position": 1}, "ok"),  # each position may have a series of its own
        ({"announced_images": 4}, "ok"),  # its acquisition is whole: what was planned is repeated
        ({"announced_images": 8}, "missing_slices"),
    ],
)
def test_one_volume_is_whole_only_if_it_says_so(plane: Frame, stated: dict[str, float], reason: str) -> None:
    ((found, _),) = reasons([volume(plane, 4, temporal_positions=3, **stated)])
    assert found == reason


def test_fewer_images_than_the_acquisition_has_are_noted_with_both_numbers(plane: Frame) -> None:
    (made,) = as_announced([volume(plane, 8, announced_images=10)])
    assert made.notes == ("fewer_than_announced",)
    assert made.measures == {"images_came": 8, "images_announced": 10}


def test_images_of_an_acquisition_are_counted_over_the_whole_series(plane: Frame) -> None:
    volumes = [volume(plane, 4, rank=n, announced_images=8, acquisition_number=1) for n in range(2)]
    assert {made.notes for made in as_announced(volumes)} == {()}
    copies = Refused(volumes[1].frames, "duplicate_identical")
    (made, _) = as_announced([volumes[0], copies])
    assert made.measures == {"images_came": 4, "images_announced": 8}
    apart = [volume(plane, 4, rank=n, announced_images=8, acquisition_number=n) for n in range(2)]
    assert {made.notes for made in as_announced(apart)} == {("fewer_than_announced",)}
