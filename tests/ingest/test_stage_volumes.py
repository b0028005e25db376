"""Volumes and the rules that choose them, from files to stored cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import encoded, image, write
from ingesting import cases, config, ct_series, reasons, scan, voxels
from pydicom.dataset import Dataset

from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


def test_a_volume_is_stacked_by_position_and_its_broken_slices_spoil_it(
    workspace: Workspace, raw: Path
) -> None:
    settings = config(unit="series", modalities=("CT",))
    slices = ct_series([9, 3, 0, 6])
    for number, one in enumerate(slices):
        write(raw / f"{number}.dcm", one)
    run(settings, workspace)
    (case,) = cases(workspace)
    assert case.stored.shape == (4, 16, 12)
    assert voxels(workspace, case)[:, 8, 6].tolist() == [20, 10, 30, 0]  # z = 0, 3, 6, 9
    assert case.geometry.spacing == (3.0, 0.5, 0.8)

    write(raw / "0.dcm", encoded(slices[0])[:-10])
    run(settings, workspace)
    assert reasons(workspace, settings) == {"0.dcm": "truncated_pixel_data"} | {
        f"{n}.dcm": "missing_slices" for n in (1, 2, 3)
    }
    assert cases(workspace) == []


def test_frames_of_an_enhanced_object_are_cases_of_their_own_with_unit_image(
    workspace: Workspace, raw: Path
) -> None:
    pixels = np.stack([np.full((16, 12), 24 + 1000 * number, np.uint16) for number in range(3)])
    pixels[:, 0] = 24
    ds = image("CT", pixels=pixels)
    ds.PerFrameFunctionalGroupsSequence = []
    for z in (0, 4, 2):
        position, group = Dataset(), Dataset()
        position.ImagePositionPatient = ["0", "0", f"{z}"]
        group.PlanePositionSequence = [position]
        ds.PerFrameFunctionalGroupsSequence.append(group)
    write(raw / "enhanced.dcm", ds)
    run(config(), workspace)
    assert sorted(int(voxels(workspace, case)[8, 6]) for case in cases(workspace)) == [-1000, 0, 1000]
    run(config(unit="series"), workspace)
    (volume,) = cases(workspace)
    assert voxels(workspace, volume)[:, 8, 6].tolist() == [-1000, 1000, 0]  # z = 0, 2, 4


def test_only_series_that_fit_a_rule_are_read_and_the_description_stays_in_memory(
    workspace: Workspace, raw: Path
) -> None:
    settings = config(
        unit="series",
        modalities=("CT",),
        select={"soft": {"convolution_kernel": ["B30f"], "series_description": "^Chest"}},
    )
    kinds = [
        ("chosen", "B30f", "Chest, Dr. Who", [0, 3, 6]),
        ("hard", "B70f", "Chest", [0, 3, 6]),
        ("other", "B30f", "Abdomen, Dr. Who", [0, 3, 6]),
        ("scattered", "B70f", "Chest", [0, 3, 3.5, 20]),  # quarantined, if anybody wanted it
    ]
    for number, (name, kernel, description, positions) in enumerate(kinds, start=1):
        for place, one in enumerate(ct_series(positions)):
            one.SOPInstanceUID = f"2.25.{number}{place}"
            one.SeriesInstanceUID = f"2.25.3{number}"
            one.ConvolutionKernel, one.SeriesDescription = kernel, description
            write(raw / f"{name}{place}.dcm", one)
    run(settings, workspace)
    found = reasons(workspace, settings)
    assert {name for name, reason in found.items() if reason == "ok"} == {f"chosen{n}.dcm" for n in range(3)}
    assert set(found.values()) == {"ok", "rule_not_selected"}
    (case,) = cases(workspace)
    assert case.attributes["series_rule"] == "soft"
    assert not any(word in workspace.catalogue.read_bytes() for word in (b"Dr. Who", b"Chest", b"Abdomen"))


def test_a_rule_picks_one_of_the_volumes_of_a_series(workspace: Workspace, raw: Path) -> None:
    settings = config(unit="series", modalities=("MR",), select={"second": {"temporal_position": 2}})
    for number in range(6):
        one = scan(800 + number, "MR", PatientID="P", StudyInstanceUID="2.25.5", SeriesInstanceUID="2.25.6")
        one.ImagePositionPatient = ["0", "0", f"{4 * (number % 3)}"]
        one.TemporalPositionIdentifier = 1 + number // 3
        write(raw / f"{number}.dcm", one)
    run(settings, workspace)
    assert sorted(reasons(workspace, settings).values()) == ["ok"] * 3 + ["rule_not_selected"] * 3
    (case,) = cases(workspace)
    assert case.attributes["temporal_position"] == 2


def test_slices_written_in_whole_millimetres_are_one_scan_of_their_mean_distance(
    workspace: Workspace, raw: Path
) -> None:
    settings = config(unit="series", modalities=("CT",))
    for number, one in enumerate(ct_series([0, 3, 5, 8, 10], SliceThickness="2.5")):
        write(raw / f"{number}.dcm", one)
    run(settings, workspace)
    (case,) = cases(workspace)
    assert case.geometry.spacing[0] == 2.5
    assert "positions_rounded" in case.notes
