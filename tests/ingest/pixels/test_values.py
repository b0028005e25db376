"""The value chain on small images written here; expected numbers are worked by hand beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import header, image, opened, plane
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian
from small_images import first, with_bits, words

from pipeline.ingest.pixels.decode import open_pixels
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.pixels.transforms import functional_groups, transforms_of
from pipeline.ingest.pixels.values import Transform, plane_of, smallest, stored_values
from pipeline.ingest.reasons import Refusal


def form(bits_stored: int, *, signed: bool, allocated: int = 16) -> PixelFormat:
    return PixelFormat(1, 1, 1, 1, "MONOCHROME2", "integer", allocated, bits_stored, signed, False)


def refusal(ds: Dataset, folder: Path) -> str:
    with pytest.raises(Refusal) as caught:
        plane(ds, folder)
    return caught.value.reason


def test_twelve_signed_bits_are_extended_from_the_high_bit(tmp_path: Path) -> None:
    # -100 in twelve bits is 4096 - 100 = 3996 = 0x0F9C, with the four unused bits zero
    ds = with_bits(image("MR", pixels=words(0x0F9C, 91, 0x0FFF)), 12, signed=1)
    assert first(plane(ds, tmp_path), 3) == [-100, 91, -1]


def test_junk_above_bits_stored_is_masked_and_noted(tmp_path: Path) -> None:
    made = plane(with_bits(image("MR", pixels=words(0xA00F, 0x0007)), 12), tmp_path)
    assert first(made, 2) == [15, 7]
    assert "unused_bits_masked" in made.notes


def test_a_clean_image_of_twelve_bits_has_no_note(tmp_path: Path) -> None:
    ds = with_bits(image("MR", pixels=words(0x0F9C, 91)), 12, signed=1)
    ds.PixelData = words(-100, 91).tobytes()  # sign bits repeated above, as most writers do
    made = plane(ds, tmp_path)
    assert first(made, 2) == [-100, 91]
    assert made.notes == frozenset()


@pytest.mark.parametrize(("stored", "high"), [(12, 15), (12, 10), (17, 16)])
def test_a_high_bit_or_bits_stored_that_does_not_fit_is_refused(
    tmp_path: Path, stored: int, high: int
) -> None:
    ds = with_bits(image("MR"), stored, high=high)
    assert refusal(ds, tmp_path) == "inconsistent_pixel_attributes"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_padding_is_typed_by_pixel_representation_whatever_the_file_says(syntax: str) -> None:
    ds = image("CT", pixels=words(-2000, 50).view(np.int16))
    ds.add_new(0x00280120, "US", 63536)  # the bytes of -2000
    from dicom_files import encoded

    container = opened(encoded(ds, syntax))
    source = open_pixels(container, decoded_bytes=1 << 20)
    (transform,) = transforms_of(functional_groups(container.dataset, 1), source.form, "PixelData")
    assert transform.padding == (-2000.0, -2000.0)


def test_padding_is_compared_before_the_rescale_and_becomes_air(tmp_path: Path) -> None:
    ds = image("CT", pixels=words(-2000, 1074, 0).view(np.int16))
    ds.add_new(0x00280120, "SS", -2000)
    made = plane(ds, tmp_path)
    assert first(made, 3) == [-1024, 50, -1024]  # 1074 - 1024 = 50; never -2000 - 1024 = -3024
    assert made.array.min() == -1024
    assert made.padded is not None and made.padded.sum() == 1
    assert "padding_replaced" in made.notes


@pytest.mark.parametrize("ends", [(10, 20), (20, 10)])
def test_a_padding_range_counts_from_either_end(tmp_path: Path, ends: tuple[int, int]) -> None:
    ds = image("CR", pixels=words(9, 10, 15, 20, 21))
    ds.add_new(0x00280120, "US", ends[0])
    ds.add_new(0x00280121, "US", ends[1])
    assert first(plane(ds, tmp_path), 5) == [9, 0, 0, 0, 21]


def test_slopes_are_applied_in_double_precision_and_kept_as_float32(tmp_path: Path) -> None:
    for slope, expected in (("1", 7.0), ("0.27", 1.89), ("2.5", 17.5)):
        ds = image("PT", pixels=words(7), RescaleSlope=slope, RescaleIntercept="0", Units="CNTS")
        assert first(plane(ds, tmp_path), 1) == [pytest.approx(expected, rel=1e-7)]


def test_a_modality_lut_maps_and_its_ends_are_kept(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4, 10, 16], [27, 29, 31, 33]  # x -> 2 x + 7 from 10 on
    table.ModalityLUTType = "US"
    table["LUTDescriptor"].VR, table["LUTData"].VR = "US", "US"
    ds = image("CR", pixels=words(9, 10, 12, 13, 14))
    ds.ModalityLUTSequence = [table]
    assert first(plane(ds, tmp_path), 5) == [27, 27, 31, 33, 33]
    ds.RescaleSlope, ds.RescaleIntercept = "1", "0"
    assert refusal(ds, tmp_path) == "inconsistent_pixel_attributes"


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_a_table_wider_than_it_announces_is_read_by_its_entries(tmp_path: Path, photometric: str) -> None:
    table = Dataset()
    table.LUTDescriptor = [3, 0, 8]
    table["LUTDescriptor"].VR = "US"
    table.add_new(0x00283006, "OW", np.array([7, 300, 4000], "<u2").tobytes())  # twelve bits
    ds = image("CR", pixels=words(0, 1, 2), PhotometricInterpretation=photometric)
    ds.ModalityLUTSequence = [table]
    straight = [7, 300, 4000]
    expected = straight if photometric == "MONOCHROME2" else [4095 - value for value in straight]
    assert first(plane(ds, tmp_path), 3) == expected
    assert "lut_width_corrected" in header(ds, tmp_path).notes


def test_a_descriptor_of_zero_means_65536_entries(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor = [0, 0, 16]
    table["LUTDescriptor"].VR = "US"
    table.add_new(0x00283006, "OW", np.arange(65536, dtype="<u2")[::-1].tobytes())
    ds = image("CR", pixels=words(0, 65535))
    ds.ModalityLUTSequence = [table]
    assert first(plane(ds, tmp_path), 2) == [65535, 0]


def test_a_ct_without_rescale_values_has_no_known_unit(tmp_path: Path) -> None:
    ds = image("CT", RescaleSlope=None, RescaleIntercept=None)
    assert refusal(ds, tmp_path) == "unit_unknown"
    assert refusal(image("CT", RescaleIntercept=None), tmp_path) == "missing_attribute"


def test_signed_monochrome1_is_minus_one_minus_stored(tmp_path: Path) -> None:
    ds = with_bits(image("XA", pixels=words(0, 0x0FFF, 5)), 12, signed=1)
    ds.PhotometricInterpretation = "MONOCHROME1"
    assert first(plane(ds, tmp_path), 3) == [-1, 0, -6]


@pytest.mark.parametrize(("photometric", "shape"), [("MONOCHROME1", "IDENTITY"), ("MONOCHROME2", "INVERSE")])
def test_a_contradictory_presentation_shape_is_refused(tmp_path: Path, photometric: str, shape: str) -> None:
    ds = image("DX", PhotometricInterpretation=photometric, PresentationLUTShape=shape)
    assert refusal(ds, tmp_path) == "inconsistent_pixel_attributes"


def test_each_frame_of_an_enhanced_ct_has_its_own_slope(tmp_path: Path) -> None:
    ds = image("CT", pixels=np.full((4, 16, 12), 10, np.uint16), RescaleSlope=None, RescaleIntercept=None)
    ds.RescaleType = None
    del ds.RescaleType
    ds.PerFrameFunctionalGroupsSequence = []
    for slope in ("1", "2", "0.5", "1"):
        value, group = Dataset(), Dataset()
        value.RescaleSlope, value.RescaleIntercept, value.RescaleType = slope, "-20", "HU"
        group.PixelValueTransformationSequence = [value]
        ds.PerFrameFunctionalGroupsSequence.append(group)
    assert [first(plane(ds, tmp_path, index), 1)[0] for index in range(4)] == [-10, 0, -15, -10]


def test_float_pixels_lose_their_padding_and_what_is_not_finite(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 192, dtype=np.float32)
    values[5], values[7] = -9999.0, np.nan
    made = plane(float_image(values), tmp_path)
    assert made.array[0, 5] == 0 and made.array[0, 7] == 0
    assert made.padded is not None and made.padded.sum() == 2
    values[20:30] = np.inf  # 11 of 192 are more than 1 %
    assert refusal(float_image(values), tmp_path) == "implausible_values"


def test_float_pixels_that_are_whole_numbers_are_kept_as_those(tmp_path: Path) -> None:
    values = np.arange(192, dtype=np.float32)
    made = plane(float_image(values), tmp_path)
    assert made.array.dtype == np.uint8 and made.array.ravel().tolist() == values.tolist()
    values[3] = -9999.0
    assert plane(float_image(values), tmp_path).array.dtype == np.uint8


@pytest.mark.filterwarnings("error")
def test_numbers_that_nothing_measures_are_refused_unless_they_are_padding(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 192, dtype=np.float32)
    values[5] = 1e17
    assert plane(float_image(values), tmp_path).array.max() == np.float32(1e17)
    for number in (-2e18, 3e38):
        values[5] = number
        assert refusal(float_image(values), tmp_path) == "implausible_values"
    padded = float_image(values)
    padded.FloatPixelPaddingValue = 3e38
    assert np.abs(plane(padded, tmp_path).array).max() <= 1


def float_image(values: NDArray[np.float32]) -> Dataset:
    ds = image("OT")
    for keyword in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(ds, keyword)
    ds.BitsAllocated = 32
    ds.FloatPixelData = values.tobytes()
    ds.FloatPixelPaddingValue = -9999.0
    return ds


def test_integers_that_float32_cannot_hold_are_refused_and_others_kept() -> None:
    whole = form(32, signed=False, allocated=32)
    exact = plane_of(np.array([[2**24, 2**25]], "<u4"), whole, Transform())
    assert smallest(exact.array).tolist() == [[2.0**24, 2.0**25]]
    with pytest.raises(Refusal, match="implausible_values"):
        smallest(plane_of(np.array([[2**24 + 1]], "<u4"), whole, Transform()).array)
    with pytest.raises(Refusal, match="implausible_values"):
        plane_of(np.array([[2**31 + 1]], "<u4"), whole, Transform(slope=0.1))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([0, 255], "uint8"), ([-1, 255], "int16"), ([0, 40000], "uint16"), ([-1, 40000], "float32"),
     ([0.5, 1.0], "float32"), ([1.0, -3.0], "int16")],
)  # fmt: skip
def test_the_smallest_exact_dtype_is_kept(values: list[float], dtype: str) -> None:
    array = np.array([values]) if isinstance(values[0], int) else np.array([values], np.float32)
    kept = smallest(array)
    assert kept.dtype == dtype
    assert kept.tolist() == [values]


@given(
    bits=st.integers(2, 16),
    signed=st.booleans(),
    data=st.lists(st.integers(0, 65535), min_size=1, max_size=20),
)
@settings(max_examples=60)
def test_stored_values_are_the_low_bits_read_as_twos_complement(
    bits: int, signed: bool, data: list[int]
) -> None:
    found, _ = stored_values(np.array([data], "<u2"), form(bits, signed=signed))
    low = [value % 2**bits for value in data]
    expected = [value - 2**bits if signed and value >= 2 ** (bits - 1) else value for value in low]
    assert found.tolist() == [expected]


@given(
    stored=st.lists(st.integers(-2048, 2047), min_size=1, max_size=20),
    slope=st.floats(0.001, 100).map(lambda x: round(x, 4)),
    intercept=st.floats(-2000, 2000).map(lambda x: round(x, 2)),
)
@settings(max_examples=60)
def test_stored_values_can_be_won_back_from_what_is_kept(
    stored: list[int], slope: float, intercept: float
) -> None:
    patterns = np.array([stored], np.int16).view("<u2")
    made = plane_of(patterns, form(16, signed=True), Transform(slope=slope, intercept=intercept))
    back = np.rint((made.array.astype(np.float64) - intercept) / slope)
    assert back.astype(int).tolist() == [stored]


def circle(surround: int, air: int, body: int) -> np.ndarray:
    """Stored values of a CT: a body in air, in a circle, and what the scanner wrote around the circle."""
    rows, columns = np.mgrid[-8:8, -8:8] + 0.5
    radius = np.hypot(rows, columns)
    return np.where(radius > 8, surround, np.where(radius > 4, air, body)).astype(np.int16).view("<u2")


def test_the_undeclared_number_around_the_circle_becomes_air() -> None:
    patterns = circle(surround=-1024, air=24, body=1060)
    made = plane_of(patterns, form(16, signed=True), Transform(intercept=-1024.0, modality="CT", unit="HU"))
    assert sorted(np.unique(made.array).tolist()) == [-1024, -1000, 36]
    assert made.padded is not None
    assert made.padded.sum() == (patterns.view("<i2") == -1024).sum()
    assert made.notes == {"padding_replaced"}


def test_ordinary_air_in_the_corners_is_measured_not_filled() -> None:
    patterns = circle(surround=24, air=24, body=1060)
    made = plane_of(patterns, form(16, signed=True), Transform(intercept=-1024.0, modality="CT", unit="HU"))
    assert made.padded is None
    assert made.notes == frozenset()


@pytest.mark.parametrize(("slope", "intercept"), [(-2.0, 100.0), (2.0, -100.0), (-1.0, 0.0), (-0.5, 3.0)])
def test_a_falling_line_keeps_its_intercept(slope: float, intercept: float) -> None:
    stored = np.array([[0, 1], [2, 30]])
    shape = PixelFormat(2, 2, 1, 1, "MONOCHROME2", "integer", 16, 16, True, planar=False)
    made = plane_of(stored.astype(np.int16).view("<u2"), shape, Transform(slope=slope, intercept=intercept))
    assert made.array.tolist() == (stored * slope + intercept).tolist()
