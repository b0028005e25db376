"""Volumes that we and dcm2niix make of the same DICOM files, where dcm2niix is right (upright, even)."""

from __future__ import annotations

import subprocess
from math import cos, radians, sin
from pathlib import Path

import dcm2niix
import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from pipeline.export.nifti import nifti_bytes
from pipeline.ingest.cases.volume import assemble
from pipeline.ingest.series.frames import Frame, Rules
from pipeline.ingest.series.grouping import grouped

TURN = radians(25)
ORIENTATIONS = {
    "axial": (1, 0, 0, 0, 1, 0),
    "prone": (-1, 0, 0, 0, -1, 0),
    "feet first": (-1, 0, 0, 0, 1, 0),
    "decubitus": (0, 1, 0, -1, 0, 0),
    "sagittal": (0, 1, 0, 0, 0, -1),
    "coronal": (1, 0, 0, 0, 0, -1),
    "oblique": (cos(TURN), sin(TURN), 0, -sin(TURN) * cos(TURN), cos(TURN) ** 2, -sin(TURN)),
}
PIXELS = np.random.default_rng(0).integers(-900, 1200, size=(5, 16, 12), dtype=np.int16)


def planes(orientation: tuple[float, ...]) -> list[Frame]:
    """Five slices of 16 x 12 pixels of 0.5 x 0.8 mm, 3 mm apart, numbered against the normal."""
    normal = np.cross(orientation[:3], orientation[3:])
    return [
        Frame(
            source=f"1.2.3.{number}", index=0, patient_id="p", study_id="1.2.3", series_id="1.2.4", modality="CT",
            sop_class=CTImageStorage, image_type=("ORIGINAL", "PRIMARY", "AXIAL"), rows=16, columns=12, samples=1,
            photometric="MONOCHROME2",
            position_mm=tuple(float(x) for x in np.array([11.0, -22.0, 33.0]) - 3.0 * number * normal),
            orientation=tuple(float(x) for x in orientation), spacing_mm=(0.5, 0.8), thickness_mm=3.0,
        )
        for number in range(1, 6)
    ]  # fmt: skip


def write_dicom(frame: Frame, folder: Path) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = frame.sop_class, frame.source
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = pydicom.Dataset()
    ds.file_meta = meta
    ds.SOPClassUID, ds.SOPInstanceUID = frame.sop_class, frame.source
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.PatientID = (
        frame.study_id,
        frame.series_id,
        frame.patient_id,
    )
    ds.Modality, ds.ImageType, ds.Manufacturer = frame.modality, list(frame.image_type), "Phantom"
    ds.SeriesNumber, ds.InstanceNumber = 1, int(frame.source.split(".")[-1])
    ds.StudyDate, ds.StudyTime = "20200101", "120000"
    ds.Rows, ds.Columns, ds.SamplesPerPixel = frame.rows, frame.columns, 1
    ds.PhotometricInterpretation, ds.PixelRepresentation = frame.photometric, 1
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.RescaleSlope, ds.RescaleIntercept = 1, 0
    ds.PixelSpacing, ds.SliceThickness = list(frame.spacing_mm), frame.thickness_mm
    ds.ImagePositionPatient = [f"{x:.8g}" for x in frame.position_mm]
    ds.ImageOrientationPatient = [f"{x:.8g}" for x in frame.orientation]
    ds.PixelData = pixels_of(frame).tobytes()
    ds.save_as(folder / f"{frame.source}.dcm", enforce_file_format=True)


def pixels_of(frame: Frame) -> np.ndarray:
    return PIXELS[int(frame.source.split(".")[-1]) - 1]


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_our_nifti_and_dcm2niix_s_are_the_same_volume(name: str, tmp_path: Path) -> None:
    frames = planes(ORIENTATIONS[name])
    (tmp_path / "dicom").mkdir()
    for frame in frames:
        write_dicom(frame, tmp_path / "dicom")
    (made,) = grouped(frames, Rules(unit="series"), pixel_digest=lambda frame: frame.source)
    array, geometry, _ = assemble(made, pixels_of)
    (tmp_path / "ours.nii.gz").write_bytes(nifti_bytes(array, geometry))
    command = [dcm2niix.bin, "-b", "n", "-f", "theirs", "-o", tmp_path, tmp_path / "dicom"]
    subprocess.run(command, check=True, capture_output=True)
    ours, theirs = (
        nib.as_closest_canonical(nib.load(tmp_path / file)) for file in ("ours.nii.gz", "theirs.nii")
    )
    assert np.abs(ours.affine - theirs.affine).max() < 1e-3
    assert np.array_equal(np.asarray(ours.dataobj), np.asarray(theirs.dataobj))
