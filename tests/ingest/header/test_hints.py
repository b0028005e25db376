"""What a label may be told by leaves as keyed words: of every folder of a path, and of a header's free texts."""

from __future__ import annotations

import pytest
from dicom_files import image, opened
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pipeline.ingest.header.hints import hints_of_path, hints_of_texts
from pipeline.pseudonyms import Key
from pipeline.records import HINT

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
