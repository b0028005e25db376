from __future__ import annotations

import numpy as np
import pytest
from dicom_files import image, opened
from pydicom.dataset import Dataset

from pipeline.ingest.pixels.decode import PixelSource, open_pixels
from pipeline.ingest.reasons import Refusal


def source(ds: Dataset, decoded_bytes: int = 1 << 20) -> PixelSource:
    return open_pixels(opened(ds), decoded_bytes=decoded_bytes)


def refusal(ds: Dataset, decoded_bytes: int = 1 << 20) -> Refusal:
    with pytest.raises(Refusal) as caught:
        source(ds, decoded_bytes)
    return caught.value


def test_pixels_that_fit_give_no_note() -> None:
    assert source(image()).notes == ()


@pytest.mark.parametrize(
    "missing",
    ["Rows", "Columns", "BitsAllocated", "BitsStored", "PixelRepresentation", "PhotometricInterpretation"],
)
def test_a_missing_pixel_attribute_is_named(missing: str) -> None:
    assert (refusal(image(**{missing: None})).reason, refusal(image(**{missing: None})).detail) == (
        "missing_attribute",
        missing,
    )


def test_missing_bytes_are_counted_and_never_filled() -> None:
    ds = image()
    ds.PixelData = ds.PixelData[:-62]
    refused = refusal(ds)
    assert (refused.reason, refused.detail) == ("truncated_pixel_data", "62 of 384 bytes missing (16.1 %)")


def test_one_byte_of_padding_is_silent_and_more_is_noted() -> None:
    odd = np.zeros((15, 13), np.uint8)  # 195 bytes, written as 196
    assert source(image(pixels=odd)).notes == ()
    ds = image()
    ds.PixelData += b"\0" * 4
    assert source(ds).notes == ("trailing_bytes",)


def test_frames_that_are_not_announced_are_refused_and_never_cut_to_the_first() -> None:
    ds = image(pixels=np.zeros((3, 16, 12), np.uint16), NumberOfFrames=None)
    refused = refusal(ds)
    assert (refused.reason, refused.detail) == (
        "inconsistent_pixel_attributes",
        "pixels of 3 frames, 1 announced",
    )
    ds.NumberOfFrames = 4
    assert refusal(ds).reason == "truncated_pixel_data"


def test_sizes_over_the_limit_are_refused_before_anything_is_allocated() -> None:
    huge = image(Rows=60000, Columns=60000)
    assert refusal(huge).detail == "7200000000 bytes of pixels, allowed 1048576"
    many = image(Rows=1, Columns=1, NumberOfFrames=2_000_000)
    assert refusal(many, 1 << 40).reason == "limit_exceeded"


@pytest.mark.parametrize(
    "changes",
    [
        {"PhotometricInterpretation": "HSV"},
        {"PhotometricInterpretation": "YBR_RCT", "SamplesPerPixel": 3, "PlanarConfiguration": 0},
        {"PhotometricInterpretation": "RGB"},
        {"SamplesPerPixel": 3, "PlanarConfiguration": 0},
        {"BitsAllocated": 12, "BitsStored": 12, "HighBit": 11},
        {"HighBit": None},
    ],
)
def test_a_description_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    assert refusal(image(**changes)).reason == "inconsistent_pixel_attributes"


def test_colours_without_planar_configuration_are_refused() -> None:
    ds = image(
        pixels=np.zeros((16, 36), np.uint8), PhotometricInterpretation="RGB", SamplesPerPixel=3, Columns=12
    )
    assert refusal(ds).detail == "PlanarConfiguration"
