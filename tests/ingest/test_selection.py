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
    ("image_type", "reason"),
    [
        (("ORIGINAL", "PRIMARY", "AXIAL"), ""),
        (("DERIVED", "SECONDARY"), ""),
        (("DERIVED", "PRIMARY", "DIFFUSION", "ADC"), ""),
        (("ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"), ""),
        (("ORIGINAL", "PRIMARY", "LOCALIZER"), "localizer"),
        (("DERIVED", "SECONDARY", "MPR"), "derived_not_selected"),
        (("DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 MPR"), "derived_not_selected"),
        (("DERIVED", "PRIMARY", "PROJECTION IMAGE", "MIP"), "derived_not_selected"),
        (("DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE"), "derived_not_selected"),
        (("DERIVED", "SECONDARY", "SCREEN SAVE"), "derived_not_selected"),
        (("DERIVED", "PRIMARY", "VOLUME", "MAX_IP"), "derived_not_selected"),
    ],
)
def test_scouts_and_derived_pictures_go_by_their_image_type(
    plane: Frame, image_type: tuple[str, ...], reason: str
) -> None:
    assert exclusion_of(replace(plane, image_type=image_type)) == reason


@pytest.mark.parametrize("sop_class", [SECONDARY_CAPTURE, MULTI_FRAME_CAPTURE])
def test_a_captured_screen_is_no_ct_but_a_captured_picture_is_a_picture(plane: Frame, sop_class: str) -> None:
    assert exclusion_of(replace(plane, sop_class=sop_class)) == "derived_not_selected"
    assert exclusion_of(replace(plane, sop_class=sop_class, modality="OT")) == ""
