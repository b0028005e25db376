from __future__ import annotations

import pytest
from dicom_files import image, opened
from pydicom.dataset import Dataset

from pipeline.ingest.dicom.objects import check_kind, check_selected, check_text
from pipeline.ingest.reasons import Refusal

PREFIX = "1.2.840.10008.5.1.4.1.1."


def kind(ds: Dataset) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        check_kind(opened(ds).dataset)
    return caught.value.reason, caught.value.detail


def selected(ds: Dataset) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        check_selected(opened(ds).dataset, ("CT", "DX", "MG", "CR"))
    return caught.value.reason, caught.value.detail


@pytest.mark.parametrize(
    ("sop_class", "name"),
    [
        ("88.33", "Comprehensive SR"), ("88.59", "Key Object Selection Document"), ("104.1", "Encapsulated PDF"),
        ("11.1", "Grayscale Softcopy Presentation State"), ("9.1.1", "12-lead ECG Waveform"),
        ("481.3", "RT Structure Set"), ("481.5", "RT Plan"), ("481.2", "RT Dose"), ("66", "Raw Data"),
        ("66.4", "Segmentation"), ("4.2", "MR Spectroscopy"), ("91.1", "Microscopy Bulk Simple Annotations"),
        ("68.1", "Surface Scan Mesh"), ("88.999", "SR of a class unknown here"),
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
        reason, detail = selected(image("DX", ImageType=captured))
        assert (reason, detail[:14]) == ("derived_not_selected", "ImageType has ")
        assert detail[14:] in ("SAVE", "SCREEN")
    check_selected(opened(image("DX", ImageType=["DERIVED", "PRIMARY", ""])).dataset, ("DX",))


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ({"ImagePositionPatient": None}, "ImagePositionPatient"),
        ({"PixelSpacing": ""}, "PixelSpacing"),
        ({"RescaleSlope": None}, "RescaleSlope"),
        ({"SamplesPerPixel": 3}, "one sample a pixel"),
    ],
)
@pytest.mark.parametrize("sop_class", ["7", "7.2"])
def test_a_captured_slice_is_judged_by_what_it_lacks_not_by_its_class(
    sop_class: str, without: dict[str, object], named: str
) -> None:
    whole = {"SOPClassUID": PREFIX + sop_class, "ImageType": ["DERIVED", "SECONDARY"]}
    check_selected(opened(image("CT", **whole)).dataset, ("CT",))
    assert selected(image("CT", **whole, **without)) == (
        "derived_not_selected",
        f"Secondary Capture without {named}",
    )
    check_selected(opened(image("CT", **whole, **without)).dataset, ("CT",), ("derived",))


def test_pictures_of_a_slide_as_a_whole_are_derived_and_its_label_shows_text() -> None:
    slide = image("DX", Modality="SM", SOPClassUID=PREFIX + "77.1.6")
    for kind in ("THUMBNAIL", "OVERVIEW", "LABEL"):
        slide.ImageType = ["ORIGINAL", "PRIMARY", kind, "NONE"]
        assert selected(slide) == ("derived_not_selected", f"ImageType has {kind}")
        check_selected(opened(slide).dataset, ("SM",), ("derived",))
    with pytest.raises(Refusal, match=r"burned_in_text: the label of a slide"):
        check_text(opened(slide).dataset)
    slide.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    assert selected(slide) == ("modality_not_selected", "SM, VL Whole Slide Microscopy Image")
    check_text(opened(slide).dataset)


def test_a_film_of_a_camera_is_told_apart_from_a_picture() -> None:
    film = image("DX", Modality="ES", SOPClassUID=PREFIX + "77.1.1.1")
    assert selected(film) == ("modality_not_selected", "ES, Video Endoscopic Image")


def test_what_is_included_is_not_left_out() -> None:
    screen = image("DX", ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])
    check_selected(opened(screen).dataset, ("DX",), ("derived",))
    raw = image("CR", PresentationIntentType="FOR PROCESSING")
    check_selected(opened(raw).dataset, ("CR",), ("for_processing",))
    assert selected(raw)[0] == "rule_not_selected"


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
