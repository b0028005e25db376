from __future__ import annotations

import struct
from pathlib import Path

import pytest
from dicom_files import header, image
from pydicom.dataset import Dataset

from pipeline.ingest.dicom.csa import csa_values
from pipeline.ingest.series.acquisition import Acquisition


def tag(name: bytes, *items: bytes) -> bytes:
    head = struct.pack("<64si4siii", name, len(items), b"FD", 3, len(items), 77)
    return head + b"".join(
        struct.pack("<4i", n, n, 77, n) + item.ljust(-(-n // 4) * 4, b"\0")
        for item in items
        for n in [len(item)]
    )


HEADER = (
    b"SV10\4\3\2\1"
    + struct.pack("<2i", 2, 77)
    + tag(b"EchoTime", b"30.5")
    + tag(b"SliceNormalVector", b"0.0", b"0.6", b"-0.80000")
)


def test_named_numbers_are_read() -> None:
    assert csa_values(HEADER, b"SliceNormalVector") == (0.0, 0.6, -0.8)
    assert csa_values(HEADER, b"EchoTime") == (30.5,)
    assert csa_values(HEADER, b"Nothing") == ()


@pytest.mark.parametrize("length", range(0, len(HEADER), 17))
def test_a_header_that_breaks_off_has_no_value(length: int) -> None:
    assert csa_values(HEADER[:length], b"SliceNormalVector") == ()


def test_damage_and_other_layouts_have_no_value() -> None:
    assert csa_values(b"", b"EchoTime") == ()
    assert csa_values(HEADER.replace(b"30.5", b"3x.5"), b"EchoTime") == ()
    assert csa_values(HEADER.replace(b"30.5", b"nan\0"), b"EchoTime") == ()
    assert csa_values(b"\2\0\0\0" + HEADER[4:], b"EchoTime") == ()


def mosaic(*tags: bytes, words: str = "MOSAIC") -> Dataset:
    ds = image("MR", ImageType=["ORIGINAL", "PRIMARY", "DIFFUSION", words])
    block = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", b"SV10\4\3\2\1" + struct.pack("<2i", len(tags), 77) + b"".join(tags))
    return ds


def acquisition(ds: Dataset, folder: Path) -> Acquisition:
    return header(ds, folder).frames[0].acquisition


def test_the_weighting_of_a_mosaic_is_that_of_its_private_header(tmp_path: Path) -> None:
    tags = tag(b"B_value", b"1000"), tag(b"DiffusionGradientDirection", b"0.6", b"0.0", b"-0.8")
    weighted = acquisition(mosaic(*tags), tmp_path)
    assert (weighted.b_value, weighted.gradient) == (1000, (0.6, 0.0, -0.8))
    without = acquisition(mosaic(tag(b"B_value", b"0"), tag(b"DiffusionGradientDirection")), tmp_path)
    assert (without.b_value, without.gradient) == (0, None)


def test_a_public_weighting_comes_first_and_other_images_have_no_private_one(tmp_path: Path) -> None:
    public = mosaic(tag(b"B_value", b"1000"))
    public.DiffusionBValue = 995.0
    assert acquisition(public, tmp_path).b_value == 995
    assert acquisition(mosaic(tag(b"B_value", b"1000"), words="ND"), tmp_path).b_value is None
    assert acquisition(mosaic(tag(b"EchoTime", b"30")), tmp_path).b_value is None
