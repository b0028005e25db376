from dataclasses import replace
from io import BytesIO

import numpy as np
import pydicom
import pytest

from pipeline.phantom.files import dicom_bytes, scout_plane, slice_planes
from pipeline.phantom.plan import FIRST, SYNTAXES, Study, plan
from pipeline.phantom.scans import SINGLE_SLICE, WHOLE_CHEST, scan_of, scout_of

# PS3.3 A.3.3 and the modules it names: what a CT image must have with a value.
TYPE_1 = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "FrameOfReferenceUID",
    "ImageType", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient", "SamplesPerPixel",
    "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "PixelData", "RescaleIntercept", "RescaleSlope",
)  # fmt: skip
TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber", "SeriesNumber", "Manufacturer", "InstanceNumber", "SliceThickness", "KVP",
    "AcquisitionNumber", "PositionReferenceIndicator", "PatientPosition",
)  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    return plan(3, patients=1, delivery=FIRST, volumes=False)[0]


def _read(data: bytes) -> pydicom.FileDataset:
    return pydicom.dcmread(BytesIO(data))


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_file_in_any_syntax_holds_the_scan(study: Study, syntax: str) -> None:
    scan = scan_of(study, SINGLE_SLICE)
    read = _read(dicom_bytes(replace(study, syntax=syntax), slice_planes(scan)[0]))
    assert read.file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(read.pixel_array + float(read.RescaleIntercept), scan.hu[0])


def test_a_file_has_all_that_a_ct_image_must_have(study: Study) -> None:
    read = _read(dicom_bytes(study, slice_planes(scan_of(study, SINGLE_SLICE))[0]))
    assert [keyword for keyword in TYPE_1 if not str(read.get(keyword, ""))] == []
    assert [keyword for keyword in TYPE_2 if keyword not in read] == []
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


def test_a_file_says_what_a_hospital_would_say_and_that_it_is_a_phantom(study: Study) -> None:
    read = _read(dicom_bytes(study, slice_planes(scan_of(study, SINGLE_SLICE))[0]))
    assert str(read.PatientName) == study.person.name
    assert read.PatientBirthDate == f"{study.person.birth_date:%Y%m%d}"
    assert read.InstitutionName == study.site.institution
    assert read.QualityControlSubject == "YES"


def test_the_affine_puts_the_slices_side_by_side_in_patient_coordinates(study: Study) -> None:
    scan = scan_of(study, WHOLE_CHEST)
    planes = slice_planes(scan)
    read = [_read(dicom_bytes(study, plane)) for plane in planes[:2]]
    across, down = np.array(read[0].ImageOrientationPatient, dtype=float).reshape(2, 3)
    step = np.subtract(read[0].ImagePositionPatient, read[1].ImagePositionPatient)
    np.testing.assert_allclose(step, np.cross(across, down) * scan.grid.step_mm, atol=1e-4)
    assert float(read[0].PixelSpacing[0]) == float(read[0].PixelSpacing[1]) == scan.grid.spacing_mm
    assert [plane.number for plane in planes] == list(range(1, len(scan.hu) + 1))


def test_the_first_file_of_a_stack_is_the_slice_nearest_to_the_head(study: Study) -> None:
    scan = scan_of(study, WHOLE_CHEST)
    read = _read(dicom_bytes(study, slice_planes(scan)[0]))
    np.testing.assert_array_equal(read.pixel_array + float(read.RescaleIntercept), scan.hu[-1])


def test_the_scout_shows_the_chest_from_the_front_with_the_head_up(study: Study) -> None:
    hu = scout_of(study, SINGLE_SLICE)
    read = _read(dicom_bytes(study, scout_plane(hu, couch_mm=-200.0)))
    heart_side = hu[:, 32:].mean() - hu[:, :32].mean()
    assert list(read.ImageType) == ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    assert list(read.ImagePositionPatient) == [-157.5, 0.0, -42.5]
    assert heart_side > 0  # columns run to the patient's left


def test_every_decimal_string_is_at_most_sixteen_characters(study: Study) -> None:
    read = _read(dicom_bytes(study, slice_planes(scan_of(study, SINGLE_SLICE))[0]))
    texts = [str(value) for element in read if element.VR == "DS" for value in np.atleast_1d(element.value)]
    assert max(map(len, texts)) <= 16
