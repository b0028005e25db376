from __future__ import annotations

import pytest
from dicom_files import image, opened
from pydicom.dataset import Dataset

from pipeline.ingest.objects import check_kind, check_selected, check_text
from pipeline.ingest.reasons import Refusal

PREFIX = "1.2.840.10008.5.1.4.1.1."


def kind(ds: Dataset) -> tuple[str, str]:
    with pytest.raises(Refusal) as told:
        check_kind(opened(ds).dataset)
    return told.value.reason, told.value.detail


def selected(ds: Dataset) -> tuple[str, str]:
    with pytest.raises(Refusal) as told:
        check_selected(opened(ds).dataset, ("CT", "DX", "MG", "CR"))
    return told.value.reason, told.value.detail


@pytest.mark.parametrize(
    ("sop_class", "name"),
    [
        ("88.33", "report"), ("88.59", "report"), ("11.1", "presentation state"), ("104.1", "document"),
        ("9.1.1", "waveform"), ("481.3", "radiotherapy structures"), ("481.5", "radiotherapy plan or record"),
        ("66", "raw data"), ("66.4", "segmentation"), ("481.2", "radiotherapy dose"),
        ("4.2", "spectroscopy"), ("91.1", "annotations"), ("68.1", "surface scan"),
    ],
)  # fmt: skip
def test_objects_that_are_no_images_are_named(sop_class: str, name: str) -> None:
    assert kind(image(SOPClassUID=PREFIX + sop_class)) == ("non_image_object", name)


def test_images_pass_whatever_their_class(sop_class: str = "481.1") -> None:
    check_kind(opened(image(SOPClassUID=PREFIX + sop_class)).dataset)
    check_kind(opened(image("CT")).dataset)


def test_an_image_without_pixels_misses_them_and_anything_else_is_no_image() -> None:
    assert kind(image(PixelData=None)) == ("missing_attribute", "PixelData")
    other = image("CT", PixelData=None, Rows=None)
    assert kind(other) == ("non_image_object", f"no pixels, SOP class {PREFIX}2")
    other.SOPClassUID = "1.2.3.4"
    assert kind(other) == ("non_image_object", "no pixels, SOP class private or unknown")


def test_what_the_study_does_not_use_is_left_out() -> None:
    assert selected(image("MR")) == ("modality_not_selected", "MR")
    assert selected(image("DX", Modality="DR WHO")) == ("modality_not_selected", "OTHER")
    assert selected(image("DX", Modality="")) == ("modality_not_selected", "no modality")


def test_screens_are_left_out_and_derived_radiographs_are_not() -> None:
    for captured in (["DERIVED", "SECONDARY", "SCREEN SAVE"], ["DERIVED", "SECONDARY", "SCREEN_CAPTURE"]):
        assert selected(image("DX", ImageType=captured)) == ("derived_not_selected", "a captured screen")
    check_selected(opened(image("DX", ImageType=["DERIVED", "PRIMARY", ""])).dataset, ("DX",))


def test_images_for_processing_are_left_out() -> None:
    twin = image("MG", SOPClassUID=PREFIX + "1.2.1")
    assert selected(twin) == ("rule_not_selected", "FOR PROCESSING")
    assert selected(image("CR", PresentationIntentType="FOR PROCESSING")) == (
        "rule_not_selected",
        "FOR PROCESSING",
    )
    check_selected(opened(image("MG", PresentationIntentType="FOR PRESENTATION")).dataset, ("MG",))


def test_a_header_that_admits_burned_in_text_is_taken_at_its_word() -> None:
    check_text(opened(image("DX", BurnedInAnnotation="NO")).dataset)
    check_text(opened(image("DX")).dataset)
    with pytest.raises(Refusal, match="burned_in_text"):
        check_text(opened(image("DX", BurnedInAnnotation="YES")).dataset)
