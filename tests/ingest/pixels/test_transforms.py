"""Slopes, units and inversion as the header tells them; expected numbers are worked by hand beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import image, opened, plane
from pydicom.dataset import Dataset
from small_images import first, with_bits, words

from pipeline.ingest.pixels.decode import open_pixels
from pipeline.ingest.pixels.transforms import functional_groups, transforms_of
from pipeline.ingest.pixels.values import Transform


@pytest.mark.parametrize(
    ("rescale_type", "first_type", "unit"),
    [
        ("HU", "ORIGINAL", "HU"),
        (None, "ORIGINAL", "HU"),
        (None, "DERIVED", "HU"),
        ("US", "ORIGINAL", "US"),
        ("Z_EFF", "ORIGINAL", "Z_EFF"),
        ("DR WHO", "ORIGINAL", "OTHER"),
    ],
)
def test_the_unit_of_a_ct_is_what_the_file_says(rescale_type: str | None, first_type: str, unit: str) -> None:
    ds = image("CT", RescaleType=rescale_type, ImageType=[first_type, "PRIMARY", "AXIAL"])
    assert transform_of(ds).unit == unit


@pytest.mark.parametrize(
    ("elements", "unit"),
    [
        ({"MultienergyCTAcquisition": "YES"}, "US"),
        ({"MultienergyCTAcquisition": "NO"}, "HU"),
        ({"MultienergyCTAcquisitionSequence": [Dataset()]}, "US"),
        ({"MultienergyCTProcessingSequence": [Dataset()]}, "US"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "EFF_ATOMIC_NUM"]}, "US"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "VMI"]}, "HU"),  # virtual mono-energetic
        ({"MultienergyCTAcquisition": "YES", "RescaleType": "HU"}, "HU"),
    ],
)
def test_a_ct_of_several_energies_is_not_assumed_to_be_in_hounsfield_units(
    elements: dict[str, object], unit: str
) -> None:
    assert transform_of(image("CT", **{"RescaleType": None, **elements})).unit == unit


@pytest.mark.parametrize("spelling", ["hu", "Hu", "H U", "hu "])
def test_a_unit_is_known_in_any_spelling(spelling: str) -> None:
    assert transform_of(image("CT", RescaleType=spelling)).unit == "HU"


def transform_of(ds: Dataset, index: int = 0) -> Transform:
    container = opened(ds)
    source = open_pixels(container, decoded_bytes=1 << 20)
    transforms = transforms_of(
        functional_groups(container.dataset, source.form.frames), source.form, "PixelData"
    )
    return transforms[index]


def test_public_slopes_of_mr_are_applied_and_the_unit_stays_arbitrary(tmp_path: Path) -> None:
    ds = image("MR", pixels=words(100), RescaleSlope="2.5", RescaleIntercept="-10")
    assert first(plane(ds, tmp_path), 1) == [240.0]
    assert transform_of(ds).unit == "arbitrary"


def test_a_real_world_map_is_noted_and_not_applied(tmp_path: Path) -> None:
    item = Dataset()
    item.RealWorldValueSlope, item.RealWorldValueIntercept = 1000.0, 5.0
    ds = image("MR", pixels=words(3))
    ds.RealWorldValueMappingSequence = [item]
    assert first(plane(ds, tmp_path), 1) == [3]
    assert "real_world_map_unused" in transform_of(ds).notes


@pytest.mark.parametrize("modality", ["CR", "DX", "MG", "XA"])
def test_monochrome1_is_inverted_once(tmp_path: Path, modality: str) -> None:
    ds = with_bits(image(modality, pixels=words(0, 4095, 1)), 12)
    ds.PhotometricInterpretation = "MONOCHROME1"
    assert first(plane(ds, tmp_path), 3) == [4095, 0, 4094]  # 2^12 - 1 - stored
    assert "monochrome1" in transform_of(ds).notes


def test_hounsfield_units_are_never_inverted(tmp_path: Path) -> None:
    ds = image("CT", pixels=words(1024, 0), PhotometricInterpretation="MONOCHROME1")
    assert first(plane(ds, tmp_path), 2) == [0, -1024]
    assert "monochrome1" in transform_of(ds).notes


def test_windows_and_overlays_change_nothing(tmp_path: Path) -> None:
    plain = plane(image("CR"), tmp_path)
    ds = image("CR", WindowCenter="40", WindowWidth="1")
    ds.add_new(0x60000010, "US", 16)
    ds.add_new(0x60003000, "OW", b"\xff" * 24)
    assert np.array_equal(plane(ds, tmp_path).array, plain.array)
    assert "overlay_ignored" in transform_of(ds).notes
