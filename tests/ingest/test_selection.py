from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.ingest.frames import Frame
from pipeline.ingest.selection import exclusion_of, is_slice

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MULTI_FRAME_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.2"
TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"


@pytest.mark.parametrize("modality", ["CT", "MR", "PT", "NM"])
def test_cuts_through_the_body_can_be_stacked(plane: Frame, modality: str) -> None:
    assert is_slice(replace(plane, modality=modality))


@pytest.mark.parametrize("modality", ["CR", "DX", "MG", "US", "XA", "RF", "OT", "XC"])
def test_projections_and_photographs_are_never_slices(plane: Frame, modality: str) -> None:
    assert not is_slice(replace(plane, modality=modality))


def test_tomosynthesis_is_made_of_slices_though_its_modality_is_mammography(plane: Frame) -> None:
    assert is_slice(replace(plane, modality="MG", sop_class=TOMOSYNTHESIS))


@pytest.mark.parametrize(
    ("image_type", "telling"),
    [
        (("ORIGINAL", "PRIMARY", "AXIAL"), ""),
        (("DERIVED", "SECONDARY"), ""),
        (("DERIVED", "PRIMARY", "DIFFUSION", "ADC"), ""),
        (("ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"), ""),
        (("ORIGINAL", "PRIMARY", "LOCALIZER"), "localizer"),
        (("DERIVED", "SECONDARY", "MPR"), "MPR"),
        (("DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 MPR"), "MPR"),
        (("DERIVED", "PRIMARY", "PROJECTION IMAGE", "MIP"), "PROJECTION IMAGE"),
        (("DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE"), "REFORMATTED"),
        (("DERIVED", "SECONDARY", "SCREEN SAVE"), "SCREEN"),
        (("DERIVED", "PRIMARY", "VOLUME", "MAX_IP"), "MAX_IP"),
    ],
)
def test_scouts_and_derived_pictures_go_by_their_image_type(
    plane: Frame, image_type: tuple[str, ...], telling: str
) -> None:
    by_word = ("derived_not_selected", f"ImageType has {telling}") if telling else ("", "")
    told = ("localizer", "") if telling == "localizer" else by_word
    assert exclusion_of(replace(plane, image_type=image_type)) == told


@pytest.mark.parametrize("sop_class", [SECONDARY_CAPTURE, MULTI_FRAME_CAPTURE])
def test_a_captured_image_with_a_place_is_a_slice_and_without_one_a_picture(
    plane: Frame, sop_class: str
) -> None:
    captured = replace(plane, sop_class=sop_class)
    assert exclusion_of(captured) == ("", "")
    assert is_slice(captured)
    assert not is_slice(replace(captured, position_mm=None))
    assert not is_slice(replace(captured, spacing_mm=None))
