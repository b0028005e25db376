"""DICOM SEG files: read back by our own reader and by pydicom, and as their standard asks for."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from mask_files import COLUMNS, ROWS, grid_of, slices
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from pipeline.ingest.dicom.container import open_container
from pipeline.ingest.masks.grid import put
from pipeline.ingest.masks.segmentation import marked_frames
from pipeline.ingest.masks.structures import Structures
from pipeline.segmentation_objects import (
    ANATOMY,
    Code,
    Form,
    Identity,
    Plane,
    Segment,
    SourceSeries,
    segmentation_bytes,
)

ENHANCED = "1.2.840.10008.5.1.4.1.1.4.1"
OBLIQUE = (0.6, 0.8, 0, 0, 0, -1)
BOTH = Structures({"front": ("Front",), "rear": (2,)})
SEGMENTS = (
    Segment("Front", ANATOMY, Code("1", "99HERE", "Front")),
    Segment("Rear", ANATOMY, Code("2", "99HERE", "Rear"), algorithm="Network"),
)
IDENTITY = Identity(
    instance_uid="2.25.11",
    series_uid="2.25.12",
    dimensions_uid="2.25.13",
    series_number=7,
    description="Two structures",
    made=datetime(2020, 2, 3, 4, 5, 6),
    maker={
        "Manufacturer": "Nobody",
        "ManufacturerModelName": "None",
        "DeviceSerialNumber": "1",
        "SoftwareVersions": "1",
    },
)


def source_of(sources: list[Dataset], *, frames: bool = False) -> SourceSeries:
    first = sources[0]
    papers = ("PatientID", "PatientName", "StudyInstanceUID", "StudyDate")
    blank = dict.fromkeys(
        ("PatientBirthDate", "PatientSex", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"), ""
    )  # fmt: skip
    return SourceSeries(
        blank | {keyword: first.get(keyword, "") for keyword in papers},
        uid=first.SeriesInstanceUID,
        frame_of_reference=first.FrameOfReferenceUID,
        orientation=tuple(map(float, first.ImageOrientationPatient)),
        spacing_mm=(0.5, 0.8),
        thickness_mm=2.5,
        planes=tuple(
            Plane(
                ENHANCED if frames else one.SOPClassUID,
                "2.25.50" if frames else one.SOPInstanceUID,
                tuple(map(float, one.ImagePositionPatient)),
                frame=number if frames else 0,
            )
            for number, one in enumerate(sources, 1)
        ),
    )


def marks(*, overlap: bool = False) -> NDArray[np.bool_]:
    generator = np.random.default_rng(5)
    front, rear = generator.random((2, 5, ROWS, COLUMNS)) < 0.4
    front[[0, 4]] = rear[[0, 3]] = False
    return np.stack([front, rear if overlap else rear & ~front])


def read_back(data: bytes, sources: list[Dataset]) -> NDArray[np.bool_]:
    grid = grid_of(sources)
    masks = {name: np.zeros(grid.shape, np.uint8) for name in BOTH.called}
    container = open_container(data, depth=8, inflated_bytes=1 << 20)
    for marked in marked_frames(container, BOTH, decoded_bytes=1 << 20):
        put(marked.block, grid, masks[marked.structure])
    return np.stack([masks["front"], masks["rear"]]).astype(bool)


@pytest.mark.parametrize("form", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), OBLIQUE], ids=str)
def test_what_is_written_is_read_back_voxel_for_voxel(form: Form, orientation: tuple[float, ...]) -> None:
    sources = slices(orientation=orientation)
    data = segmentation_bytes(marks(), SEGMENTS, source_of(sources), IDENTITY, form=form)
    assert np.array_equal(read_back(data, sources), marks())


def test_structures_of_a_binary_object_may_overlap() -> None:
    sources = slices()
    data = segmentation_bytes(marks(overlap=True), SEGMENTS, source_of(sources), IDENTITY)
    assert np.array_equal(read_back(data, sources), marks(overlap=True))
    with pytest.raises(ValueError, match="one a voxel"):
        segmentation_bytes(marks(overlap=True), SEGMENTS, source_of(sources), IDENTITY, form="LABELMAP")


def test_frames_without_a_mark_are_left_out_and_each_names_its_image() -> None:
    sources = slices()
    mask = dcmread(BytesIO(segmentation_bytes(marks(), SEGMENTS, source_of(sources), IDENTITY)))
    frames = [
        (
            group.SegmentIdentificationSequence[0].ReferencedSegmentNumber,
            group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID,
        )
        for group in mask.PerFrameFunctionalGroupsSequence
    ]
    uids = [one.SOPInstanceUID for one in sources]
    assert frames == [(1, uid) for uid in uids[1:4]] + [(2, uids[at]) for at in (1, 2, 4)]
    assert np.array_equal(mask.pixel_array[:3], marks()[0, 1:4])
    assert mask.SegmentSequence[0].SegmentAlgorithmType == "MANUAL"
    assert mask.SegmentSequence[1].SegmentAlgorithmName == "Network"


def test_frames_of_one_object_are_named_by_their_numbers() -> None:
    mask = dcmread(BytesIO(segmentation_bytes(marks(), SEGMENTS, source_of(slices(), frames=True), IDENTITY)))
    (series,) = mask.ReferencedSeriesSequence
    assert [one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence] == ["2.25.50"]
    group = mask.PerFrameFunctionalGroupsSequence[0]
    assert group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber == 2


@pytest.mark.parametrize("form", ["BINARY", "LABELMAP"])
def test_nothing_marked_is_read_as_nothing(form: Form) -> None:
    sources = slices()
    data = segmentation_bytes(0 * marks() > 0, SEGMENTS, source_of(sources), IDENTITY, form=form)
    assert not read_back(data, sources).any()
    assert dcmread(BytesIO(data)).NumberOfFrames > 0


def test_the_same_masks_are_the_same_bytes_and_too_few_segments_are_refused() -> None:
    source = source_of(slices())
    first, second = (segmentation_bytes(marks(), SEGMENTS, source, IDENTITY) for _ in range(2))
    assert first == second
    with pytest.raises(ValueError, match="expected 1 masks of 5 planes"):
        segmentation_bytes(marks(), SEGMENTS[:1], source, IDENTITY)


def test_no_name_or_uid_of_a_scan_is_quoted_in_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    source = source_of(slices())
    odd = {"StudyInstanceUID": "1.2.03", "PatientID": "P\x01" * 40, "StudyDate": "born in May"}
    source = replace(source, patient_and_study={**source.patient_and_study, **odd})
    recwarn.clear()
    data = segmentation_bytes(marks(), SEGMENTS, source, IDENTITY)
    assert not recwarn.list
    assert dcmread(BytesIO(data)).PatientID == odd["PatientID"]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy of dicom3tools is not installed")
@pytest.mark.parametrize("frames", [False, True])
def test_a_validator_finds_no_error(tmp_path: Path, frames: bool) -> None:
    path = tmp_path / "mask.dcm"
    path.write_bytes(segmentation_bytes(marks(), SEGMENTS, source_of(slices(), frames=frames), IDENTITY))
    said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
    assert "Error" not in said.stdout + said.stderr
