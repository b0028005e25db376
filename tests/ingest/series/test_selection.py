from __future__ import annotations

from dataclasses import replace

import pytest
from dicom_files import write
from ingesting import cases, config, ingested, scan

from pipeline.arrays import Shards
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.selection import exclusion_of, is_slice
from pipeline.workspace import Workspace

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
    verdict = ("localizer", "") if telling == "localizer" else by_word
    assert exclusion_of(replace(plane, image_type=image_type)) == verdict


@pytest.mark.parametrize("sop_class", [SECONDARY_CAPTURE, MULTI_FRAME_CAPTURE])
def test_a_captured_image_with_a_place_is_a_slice_and_without_one_a_picture(
    plane: Frame, sop_class: str
) -> None:
    captured = replace(plane, sop_class=sop_class)
    assert exclusion_of(captured) == ("", "")
    assert is_slice(captured)
    assert not is_slice(replace(captured, position_mm=None))
    assert not is_slice(replace(captured, spacing_mm=None))


@pytest.mark.usefixtures("own_key")
@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_a_map_stored_as_captures_is_a_volume_of_its_values_beside_the_originals(
    workspace: Workspace, modality: str
) -> None:
    shared = {"PatientID": "P", "StudyInstanceUID": "2.25.5", "SeriesInstanceUID": "2.25.6"}
    captured = {"SOPClassUID": SECONDARY_CAPTURE, "ImageType": ["DERIVED", "SECONDARY"]}
    for number in range(6):
        place = {"ImagePositionPatient": [0, 0, 3 * number], "PixelData": bytes([number, 4] * 192)}
        rescale = {"RescaleSlope": "0.5", "RescaleIntercept": "-600"}
        own = {**captured, **rescale} if number % 2 else {}
        write(workspace.root / f"raw/{number}.dcm", scan(number, modality, **shared, **place, **own))
    outcomes = ingested(workspace, config(unit="series"))
    assert {reason for _, reason, _ in outcomes.values()} == {"ok"}
    originals, maps = sorted(cases(workspace), key=lambda case: "DERIVED" in case.attributes["image_type"])
    voxels = Shards(workspace.cases).read(maps.stored)
    assert voxels[:, 0, 0].tolist() == [(1024 + number) / 2 - 600 for number in (1, 3, 5)]
    assert (originals.geometry.spacing[0], maps.geometry.spacing[0]) == (6.0, 6.0)


@pytest.mark.usefixtures("own_key")
def test_a_picture_of_a_screen_that_is_included_is_a_picture_without_unit(workspace: Workspace) -> None:
    lacking = {"RescaleSlope": None, "RescaleIntercept": None, "ImagePositionPatient": None}
    screen = scan(1, "CT", SOPClassUID=SECONDARY_CAPTURE, ImageType=["DERIVED", "SECONDARY"], **lacking)
    write(workspace.root / "raw/a.dcm", screen)
    settings = config(unit="series", include=["derived"])
    assert [reason for _, reason, _ in ingested(workspace, settings).values()] == ["ok"]
    (case,) = cases(workspace)
    assert (case.value_unit, case.stored.shape, case.geometry.affine) == ("arbitrary", (16, 12), None)
