"""What a label may be told by leaves as keyed words: of every folder of a path, and of a header's free texts."""

from __future__ import annotations

import pytest
from dicom_files import encoded, image, opened
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.ingest.header.hints import hints_of_path, hints_of_texts
from pipeline.ingest.header.identifiers import frames_of_patients
from pipeline.ingest.header.said import said_in
from pipeline.pseudonyms import Key
from pipeline.records import ELEMENTS, HINT

KEY = Key(b"hints" * 8)


def is_said(word: str, hints: tuple[tuple[str, tuple[str, ...]], ...], field: str) -> bool:
    return KEY.pseudonym(HINT, word) in dict(hints).get(field, ())


@pytest.mark.parametrize("level", range(6))
def test_a_label_is_heard_in_whatever_folder_it_stands(level: int) -> None:
    folders = ["site", "P1", "2020", "study", "series", "raw"]
    folders[level] = "group nodule"
    hints = hints_of_path("/".join([*folders, "IM0001.dcm"]), KEY)
    assert is_said("nodule", hints, "folders")
    assert not is_said("nodule", hints, "file_name")


@pytest.mark.parametrize(
    "keyword",
    [
        "SeriesDescription", "ImageComments", "AdditionalPatientHistory", "ReasonForTheRequestedProcedure",
        "PatientState", "StudyID", "AccessionNumber", "PatientID",
    ],
)  # fmt: skip
def test_a_label_is_heard_in_a_free_text(keyword: str) -> None:
    hints = hints_of_texts(opened(image("CT", **{keyword: "NODULE-0012"})).dataset, KEY)
    assert is_said("nodule", hints, keyword)
    assert not is_said("12", hints, keyword)


def test_a_label_is_heard_far_into_a_text() -> None:
    text = " ".join(f"word{chr(97 + at)}" for at in range(20)) + " nodule"
    assert is_said(
        "nodule", hints_of_texts(opened(image("CT", ImageComments=text)).dataset, KEY), "ImageComments"
    )


def test_a_label_is_heard_in_the_order_that_an_image_answers() -> None:
    item = Dataset()
    item.ScheduledProcedureStepDescription = "check for nodule"
    hints = hints_of_texts(opened(image("CT", RequestAttributesSequence=Sequence([item]))).dataset, KEY)
    assert is_said("nodule", hints, "ScheduledProcedureStepDescription")


def test_the_ending_of_a_file_and_both_ends_of_its_number_are_heard() -> None:
    hints = hints_of_path("a/scan_10473.png", KEY)
    for word in (".png", "5 digits 10", "last digit 3"):
        assert is_said(word, hints, "file_name")
    assert is_said("", hints_of_path("a/scan", KEY), "file_name")


def elements(
    private: str = "x", syntax: UID = ExplicitVRLittleEndian, **changed: object
) -> dict[str, list[str]]:
    """What is kept of each element, by its tag."""
    dataset = image("CT", **changed)
    dataset.add_new(0x00991001, "LO", private)
    file = opened(encoded(dataset, syntax))
    ((field, words),) = said_in(file.dataset, file.syntax, key=KEY)
    assert field == ELEMENTS
    return {word[:8]: [other for other in words if other[:8] == word[:8]] for word in words}


@pytest.mark.parametrize(
    ("tag", "keyword", "one", "other"),
    [
        ("00181020", "SoftwareVersions", "3.1.2", "3.2.1"), ("00102160", "EthnicGroup", "a", "b"),
        ("00181000", "DeviceSerialNumber", "081500", "091500"),
    ],
)  # fmt: skip
def test_any_element_is_told_from_another_value_of_it(tag: str, keyword: str, one: str, other: str) -> None:
    first, again, second = (elements(**{keyword: value}) for value in (one, one, other))
    assert first[tag] == again[tag] != second[tag]
    assert {name for name in first if first[name] != second.get(name)} == {tag}


def test_a_private_element_and_the_transfer_syntax_are_elements_and_no_identity_is() -> None:
    found = elements()
    assert {"00991001", "00020010"} <= found.keys()
    assert not found.keys() & {"00100020", "00100010", "00080018", "7fe00010"}


@pytest.mark.parametrize("implicit", [False, True])
def test_nothing_is_kept_of_a_date_a_time_of_day_or_an_age_in_any_form(implicit: bool) -> None:
    of_time = {
        "StudyDate": "20200131", "StudyTime": "081500.12", "AcquisitionDateTime": "20200131081500+0100",
        "PatientAge": "093Y", "PatientBirthTime": "1015", "DateOfLastCalibration": "20190102",
        "ContrastBolusStartTime": "101500",
    }  # fmt: skip
    syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    found = {int(tag, 16) for tag in elements(syntax=syntax, **of_time)}
    assert not found & {tag_for_keyword(keyword) for keyword in of_time}
    dated, other = (elements(syntax=syntax, private=value) for value in ("20200131", "20201331"))
    assert "00991001" not in dated
    assert "00991001" in other


def test_a_frame_of_reference_is_a_patients_unless_the_standard_defines_it() -> None:
    own, atlas = (
        opened(image("CT", FrameOfReferenceUID=uid)).dataset for uid in ("2.25.10", "1.2.840.10008.1.4.1.1")
    )
    assert frames_of_patients(own, KEY) == (("frame", KEY.pseudonym("frame", "2.25.10")),)
    assert frames_of_patients(atlas, KEY) == ()
