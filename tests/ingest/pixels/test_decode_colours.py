"""Colours end in one RGB array, whatever model, palette or stream they come in."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from dicom_files import WHEEL, compressed, encoded, image, plane
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit
from stored_pixels import stored

COLOUR = np.random.default_rng(2).integers(0, 256, (16, 12, 3), dtype=np.uint8)


def colour_image(photometric: str) -> Dataset:
    return image(
        pixels=COLOUR[..., 0], SamplesPerPixel=3, PlanarConfiguration=0, PhotometricInterpretation=photometric
    )


def test_colour_models_end_in_one_rgb_array(tmp_path: Path) -> None:
    by_pixel = colour_image("RGB")
    by_pixel.PixelData = COLOUR.tobytes()
    by_plane = colour_image("RGB")
    by_plane.PixelData, by_plane.PlanarConfiguration = np.moveaxis(COLOUR, 2, 0).tobytes(), 1
    reversible = compressed(
        colour_image("YBR_RCT"),
        [imagecodecs.jpeg2k_encode(COLOUR, codecformat="j2k", reversible=True, mct=True)],
        JPEG2000Lossless,
    )
    for data in (encoded(by_pixel), encoded(by_plane), reversible):
        made = plane(data, tmp_path)
        assert np.array_equal(made.array, COLOUR)
        assert made.notes == frozenset()


def test_a_stream_knows_its_colour_model_better_than_the_header(tmp_path: Path) -> None:
    smooth = np.repeat(np.linspace(0, 250, 192, dtype=np.uint8).reshape(16, 12, 1), 3, 2) // np.array(
        [1, 2, 3], np.uint8
    )
    for model, said in (("RGB", "YBR_FULL_422"), ("YCBCR", "RGB")):
        stream = imagecodecs.jpeg8_encode(
            smooth, 100, colorspace="RGB", outcolorspace=model, subsampling="444"
        )
        made = plane(compressed(colour_image(said), [stream], JPEGBaseline8Bit), tmp_path)
        assert np.abs(made.array.astype(int) - smooth).max() <= 3  # two conversions and a quantisation
        assert made.notes == {"colour_model_fixed"}


@pytest.mark.parametrize("transformed", [True, False])
def test_htj2k_colours_are_read_with_and_without_a_component_transform(
    tmp_path: Path, transformed: bool
) -> None:
    stream = bytes(imagecodecs.htj2k_encode(COLOUR, reversible=True, rgb=transformed))
    made = plane(compressed(colour_image("RGB"), [stream], "1.2.840.10008.1.2.4.201"), tmp_path)
    assert np.array_equal(made.array, COLOUR)


def test_junk_above_bits_stored_is_masked_in_colours_and_palette_indices(tmp_path: Path) -> None:
    twelve = COLOUR.astype(np.uint16) * 16
    ds = image(pixels=twelve[..., 0], SamplesPerPixel=3, PlanarConfiguration=0, BitsStored=12, HighBit=11)
    ds.PhotometricInterpretation, ds.PixelData = "RGB", (twelve | 0xA000).tobytes()
    made = plane(ds, tmp_path)
    assert np.array_equal(made.array, twelve)
    assert made.notes == {"unused_bits_masked"}
    ds = image(pixels=np.full((16, 12), 0xA2, np.uint8), BitsStored=4, HighBit=3)
    ds.PhotometricInterpretation = "PALETTE COLOR"
    for colour in ("Red", "Green", "Blue"):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [4, 0, 8])
        ds[f"{colour}PaletteColorLookupTableDescriptor"].VR = "US"
        setattr(ds, f"{colour}PaletteColorLookupTableData", bytes([1, 2, 3, 4]))
    made = plane(ds, tmp_path)
    assert (made.array == 3).all()
    assert made.notes == {"unused_bits_masked"}


def test_the_boxes_around_a_jpeg_2000_stream_convert_no_colour(tmp_path: Path) -> None:
    grey = np.dstack([np.full((16, 12), 90, np.uint8), np.full((16, 12, 2), 128, np.uint8)])  # Y, Cb, Cr
    stream = imagecodecs.jpeg2k_encode(
        grey, codecformat="jp2", reversible=True, mct=False, colorspace=imagecodecs.JPEG2K.CLRSPC.SYCC
    )
    data = compressed(colour_image("YBR_FULL"), [stream], JPEG2000Lossless)
    assert np.array_equal(stored(data)[0], grey)
    assert np.array_equal(plane(data, tmp_path).array, np.full((16, 12, 3), 90))


def test_half_resolution_chroma_is_spread(tmp_path: Path) -> None:
    ds = colour_image("YBR_FULL_422")
    ds.PixelData = np.tile(np.array([100, 200, 128, 128], np.uint8), 96).tobytes()  # Y1 Y2 Cb Cr
    ds.Columns, ds.Rows = 12, 16
    made = plane(ds, tmp_path)
    assert made.array[0, :2].tolist() == [[100] * 3, [200] * 3]  # no chroma is grey


def test_palettes_are_expanded_and_indices_are_never_values(tmp_path: Path) -> None:
    path = WHEEL / "examples_palette.dcm"
    expected = pydicom.pixels.apply_color_lut(pydicom.dcmread(path).pixel_array, pydicom.dcmread(path))
    made = plane(path.read_bytes(), tmp_path)
    assert made.array.dtype == np.uint8
    assert np.array_equal(made.array, expected >> 8)
