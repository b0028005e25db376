"""Pictures of their own: projections, films, slices taken one by one, planes without a place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planes import reason_of, verdict_of
from series_planes import IMAGE, SERIES, different_pixels, reasons, stack

from pipeline.ingest.series.frames import Frame, Rules
from pipeline.ingest.series.grouping import grouped


@pytest.mark.parametrize("modality", ["CR", "DX", "MG", "US", "XA", "RF", "OT"])
@pytest.mark.parametrize("unit", ["image", "series"])
def test_projections_are_pictures_of_their_own_with_or_without_positions(
    plane: Frame, modality: str, unit: str
) -> None:
    films = [replace(frame, modality=modality) for frame in stack(plane, [0, 1, 2])]
    films += [replace(film, source=f"n{film.source}", position_mm=None, orientation=None) for film in films]
    groups = grouped(films, Rules(unit=unit), pixel_digest=different_pixels)
    assert [made.shape for made in groups] == [(16, 12)] * 6
    assert {made.geometry.affine for made in groups} == {None}
    assert {made.geometry.spacing for made in groups} == {(0.5, 0.8)}


def test_a_picture_without_spacing_is_measured_in_pixels(plane: Frame) -> None:
    photograph = replace(plane, modality="XC", spacing_mm=None)
    detector = replace(plane, source="b", modality="DX", spacing_kind="detector_plane")
    groups = grouped([photograph, detector], IMAGE, pixel_digest=different_pixels)
    assert [(made.geometry.spacing, made.geometry.spacing_kind) for made in groups] == [
        ((1.0, 1.0), "pixels"),
        ((0.5, 0.8), "detector_plane"),
    ]


def test_frames_of_a_cine_are_pictures_in_time_never_slices(plane: Frame) -> None:
    cine = [replace(plane, modality="US", index=n, position_mm=None, orientation=None) for n in range(4)]
    groups = grouped(cine, SERIES, pixel_digest=different_pixels)
    assert [[frame.index for frame in made.frames] for made in groups] == [[0], [1], [2], [3]]


def test_slices_one_by_one_are_images_with_their_place_in_space(plane: Frame) -> None:
    groups = grouped(stack(plane, [0, 2, 2, 7]), IMAGE, pixel_digest=different_pixels)
    assert [reason_of(made) for made in groups] == ["ok"] * 4
    assert groups[3].geometry.affine[2] == (5.0, 0.0, 0.0, 7.0)


def test_one_slice_without_a_place_spoils_its_volume_but_not_other_single_images(plane: Frame) -> None:
    frames = stack(plane, [0, 2, 4])
    frames[1] = replace(frames[1], position_mm=None)
    (made,) = grouped(frames, SERIES, pixel_digest=different_pixels)
    assert verdict_of(made) == ("no_geometry", "1 of 3 without position or orientation")
    assert reasons(grouped(frames, IMAGE, pixel_digest=different_pixels)) == {"ok": 2, "no_geometry": 1}


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
    (made,) = grouped([replace(plane, **changes)], IMAGE, pixel_digest=different_pixels)
    assert reason_of(made) == reason
