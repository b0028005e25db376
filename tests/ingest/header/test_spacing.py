"""Where each kind of object keeps the distance of its pixels, and whether that is one in the patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from batches import batch_of
from dicom_files import encoded, header, image
from pydicom.dataset import Dataset

from pipeline.ingest.cases.batch_reading import read_batch
from pipeline.ingest.series.frames import Frame


def told(ds: Dataset, folder: Path) -> tuple[tuple[float, float] | None, str]:
    frame: Frame = header(ds, folder).frames[0]
    return frame.spacing_mm, frame.spacing_kind


@pytest.mark.parametrize("modality", ["CR", "DX", "XA", "MG", "RF", "IO", "PX"])
@pytest.mark.parametrize("keyword", ["ImagerPixelSpacing", "NominalScannedPixelSpacing"])
def test_spacing_is_that_of_the_patient_else_of_the_detector_or_film_else_none(
    tmp_path: Path, modality: str, keyword: str
) -> None:
    both = image(modality, **{keyword: ["0.1", "0.2"]})
    assert told(both, tmp_path) == ((0.5, 0.8), "patient")
    assert told(image(modality, PixelSpacing=None, **{keyword: ["0.1", "0.2"]}), tmp_path) == (
        (0.1, 0.2),
        "detector_plane",
    )
    assert told(image(modality, PixelSpacing=None), tmp_path) == (None, "pixels")


def test_the_spacing_at_the_detector_is_an_attribute_beside_that_in_the_patient(tmp_path: Path) -> None:
    both = header(image("DX", ImagerPixelSpacing=["0.1", "0.2"]), tmp_path)
    assert both.attributes["imager_pixel_spacing_columns"] == 0.2


@pytest.mark.parametrize("keyword", ["ImagerPixelSpacing", "NominalScannedPixelSpacing"])
@pytest.mark.parametrize("digits", [["0.5", "0.8"], ["0.500", "0.80000001"]])
def test_equal_spacings_are_uncalibrated(tmp_path: Path, keyword: str, digits: list[str]) -> None:
    equal = image("DX", **{keyword: digits})
    assert told(equal, tmp_path) == ((0.5, 0.8), "detector_plane")
    assert "detector_plane" in header(equal, tmp_path).notes


@pytest.mark.parametrize("other", [["0.8", "0.5"], ["0.5"], ["0.55", "0.88"], ["0", "0"]])
def test_other_spacings_at_the_detector_leave_that_of_the_patient(tmp_path: Path, other: list[str]) -> None:
    assert told(image("DX", ImagerPixelSpacing=other), tmp_path) == ((0.5, 0.8), "patient")


def test_a_calibration_that_is_named_counts_although_it_changed_nothing(tmp_path: Path) -> None:
    ds = image("DX", ImagerPixelSpacing=["0.5", "0.8"], PixelSpacingCalibrationType="FIDUCIAL")
    assert told(ds, tmp_path) == ((0.5, 0.8), "patient")


@pytest.mark.parametrize("zero", [["0", "0"], ["0", "0.8"], ["0.5", "0.0"]])
def test_a_spacing_of_zero_counts_as_absent(tmp_path: Path, zero: list[str]) -> None:
    assert told(image("DX", PixelSpacing=zero), tmp_path) == (None, "pixels")
    at_detector = image("DX", PixelSpacing=zero, ImagerPixelSpacing=["0.1", "0.2"])
    assert told(at_detector, tmp_path) == ((0.1, 0.2), "detector_plane")
    assert told(image("DX", PixelSpacing=None, ImagerPixelSpacing=zero), tmp_path) == (None, "pixels")


@pytest.mark.parametrize("spacing", [["0", "1"], None])
def test_a_slice_without_spacing_has_no_place_in_space(tmp_path: Path, spacing: list[str] | None) -> None:
    ds = image("CT", PixelSpacing=spacing, ImagerPixelSpacing=["0.1", "0.2"], PixelAspectRatio=["2", "1"])
    assert header(ds, tmp_path).reason == "ok"
    assert batch_of([encoded(ds)], tmp_path).cases == ()


def test_the_ratio_of_a_pixels_sides_is_no_spacing_of_slices(tmp_path: Path) -> None:
    ds = image(
        "US", SOPClassUID="1.2.840.10008.5.1.4.1.1.6.2", PixelSpacing=None, PixelAspectRatio=["2", "1"],
        ImagePositionPatient=["0", "0", "0"], ImageOrientationPatient=["1", "0", "0", "0", "1", "0"],
    )  # fmt: skip
    assert told(ds, tmp_path) == ((2.0, 1.0), "pixels")
    assert batch_of([encoded(ds)], tmp_path).cases == ()


@pytest.mark.parametrize("spacing", [["1"], ["-1", "1"], ["1", "1", "1"]])
def test_a_spacing_that_is_not_two_numbers_is_refused(tmp_path: Path, spacing: list[str]) -> None:
    assert header(image("CT", PixelSpacing=spacing), tmp_path).reason == "missing_attribute"


def region(units: int = 3, across: float = 0.02, down: float = 0.03) -> Dataset:
    one = Dataset()
    one.PhysicalUnitsXDirection = one.PhysicalUnitsYDirection = units
    one.PhysicalDeltaX, one.PhysicalDeltaY = across, down
    return one


@pytest.mark.parametrize(
    ("regions", "spacing"),
    [
        ([region(), region()], (0.3, 0.2)),
        ([region(down=-0.03)], (0.3, 0.2)),  # rows that grow upwards
        ([region(), region(across=0.05)], None),
        ([region(units=4)], None),  # seconds
        ([region(down=0.0)], None),
    ],
)
def test_ultrasound_spacing_is_that_of_its_regions_in_centimetres(
    tmp_path: Path, regions: list[Dataset], spacing: tuple[float, float] | None
) -> None:
    ds = image("US", PixelSpacing=None)
    ds.SequenceOfUltrasoundRegions = regions
    found, kind = told(ds, tmp_path)
    assert found == (None if spacing is None else pytest.approx(spacing))
    assert kind == ("pixels" if spacing is None else "patient")


@pytest.mark.parametrize("modality", ["US", "XA", "DX", "CR"])
@pytest.mark.parametrize(
    ("ratio", "spacing"),
    [
        (["2", "1"], (2.0, 1.0)),
        (["1", "2"], (1.0, 2.0)),
        (["4", "3"], (4 / 3, 1.0)),
        (["7", "7"], (1.0, 1.0)),
    ],
)
def test_the_ratio_of_a_pixels_sides_is_kept_where_no_length_is_told(
    tmp_path: Path, modality: str, ratio: list[str], spacing: tuple[float, float]
) -> None:
    ds = image(modality, PixelSpacing=None, PixelAspectRatio=ratio)
    assert told(ds, tmp_path) == (pytest.approx(spacing), "pixels")
    (case,) = read_batch(batch_of([encoded(ds)], tmp_path / "case")).cases
    assert (case.geometry.spacing, case.geometry.spacing_kind) == (pytest.approx(spacing), "pixels")
    assert told(image(modality, PixelAspectRatio=ratio), tmp_path) == ((0.5, 0.8), "patient")


@pytest.mark.parametrize("ratio", [["0", "1"], ["2"], ["-2", "1"]])
def test_a_ratio_that_is_none_is_left_out(tmp_path: Path, ratio: list[str]) -> None:
    assert told(image("US", PixelSpacing=None, PixelAspectRatio=ratio), tmp_path) == (None, "pixels")


def test_templates_know_the_elements_that_tell_the_spacing(tmp_path: Path) -> None:
    from pipeline.ingest.dicom.templates import Templates

    series = [image("DX", SOPInstanceUID=f"2.25.{n}", ImagerPixelSpacing=["0.5", "0.8"]) for n in range(1, 5)]
    series[3].ImagerPixelSpacing = ["0.4", "0.8"]
    templates: Templates = Templates()
    kinds = [header(ds, tmp_path, f"{n}", templates).frames[0].spacing_kind for n, ds in enumerate(series)]
    assert kinds == ["detector_plane"] * 3 + ["patient"]
    assert np.unique([len(header(ds, tmp_path, "x").notes) for ds in series]).tolist() == [0, 1]
