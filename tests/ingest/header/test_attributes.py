from __future__ import annotations

import pytest
from dicom_files import image, opened

from pipeline.ingest.header.attributes import attributes_of
from pipeline.ingest.header.quantities import notes_of


def attributes(**elements: object) -> dict[str, object]:
    return dict(attributes_of(opened(image("CT", **elements)).dataset))


def notes(**elements: object) -> list[str]:
    return notes_of(opened(image("MR", **elements)).dataset)


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
        ("540M", 45),
        ("2349W", 45),
        ("45y", 45),
        ("110Y", 90),
    ],
)
def test_ages_are_whole_years_and_pooled_from_ninety(written: str, years: int) -> None:
    assert attributes(PatientAge=written)["patient_age"] == years


@pytest.mark.parametrize("written", ["999Y", "111Y", "045", "000Y", "9999", "045X"])
def test_an_age_that_can_only_stand_for_unknown_is_left_out_and_noted(written: str) -> None:
    assert "patient_age" not in attributes(PatientAge=written)
    assert notes(PatientAge=written) == ["implausible_left_out"]


@pytest.mark.parametrize(
    ("born", "study"), [("19000101", "20000101"), ("18500101", "20200101"), ("18991230", "20000101")]
)
def test_a_day_of_birth_that_stands_for_unknown_tells_no_age(born: str, study: str) -> None:
    assert "patient_age" not in attributes(PatientBirthDate=born, StudyDate=study)
    assert attributes(PatientBirthDate=born, StudyDate=study, PatientAge="045Y")["patient_age"] == 45


def test_an_age_that_contradicts_the_day_of_birth_is_left_out_and_noted() -> None:
    def dated(age: str) -> dict[str, object]:
        return {"PatientBirthDate": "19700601", "StudyDate": "20200101", "PatientAge": age}  # 49 years

    assert attributes(**dated("050Y"))["patient_age"] == 50
    assert "patient_age" not in attributes(**dated("051Y"))
    assert (notes(**dated("050Y")), notes(**dated("051Y"))) == ([], ["implausible_left_out"])
    assert attributes(**dated("000Y"))["patient_age"] == 49


@pytest.mark.parametrize(
    ("written", "tesla", "noted"),
    [
        ("1.5", 1.5, []),
        ("0.064", 0.064, []),
        ("15000", 1.5, ["field_in_gauss"]),
        ("3000", 0.3, ["field_in_gauss"]),
        ("0", None, ["implausible_left_out"]),
        ("-1.5", None, ["implausible_left_out"]),
        ("42", None, ["implausible_left_out"]),
        ("1500000", None, ["implausible_left_out"]),
        ("", None, []),
    ],
)
def test_field_strengths_are_in_tesla_whatever_they_were_written_in(
    written: str, tesla: float | None, noted: list[str]
) -> None:
    assert attributes(MagneticFieldStrength=written).get("magnetic_field_strength") == tesla
    assert notes(MagneticFieldStrength=written) == noted


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


def test_a_view_has_one_word_whether_or_not_it_is_cut_short() -> None:
    assert {attributes(ViewPosition=word)["view_position"] for word in ("LAT", "Lateral", "LATERAL")} == {
        "LATERAL"
    }


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
        (" ge_medical  systems", "Lightspeed", "standard", ("GE", "LIGHTSPEED", "STANDARD")),
        ("GE", "LIGHTSPEED", "STANDARD", ("GE", "LIGHTSPEED", "STANDARD")),
        ("TOSHIBA_MEC", "AQUILION", "FC18", ("CANON", "AQUILION", "FC18")),
        ("siemens-healthineers", "Definition", ["I30f", "3"], ("SIEMENS", "DEFINITION", "I30F")),
        ("Dr. Siemens", "Ward 7", "J Doe 1970", ("OTHER", "OTHER", "OTHER")),
    ],
)
def test_scanners_are_known_by_a_shipped_list(
    manufacturer: str, model: str, kernel: str | list[str], kept: tuple[str, ...]
) -> None:
    found = attributes(Manufacturer=manufacturer, ManufacturerModelName=model, ConvolutionKernel=kernel)
    assert (
        tuple(found[name] for name in ("manufacturer", "manufacturer_model_name", "convolution_kernel"))
        == kept
    )


def test_how_an_image_was_exposed_is_an_attribute() -> None:
    found = attributes(
        ExposureTime="12", XRayTubeCurrent="250", Exposure="3", DistanceSourceToDetector="1800"
    )
    names = ("exposure_time", "x_ray_tube_current", "exposure", "distance_source_to_detector")
    assert tuple(found[name] for name in names) == (12, 250, 3, 1800)
