import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from pipeline.phantom.encoding import ENCODERS, bits_stored, encode


def _decoded(data: bytes, syntax: str, *, rows: int, columns: int) -> NDArray[np.uint16]:
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, columns, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.PixelRepresentation = 16, bits_stored(syntax), 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = data
    return dataset.pixel_array


@pytest.mark.parametrize("syntax", ENCODERS)
@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(3, 20),
    columns=st.integers(3, 20),
    levels=st.integers(1, 4096),
)
def test_every_syntax_gives_back_the_pixels(
    syntax: str, seed: int, rows: int, columns: int, levels: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, levels, (rows, columns), dtype=np.uint16)
    data = encode(pixels, syntax)
    np.testing.assert_array_equal(_decoded(data, syntax, rows=rows, columns=columns), pixels)


@pytest.mark.parametrize("syntax", ENCODERS)
def test_pixel_data_have_even_length(syntax: str) -> None:
    pixels = np.arange(15, dtype=np.uint16).reshape(3, 5)
    assert len(encode(pixels, syntax)) % 2 == 0


def test_rle_packs_each_row_of_the_high_bytes_and_then_of_the_low_bytes() -> None:
    pixels = np.array([[0x0102, 0x0102, 0x0102], [0x0304, 0x0506, 0x0708]], dtype=np.uint16)
    frame = encode(pixels, RLELossless)[20:]  # after the offset table and the tag and length of the item
    assert frame[:12].hex(" ", 4) == "02000000 40000000 46000000"
    assert frame[64:].hex(" ") == "fe 01 02 03 05 07 fe 02 02 04 06 08"


@pytest.mark.parametrize(
    ("syntax", "marker", "offset", "bits"),
    [(JPEGLSLossless, b"\xff\xf7", 4, 16), (JPEG2000Lossless, b"\xff\x51", 40, 12 - 1)],
)
def test_streams_announce_the_bits_that_the_header_says(
    syntax: str, marker: bytes, offset: int, bits: int
) -> None:
    data = encode(np.zeros((8, 8), dtype=np.uint16), syntax)
    assert data[data.index(marker) + offset] == bits
