"""Padding under lossy compression: all of it is replaced, or the plane is refused."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from dicom_files import compressed, image, plane
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000, JPEGExtended12Bit, JPEGLSNearLossless

from pipeline.ingest.pixels import padding
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.pixels.values import Plane, Transform, plane_of
from pipeline.ingest.reasons import Refusal


def scan(padding: int, *, air: int = 24, body: int = 1064, size: int = 96) -> NDArray[np.int64]:
    """Stored values of a CT with an intercept of -1024: a body in air, in a circle that touches the border."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    radius = np.hypot(rows, columns)
    return np.where(radius > size / 2 - 1, padding, np.where(radius > size / 3, air, body))


def form(signed: bool, bits: int = 16) -> PixelFormat:
    return PixelFormat(96, 96, 1, 1, "MONOCHROME2", "integer", 16, bits, signed, planar=False)


def read(stored: NDArray[np.int64], padding: tuple[float, float], *, lossy: bool, **how: object) -> Plane:
    ct = Transform(
        **{"modality": "CT", "unit": "HU", "intercept": -1024.0, **how}, padding=padding, lossy=lossy
    )  # type: ignore[arg-type]
    return plane_of(stored.astype(np.int16).view("<u2"), form(signed=True), ct)


def noisy(stored: NDArray[np.int64], noise: int, seed: int = 1) -> NDArray[np.int64]:
    return stored + np.random.default_rng(seed).integers(-noise, noise + 1, stored.shape)


