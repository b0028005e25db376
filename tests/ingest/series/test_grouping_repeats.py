"""Places that repeat: copies kept once, volumes told apart, the rest refused."""

from __future__ import annotations

from dataclasses import replace

from planes import reason_of, verdict_of
from series_planes import SERIES, different_pixels, outcomes, reasons, slice_at, stack

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.grouping import grouped


def test_different_slices_at_one_place_are_refused(plane: Frame) -> None:
    (made,) = grouped(stack(plane, [0, 2, 2, 4]), SERIES, pixel_digest=different_pixels)
    assert verdict_of(made) == ("duplicate_position", "4 images at 3 places")


def test_equal_slices_at_one_place_are_kept_once(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 2, 4])
    groups = grouped(frames, SERIES, pixel_digest=lambda frame: str(frame.position_mm))
    assert outcomes(groups) == [("ok", [0, 2, 4]), ("duplicate_identical", [2])]
    assert groups[1].frames[0].source == "s02"


def test_equal_slices_of_two_echoes_are_no_copies(plane: Frame) -> None:
    frames = [slice_at(plane, z, f"{e}{z}", echo_time=float(e)) for e in (1, 2) for z in (0, 2, 4)]
    groups = grouped(frames, SERIES, pixel_digest=lambda _: "black")
    assert reasons(groups) == {"ok": 6}


def test_copies_inside_a_time_series_are_found_before_it_is_split(plane: Frame) -> None:
    frames = [slice_at(plane, z, f"{t}{z}", temporal_position=t) for t in (1, 2) for z in (0, 2, 4)]
    copy = replace(frames[2], source="z")
    groups = grouped(
        [*frames, copy], SERIES, pixel_digest=lambda frame: str((frame.position_mm, frame.acquisition))
    )
    assert reasons(groups) == {"ok": 6, "duplicate_identical": 1}
    assert len(groups) == 3


def test_pixels_are_compared_only_where_places_repeat_without_a_key(plane: Frame) -> None:
    def never(frame: Frame) -> str:
        raise AssertionError(frame)

    echoes = [slice_at(plane, z, f"{e}{z}", echo_time=float(e)) for e in (1, 2) for z in (0, 2, 4)]
    assert reasons(grouped(echoes, SERIES, pixel_digest=never)) == {"ok": 6}


def test_repeats_everywhere_without_a_key_are_several_volumes_nobody_can_separate(plane: Frame) -> None:
    (made,) = grouped(stack(plane, [0, 0, 2, 2, 4, 4]), SERIES, pixel_digest=different_pixels)
    assert verdict_of(made) == ("ambiguous_series", "6 images at 3 places")


def test_an_incomplete_time_series_is_refused_as_a_whole(plane: Frame) -> None:
    frames = [slice_at(plane, z, f"{t:02d}{z}", temporal_position=t) for t in range(25) for z in range(4)]
    assert reasons(grouped(frames, SERIES, pixel_digest=different_pixels)) == {"ok": 100}
    assert reasons(grouped(frames[:-1], SERIES, pixel_digest=different_pixels)) == {"ambiguous_series": 99}


def test_a_refusal_names_what_differs_where_places_repeat(plane: Frame) -> None:
    frames = [slice_at(plane, z, f"{e}{z:02}", echo_time=float(e)) for e in (20, 80) for z in range(0, 24, 3)]
    (made,) = grouped(frames[:-1], SERIES, pixel_digest=different_pixels)
    assert reason_of(made) == "ambiguous_series"
    assert made.detail == (
        "15 images at 8 places; EchoTime (8 and 7 images) differ there, and none of it gives whole volumes"
    )
