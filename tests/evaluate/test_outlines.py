"""Planes through a scan with its masks: which slice, which side, at which place and scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.bits import Bits
from pipeline.contracts.insights import Outlined, Pictures
from pipeline.evaluate.insights.outlines import outlines
from pipeline.records import Case, Geometry, Stored
from pipeline.tasks.contract import Overlay

CANONICAL = ((0.0, 0.0, -1.0, 0.0), (0.0, -2.0, 0.0, 0.0), (3.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
"""Slices 3 mm apart to the head, rows 2 mm apart to the back, columns 1 mm apart to the left."""
SPACING = (3.0, 2.0, 1.0)


def case(shape: tuple[int, ...], **more: Any) -> Case:
    geometry = more.pop("geometry", Geometry(SPACING[-len(shape) :], "patient", CANONICAL))
    stored = Stored("shard", 0, 0, "<f4", shape, 0)
    named = {"case_id": "c", "patient_id": "p", "study_id": "s", "series_id": "s", "modality": "CT"}
    told = {"value_unit": "HU", "channels": 1, "pixel_digest": "", "attributes": {}}
    return Case(geometry=geometry, stored=stored, **(named | told | more))


def shown(
    truth: Bits, said: Bits, voxels: np.ndarray[Any, Any] | None = None, *, reviewed: bool = True, **more: Any
) -> tuple[Outlined, Pictures]:
    overlay = Overlay("worst", "c", "p", 0.5, "liver 0.500", ("liver",), lambda: truth, lambda: said)
    scan = np.zeros(truth.shape, np.float32) if voxels is None else voxels
    (told,), pictures = outlines(
        [overlay], {"c": case(truth.shape, **more)}, lambda _: scan, reviewed=reviewed
    )
    return told, pictures


def box(shape: tuple[int, ...], *ranges: tuple[int, int]) -> Bits:
    bits = np.zeros(shape, np.uint8)
    bits[tuple(slice(*ends) for ends in ranges)] = 1
    return bits


def test_each_plane_is_at_the_slice_where_the_masks_differ_most() -> None:
    truth = box((24, 30, 40), (5, 15), (10, 20), (10, 30))
    said = truth.copy()
    said[13, 12:18, 12:28] = 0
    told, _ = shown(truth, said)
    assert [(plane.name, plane.slice, plane.slices) for plane in told.planes] == [
        ("axial", 14, 24), ("coronal", 13, 30), ("sagittal", 13, 40),
    ]  # fmt: skip


def test_a_small_finding_that_was_missed_is_shown_rather_than_the_border_of_a_large_organ() -> None:
    organ = box((24, 30, 40), (2, 22), (5, 25), (5, 35))
    finding = box((24, 30, 40), (14, 16), (8, 10), (20, 22))
    told, _ = shown(organ | finding << 1, box((24, 30, 40), (2, 22), (5, 25), (5, 33)) & organ)
    # Two columns of the organ are wrong, 400 voxels each, and eight voxels of the finding.
    assert [plane.slice for plane in told.planes] == [15, 9, 21]


def test_masks_that_agree_are_shown_where_they_mark_most() -> None:
    truth = box((24, 30, 40), (5, 15), (10, 20), (10, 30))
    truth[9, 5:25, 5:35] = 1
    told, _ = shown(truth, truth)
    assert told.planes[0].slice == 10


def test_the_sides_of_the_patient_are_marked_with_right_at_the_left_and_the_head_up() -> None:
    truth = box((24, 30, 40), (5, 15), (10, 20), (10, 30))
    told, _ = shown(truth, truth)
    assert [plane.edges for plane in told.planes] == [
        ("R", "L", "A", "P"), ("R", "L", "H", "F"), ("A", "P", "H", "F"),
    ]  # fmt: skip


def test_a_marker_voxel_lies_at_its_place_in_every_plane() -> None:
    truth = box((24, 30, 40), (5, 15), (10, 20), (10, 30))
    said = truth.copy()
    marker = (6, 11, 27)
    said[marker] = 0
    voxels = np.zeros(truth.shape, np.float32)
    voxels[marker] = 100.0
    told, pictures = shown(truth, said, voxels)
    for plane, axes in zip(told.planes, ((1, 2), (0, 2), (0, 1)), strict=True):
        (at,) = np.argwhere(np.asarray(pictures[plane.picture]) == 255)
        missing = np.asarray(pictures[f"{plane.picture}_truth"]) != np.asarray(
            pictures[f"{plane.picture}_said"]
        )
        assert np.argwhere(missing).tolist() == [at.tolist()]
        rows, columns = pictures[plane.picture].shape
        # From the middle of the view to the marker's middle, in mm, as the scan's own grid has it.
        down = plane.top + (at[0] + 0.5) * plane.height / rows - plane.side / 2
        along = plane.left + (at[1] + 0.5) * plane.width / columns - plane.side / 2
        middle = [(10.0, 15.0, 20.0)[axis] for axis in axes]
        true = [(marker[axis] + 0.5 - mid) * SPACING[axis] for axis, mid in zip(axes, middle, strict=True)]
        assert (down, along) == pytest.approx((-true[0] if axes[0] == 0 else true[0], true[1]))


def test_all_planes_of_a_case_have_one_scale_with_room_around_what_is_marked() -> None:
    truth = box((40, 60, 100), (10, 20), (20, 40), (30, 70))
    told, _ = shown(truth, truth)
    assert {plane.side for plane in told.planes} == {1.4 * 40}


def test_ct_is_shown_in_the_window_of_its_header_and_its_unit() -> None:
    truth = box((6, 8, 8), (2, 4), (2, 6), (2, 6))
    window = {"window_center": 40.0, "window_width": 400.0}
    told, _ = shown(truth, truth, attributes=window)
    assert (told.window, told.value_unit, told.in_mm) == ((-160.0, 240.0), "HU", True)


def test_a_picture_without_a_place_has_neither_sides_nor_millimetres() -> None:
    truth = box((20, 30), (5, 10), (5, 10))
    told, pictures = shown(truth, truth, geometry=Geometry((1.0, 1.0), "pixels"))
    (plane,) = told.planes
    assert (plane.name, plane.edges, told.in_mm) == ("", ("", "", "", ""), False)
    assert pictures[plane.picture].shape == pictures[f"{plane.picture}_truth"].shape


def test_a_scan_that_may_show_a_name_has_no_picture() -> None:
    truth = box((6, 8, 8), (2, 4), (2, 6), (2, 6))
    told, pictures = shown(truth, truth, reviewed=False, modality="US")
    assert told.hidden
    assert (told.planes, pictures) == ((), {})


def test_nothing_marked_shows_the_middle_of_the_scan() -> None:
    nothing = np.zeros((6, 8, 8), np.uint8)
    told, _ = shown(nothing, nothing)
    assert [plane.slice for plane in told.planes] == [4, 5, 5]