@given(
    padding=st.integers(-30_000, -1400),
    noise=st.integers(0, 30),
    lossy=st.booleans(),
    width=st.integers(0, 40),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_no_voxel_is_left_below_what_a_scanner_measures(
    padding: int, noise: int, lossy: bool, width: int, seed: int
) -> None:
    clean = scan(padding)
    made = read(noisy(clean, noise, seed), (padding - width, padding), lossy=lossy)
    outside = clean == padding
    assert (made.array[outside] == -1024).all()
    assert made.array.min() >= -1100
    assert made.padded is not None and np.array_equal(made.padded, outside)


def test_blends_at_the_edge_of_the_padding_are_padding() -> None:
    stored = scan(-2000)
    stored[stored == 24] = 24
    edge = (stored == -2000) & (np.roll(stored, 1, 0) == 24)
    stored[edge] = -700  # half of -2000 and half of air: -1724 HU
    made = read(stored, (-2000, -2000), lossy=True)
    assert (made.array[edge] == -1024).all()


def test_padding_as_it_was_declared_is_no_sign_of_compression() -> None:
    stored = scan(-2000)
    stored[48, 48] = -900  # a speck of -1924 HU in the body, as metal throws
    made = read(stored, (-2000, -2000), lossy=False)
    assert made.array[48, 48] == -1924
    assert made.padded is not None and np.array_equal(made.padded, stored == -2000)


def test_numbers_near_the_padding_inside_the_body_are_refused_under_compression() -> None:
    stored = scan(-2000)
    stored[48, 48] = -1990
    with pytest.raises(Refusal, match="blurred the padding: 1 pixels inside the body"):
        read(stored, (-2000, -2000), lossy=True)


def test_an_intercept_applied_twice_is_not_taken_for_blurred_padding() -> None:
    hounsfield = scan(-2000, air=-1000, body=40)  # stored as HU, and the intercept comes on top
    made = read(hounsfield, (-2000, -2000), lossy=True)
    measured = made.array[~made.padded]
    assert np.count_nonzero(measured < -1100) > 0.001 * measured.size


@pytest.mark.parametrize("high", [32_000, 9000])
def test_padding_above_all_tissue_is_widened_too(high: int) -> None:
    clean = scan(high)
    made = read(noisy(clean, 20), (high, high), lossy=True)
    assert (made.array[clean == high] == -1024).all()
    assert made.array.max() < 100


def test_a_range_of_padding_up_to_air_is_widened_below_its_other_end() -> None:
    clean = scan(-2000)
    made = read(noisy(clean, 20), (-2000, 0), lossy=True)  # -3024 to -1024 HU
    assert (made.array[clean == -2000] == -1024).all()
    assert made.array.min() >= -1030


@pytest.mark.parametrize("padding", [0, 10])
def test_padding_that_is_as_good_as_air_needs_no_widening(padding: int) -> None:
    made = read(noisy(scan(padding), 3), (padding, padding), lossy=True)
    assert made.array.min() >= -1030


@pytest.mark.parametrize("padding", [1064, 1050, 2000])
def test_padding_among_measured_numbers_is_refused_under_compression(padding: int) -> None:
    stored = noisy(scan(padding), 3)
    with pytest.raises(Refusal, match="may be image or padding"):
        read(stored, (padding, padding), lossy=True)
    assert read(stored, (padding, padding), lossy=False).padded is not None


def test_an_effective_atomic_number_is_padded_with_none() -> None:
    made = read(scan(-2000), (-2000, -2000), lossy=False, unit="Z_EFF", intercept=0.0, slope=0.01)
    assert made.array.min() == 0


def test_values_without_a_unit_are_refused_where_padding_is_not_as_good_as_its_fill() -> None:
    white = noisy(scan(4000), 3)
    with pytest.raises(Refusal, match="may be image or padding"):
        read(white, (4000, 4000), lossy=True, modality="MG", unit="arbitrary", intercept=0.0)
    black = read(noisy(scan(0), 3), (0, 0), lossy=True, modality="MG", unit="arbitrary", intercept=0.0)
    assert (black.array[black.padded] == 0).all()
    turned = read(white, (4000, 4000), lossy=False, modality="MG", unit="arbitrary", intercept=0.0)
    assert (turned.array[turned.padded] == 0).all()


def test_signed_inverted_padding_is_judged_by_what_it_becomes() -> None:
    stored = noisy(scan(-3000), 3)  # black where inverted would be white: -1 - -3000
    dx = Transform(padding=(-3000, -3000), inverse=True, modality="DX", lossy=True)
    with pytest.raises(Refusal, match="may be image or padding"):
        plane_of(stored.astype(np.int16).view("<u2"), form(signed=True), dx)


def encoded_by(codec: str, stored: NDArray[np.int64], *, signed: bool) -> bytes:
    pixels = stored.astype(np.int16 if signed else np.uint16)
    ds = image("CT", pixels=pixels, RescaleIntercept="-1024" if signed else "-4096")
    ds.BitsStored, ds.HighBit = (16, 15) if signed else (12, 11)
    return _compressed(codec, ds, pixels)


def _compressed(codec: str, ds: Dataset, pixels: NDArray) -> bytes:
    declared = int(pixels[0, 0])
    ds.add_new(0x00280120, "SS" if pixels.dtype.kind == "i" else "US", declared)
    if codec == "jpeg2000":
        frame = imagecodecs.jpeg2k_encode(pixels, level=70, reversible=False, codecformat="j2k")
        return compressed(ds, [frame], JPEG2000)
    if codec == "jpegls":
        return compressed(ds, [imagecodecs.jpegls_encode(pixels, level=4)], JPEGLSNearLossless)
    return compressed(ds, [imagecodecs.jpeg_encode(pixels, level=90, bitspersample=12)], JPEGExtended12Bit)


def test_a_lossy_transfer_syntax_is_sign_enough(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="may be image or padding"):
        plane(encoded_by("jpegls", noisy(scan(4000, air=3072, body=4112), 3) % 4096, signed=False), tmp_path)


@pytest.mark.parametrize(
    ("codec", "signed"), [("jpeg2000", True), ("jpeg2000", False), ("jpegls", False), ("jpeg", False)]
)
def test_a_lossy_codec_leaves_no_padding_behind(codec: str, signed: bool, tmp_path: Path) -> None:
    shift = 0 if signed else 3072  # HU from -4096 on, in twelve bits
    clean = scan(-2000) if signed else np.maximum(scan(-2000), -3072) + shift
    made = plane(encoded_by(codec, clean, signed=signed), tmp_path)
    outside = clean == clean[0, 0]
    assert (made.array[outside] == -1024).mean() > 0.99  # the rest are blends at the edge, within tissue
    assert made.array.min() >= -1100


@pytest.mark.parametrize(
    ("lowest", "share", "found"), [(-3000, 0.2, True), (-1000, 0.2, False), (-3000, 0.6, False)]
)
def test_a_number_in_all_corners_is_padding_below_what_is_measured_and_up_to_half_the_plane(
    lowest: int, share: float, found: bool
) -> None:
    array = np.full((10, 10), 40)
    array.flat[: int(100 * share)] = lowest
    array[[0, 0, -1, -1], [0, -1, 0, -1]] = lowest
    assert (padding.undeclared(array, None, lowest) is not None) == found
