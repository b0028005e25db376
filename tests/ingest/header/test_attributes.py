from __future__ import annotations

import pytest
from dicom_files import image, opened

from pipeline.ingest.header.attributes import attributes_of


def attributes(**elements: object) -> dict[str, object]:
    return dict(attributes_of(opened(image("CT", **elements)).dataset))


@pytest.mark.parametrize(
    ("written", "years"),
    [
        ("045Y", 45),
        ("089Y", 89),
        ("090Y", 90),
        ("102Y", 90),
        ("011M", 0),
        ("025M", 2),
        ("400D", 1),
        ("030W", 0),
    ],
)
def test_ages_are_whole_years_and_pooled_from_ninety(written: str, years: int) -> None:
    assert attributes(PatientAge=written)["patient_age"] == years


def test_an_age_is_worked_out_from_dates_that_go_no_further() -> None:
    found = attributes(PatientBirthDate="19500102", StudyDate="20200101")
    assert found["patient_age"] == 69  # the birthday is tomorrow
    assert "1950" not in repr(found) and "2020" not in repr(found)
    assert "patient_age" not in attributes(PatientBirthDate="20210101", StudyDate="20200101")
    assert "patient_age" not in attributes(PatientBirthDate="195001", StudyDate="20200101")


def test_words_are_kept_only_from_the_vocabulary() -> None:
    found = attributes(
        PatientSex="F", BodyPartExamined="DR WHO", ImageType=["ORIGINAL", "X1", "AXIAL"], Laterality=""
    )
    assert found["patient_sex"] == "F"
    assert found["body_part_examined"] == "OTHER"
    assert found["image_type"] == "ORIGINAL\\OTHER\\AXIAL"
    assert "laterality" not in found


def test_numbers_are_kept_as_numbers_and_names_are_snake_case() -> None:
    found = attributes(
        KVP="120", MRAcquisitionType="3D", MagneticFieldStrength="1.5", GantryDetectorTilt="-3"
    )
    assert (found["kvp"], found["magnetic_field_strength"], found["gantry_detector_tilt"]) == (120, 1.5, -3)
    assert found["mr_acquisition_type"] == "3D"


def test_no_date_time_or_identifier_is_an_attribute() -> None:
    found = attributes(StudyDate="20200101", InstanceNumber="77", SeriesNumber="78", AcquisitionTime="123456")
    assert not any(word in repr(found) for word in ("2020", "77", "78", "123456", "PAT1", "2.25", "ACC1"))


@pytest.mark.parametrize(
    ("manufacturer", "model", "kernel", "kept"),
    [
        ("SIEMENS", "SOMATOM Definition AS+", "B30f", ("SIEMENS", "SOMATOM DEFINITION", "B30F")),
        ("GE MEDICAL SYSTEMS", "LightSpeed VCT", "STANDARD", ("GE", "LIGHTSPEED", "STANDARD")),
        ("Philips Medical Systems", "Brilliance 64", "B", ("PHILIPS", "BRILLIANCE", "B")),
        ("TOSHIBA", "Aquilion ONE", "FC18", ("CANON", "AQUILION", "FC18")),
        ("Dr. Siemens", "Ward 7", "J Doe 1970", ("OTHER", "OTHER", "OTHER")),
    ],
)
def test_scanners_are_known_by_a_shipped_list(
    manufacturer: str, model: str, kernel: str, kept: tuple[str, ...]
) -> None:
    found = attributes(Manufacturer=manufacturer, ManufacturerModelName=model, ConvolutionKernel=kernel)
    assert (
        tuple(found[name] for name in ("manufacturer", "manufacturer_model_name", "convolution_kernel"))
        == kept
    )
