"""Masks from files to the grid of their cases: SEG and RT structure sets beside the series that they mark."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import encoded, write
from ingesting import cases, config, ingested, reasons, voxels
from marked_series import BOTH, OBLIQUE, SETTINGS, marks, put, series, stored, told
from mask_files import grid_of, segmentation, structure_set
from pydicom import dcmread
from pydicom.dataset import Dataset

from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), OBLIQUE], ids=str)
def test_marked_voxels_are_those_of_the_image_at_the_same_points(
    workspace: Workspace, raw: Path, kind: str, orientation: tuple[float, ...]
) -> None:
    sources = series(orientation)
    expected = marks()
    put(raw, *sources, segmentation(sources, expected, kind=kind))
    run(config(**SETTINGS), workspace)
    (case,) = cases(workspace)
    image, found = voxels(workspace, case), stored(workspace)
    native = np.stack([one.pixel_array for one in map(with_meta, sources)])
    for name, number in (("anterior", 1), ("posterior", 2)):
        mask = found[case.case_id, name]
        assert (mask.dtype, mask.shape) == (np.uint8, image.shape)
        # Every pixel value is used once, so the marked values are the marked places.
        assert set(image[mask == 1].tolist()) == set(native[expected[number]].tolist())
        assert mask.sum() == expected[number].sum()


def with_meta(ds: Dataset) -> Dataset:
    return dcmread(BytesIO(encoded(ds)))


def test_contours_are_filled_on_the_planes_of_their_series(workspace: Workspace, raw: Path) -> None:
    sources = series(OBLIQUE)
    grid = grid_of(sources)
    corners = np.array([(2, 0.5, 0.5, 1), (2, 0.5, 3.5, 1), (2, 4.5, 3.5, 1), (2, 4.5, 0.5, 1)]).T
    points = (grid.affine @ corners)[:3].T * (-1, -1, 1)
    dot = ("POINT", points[:1])
    put(raw, *sources, structure_set(sources, {"REAR": [points, dot]}))
    lines = run(config(**SETTINGS), workspace).lines
    (case,) = cases(workspace)
    (mask,) = stored(workspace).values()
    image = voxels(workspace, case)
    expected = {200 + 5 * row + column for row in range(1, 5) for column in range(1, 4)}
    assert set(image[mask == 1].tolist()) == expected
    assert "masks: 1 scan with posterior" in lines
    assert any("contours_skipped" in line for line in lines)


def test_without_declared_structures_masks_are_no_images_as_ever(workspace: Workspace, raw: Path) -> None:
    sources = series()
    put(raw, *sources, segmentation(sources, marks()))
    assert told(workspace, masks=None)[:2] == ("excluded", "non_image_object (Segmentation)")
    assert stored(workspace) == {}


def refused_because(workspace: Workspace, raw: Path, mask: Dataset, **settings: Any) -> str:
    put(raw, *series(), mask)
    state, reason, step = told(workspace, **settings)
    assert (state, bool(step)) == ("quarantined", True)
    assert stored(workspace) == {}
    return reason


def moved(ds: Dataset, by_mm: tuple[float, float, float]) -> Dataset:
    for group in ds.PerFrameFunctionalGroupsSequence:
        place = group.PlanePositionSequence[0]
        place.ImagePositionPatient = [a + b for a, b in zip(place.ImagePositionPatient, by_mm, strict=True)]
    return ds


@pytest.mark.parametrize(
    ("by_mm", "detail"),
    [
        ((0.8, 0, 0), "reaches 0.80 mm beyond the scan"),
        ((0, 0.2, 0), "0.20 mm off its voxels, turned by 0.00 degrees"),
        ((0, 0, 2.5), "2.50 mm off the image that it names"),
    ],
    ids=["a column aside", "part of a row aside", "a slice up"],
)
def test_a_mask_that_lies_elsewhere_is_refused_with_its_distance(
    workspace: Workspace, raw: Path, by_mm: tuple[float, float, float], detail: str
) -> None:
    mask = moved(segmentation(series(), marks()), by_mm)
    assert refused_because(workspace, raw, mask) == f"mask_geometry_mismatch ({detail})"


def test_a_mask_in_another_frame_of_reference_is_refused(workspace: Workspace, raw: Path) -> None:
    mask = segmentation(series(), marks(), FrameOfReferenceUID="2.25.99")
    reason = refused_because(workspace, raw, mask)
    assert reason == "mask_geometry_mismatch (another frame of reference)"


def test_contours_in_another_frame_of_reference_are_refused(workspace: Workspace, raw: Path) -> None:
    sources = series()
    square = np.array([(3.4, -3.8, 5), (5.4, -3.8, 5), (5.4, -2.2, 5), (3.4, -2.2, 5)])
    drawn = structure_set(sources, {"rear": [square]})
    drawn.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "2.25.99"
    reason = refused_because(workspace, raw, drawn)
    assert reason == "mask_geometry_mismatch (another frame of reference)"
    write(raw / "5.dcm", structure_set(sources, {"rear": [square]}))
    assert told(workspace)[1] == "ok"


def test_a_mask_of_another_patient_is_refused_and_spoils_no_scan(workspace: Workspace, raw: Path) -> None:
    mask = segmentation(series(), marks(), PatientID="PAT2")
    reason = refused_because(workspace, raw, mask)
    assert reason == "patient_conflict (the mask and its scan are of two patients)"


def test_an_undeclared_segment_is_refused(workspace: Workspace, raw: Path) -> None:
    mask = segmentation(series(), {**marks(), 7: marks(9)[1]})
    assert refused_because(workspace, raw, mask) == "mask_values_invalid (segment 7 is of no structure)"
    assert told(workspace, masks={**BOTH, "undeclared": "ignore"})[1] == "ok"


def test_an_empty_structure_is_refused_unless_it_may_be_absent(workspace: Workspace, raw: Path) -> None:
    mask = segmentation(series(), {**marks(), 2: np.zeros((5, 7, 5), bool)}, empty_frames=True)
    reason = refused_because(workspace, raw, mask)
    assert reason == "mask_values_invalid (the structure posterior is empty)"
    assert told(workspace, masks={**BOTH, "may_be_absent": ["posterior"]})[1] == "ok"
    assert sorted(int(mask.any()) for mask in stored(workspace).values()) == [0, 1]


def test_a_fractional_mask_needs_a_threshold(workspace: Workspace, raw: Path) -> None:
    shares = {number: mark * 0.7 for number, mark in marks().items()}
    mask = segmentation(series(), shares, kind="FRACTIONAL")
    assert refused_because(workspace, raw, mask) == "mask_values_invalid (fractional, without a threshold)"
    assert told(workspace, masks={**BOTH, "threshold": 0.7})[1] == "ok"
    assert sum(mask.sum() for mask in stored(workspace).values()) == sum(m.sum() for m in marks().values())


def test_two_masks_of_one_structure_are_both_refused(workspace: Workspace, raw: Path) -> None:
    sources = series()
    first = segmentation(sources, marks(1))
    second = segmentation(sources, {1: marks(2)[1]}, SOPInstanceUID="2.25.9001")
    put(raw, *sources, first, second)
    detail = "mask_values_invalid (2 masks of the structure anterior)"
    assert told(workspace)[1] == detail
    assert ingested(workspace, config(**SETTINGS))["6.dcm"][1] == detail
    assert stored(workspace) == {}
    (raw / "6.dcm").unlink()
    assert told(workspace)[1] == "ok"
    assert len(stored(workspace)) == 2


def test_a_mask_without_its_series_waits_for_it(workspace: Workspace, raw: Path) -> None:
    sources = series()
    write(raw / "5.dcm", segmentation(sources, marks()))
    outcomes = ingested(workspace, config(**SETTINGS))
    assert outcomes["5.dcm"][:2] == ("quarantined", "mask_reference_missing (its series is not here)")
    put(raw, *sources)
    assert told(workspace)[1] == "ok"
    assert len(stored(workspace)) == 2


def test_a_scan_without_a_mask_is_a_case_and_a_late_mask_comes_to_it(workspace: Workspace, raw: Path) -> None:
    sources = series()
    put(raw, *sources)
    run(config(**SETTINGS), workspace)
    (case,) = cases(workspace)
    assert stored(workspace) == {}
    write(raw / "5.dcm", segmentation(sources, marks()))
    summary = run(config(**SETTINGS), workspace)
    assert summary.changed
    assert {name for name, _ in stored(workspace)} == {case.case_id}
    (raw / "5.dcm").unlink()
    run(config(**SETTINGS), workspace)
    assert stored(workspace) == {}
    assert [one.case_id for one in cases(workspace)] == [case.case_id]


def test_a_mask_of_a_series_of_which_no_scan_was_made_says_so(workspace: Workspace, raw: Path) -> None:
    sources = series()
    put(raw, *[one for number, one in enumerate(sources) if number != 2], segmentation(sources, marks()))
    outcomes = ingested(workspace, config(**SETTINGS))
    assert outcomes["0.dcm"][1].startswith("missing_slices")
    assert outcomes["4.dcm"][1] == "mask_reference_missing (no scan was made of what it marks)"


def test_a_copy_of_a_mask_adds_nothing_and_another_one_of_its_name_spoils_both(
    workspace: Workspace, raw: Path
) -> None:
    sources = series()
    mask = segmentation(sources, marks())
    put(raw, *sources, mask, mask)
    settings = config(**SETTINGS)
    run(settings, workspace)
    assert sorted([reasons(workspace, settings)[name] for name in ("5.dcm", "6.dcm")]) == [
        "duplicate_identical", "ok",
    ]  # fmt: skip
    write(raw / "6.dcm", segmentation(sources, marks(8)))
    run(settings, workspace)
    assert {reasons(workspace, settings)[name] for name in ("5.dcm", "6.dcm")} == {"duplicate_uid_conflict"}
    assert stored(workspace) == {}


def test_single_slices_get_the_frames_that_lie_on_them(workspace: Workspace, raw: Path) -> None:
    sources = series()
    put(raw, *sources, segmentation(sources, marks()))
    run(config(**{**SETTINGS, "unit": "image"}), workspace)
    found = stored(workspace)
    assert len(cases(workspace)) == 5
    assert len({case for case, _ in found}) == 3  # those of the two outer slices hold no mark
    assert sum(int(mask.sum()) for mask in found.values()) == sum(int(m.sum()) for m in marks().values())
    assert {mask.shape for mask in found.values()} == {(7, 5)}


def test_masks_are_the_same_bytes_whatever_files_are_called(workspace: Workspace, raw: Path) -> None:
    sources = series()
    put(raw, *sources, segmentation(sources, marks()))
    run(config(**SETTINGS), workspace)
    before = {path.name: path.read_bytes() for path in workspace.cases.glob("*.npy")}
    for path in sorted(raw.iterdir()):
        path.rename(raw / f"z{9 - int(path.stem)}.dcm")
    run(config(**SETTINGS), workspace)
    assert {path.name: path.read_bytes() for path in workspace.cases.glob("*.npy")} == before


def test_a_damaged_mask_costs_itself_alone(workspace: Workspace, raw: Path) -> None:
    sources = series()
    put(raw, *sources, encoded(segmentation(sources, marks()))[:-20])
    state, reason, _ = told(workspace)
    assert (state, reason.split(" ")[0]) == ("failed", "truncated_pixel_data")
    assert len(cases(workspace)) == 1


def test_contours_fall_where_they_were_drawn_on_a_straightened_stack_and_segments_are_refused(
    workspace: Workspace, raw: Path
) -> None:
    # Each slice is moved by 0.7 mm along its columns, 1.4 of the rows' 0.5 mm: 15.6 degrees of tilt.
    sources = series()
    for number, one in enumerate(sources):
        one.ImagePositionPatient = [3, -4 + 0.7 * number, 5 + 2.5 * number]
    x, y, z = (float(value) for value in sources[2].ImagePositionPatient)
    around = [(x + 0.4, y + 0.75), (x + 2.8, y + 0.75), (x + 2.8, y + 2.75), (x + 0.4, y + 2.75)]
    drawn = structure_set(sources, {"rear": [np.array([(a, b, z) for a, b in around])]})
    put(raw, *sources, drawn)
    assert told(workspace, untilt="linear")[1] == "ok"
    (case,) = cases(workspace)
    (mask,) = stored(workspace).values()
    affine = np.array(case.geometry.affine)
    for index in np.ndindex(mask.shape):
        right, front, up = (affine @ (*index, 1))[:3]
        inside = abs(up - z) < 1e-3 and 0.4 < -right - x < 2.8 and 0.75 < -front - y < 2.75
        assert mask[index] == inside
    write(raw / "5.dcm", segmentation(sources, marks()))
    reason = told(workspace, untilt="linear")[1]
    assert reason.startswith("mask_geometry_mismatch (0.")
    assert stored(workspace) == {}


def test_no_label_or_name_of_a_region_goes_further(workspace: Workspace, raw: Path) -> None:
    sources = series()
    ignoring = {**SETTINGS, "masks": {**BOTH, "undeclared": "ignore"}}
    labels = {1: "WORD1", 7: "WORD2"}
    mask = segmentation(sources, {**marks(), 7: marks(4)[1]}, labels=labels, ContentLabel="WORD3")
    other = structure_set(sources, {"WORD4": []}, SOPInstanceUID="2.25.9001", StructureSetLabel="WORD5")
    put(raw, *sources, mask, other)
    lines = run(config(**ignoring), workspace).lines
    assert len(stored(workspace)) == 2
    kept = [path for path in workspace.root.rglob("*") if path.is_file() and raw not in path.parents]
    assert kept
    assert not any(b"WORD" in path.read_bytes() for path in kept)
    assert "WORD" not in "".join(lines)


def test_masks_follow_planes_whose_positions_are_whole_millimetres(workspace: Workspace, raw: Path) -> None:
    sources = series()
    for one, z in zip(sources, (0, 3, 5, 8, 10), strict=True):  # 2.5 mm apart, rounded
        one.ImagePositionPatient, one.SliceThickness = ["3", "-4", f"{z}"], "2.5"
    expected = marks()
    corners = [(3.2, -3.8), (5.2, -3.8), (5.2, -2.8), (3.2, -2.8)]
    drawn = structure_set(sources, {"rear": [np.array([(x, y, 3) for x, y in corners])]})
    put(raw, *sources, segmentation(sources, {1: expected[1]}), drawn)
    outcomes = ingested(workspace, config(**SETTINGS))
    assert {row[1] for row in outcomes.values()} == {"ok"}
    (case,) = cases(workspace)
    assert case.geometry.spacing[0] == 2.5
    found = stored(workspace)
    image = voxels(workspace, case)
    native = np.stack([one.pixel_array for one in map(with_meta, sources)])
    assert set(image[found[case.case_id, "anterior"] == 1].tolist()) == set(native[expected[1]].tolist())
    # Columns lie at 3.8 and 4.6 mm, rows at -3.5 and -3.0, in the second slice.
    assert set(image[found[case.case_id, "posterior"] == 1].tolist()) == {106, 107, 111, 112}
