from __future__ import annotations

import struct

import numpy as np
import pytest
from nifti_files import nifti, ramp
from picture_files import grey, picture

from pipeline.config.ingest import KEYS_OF_FORMATS, Formats
from pipeline.ingest.formats.registry import FORMATS, format_module, format_of, unread_format_of

FILES = {
    "nifti": [nifti(ramp()), nifti(ramp(), version=2), nifti(ramp(), order=">")],
    "png": [picture(grey())],
    "jpeg": [picture(grey(), "JPEG")],
    "tiff": [picture(grey(), "TIFF"), b"MM\0*" + bytes(200), b"II+\0" + bytes(200)],
}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_file_is_told_by_its_bytes_and_a_preamble_is_anybodys(name: str) -> None:
    for data in FILES[name]:
        assert format_of(data) == name
        assert format_of(data[:128].ljust(128, b"\0") + b"DICM" + data[132:]) == ""


def test_what_begins_otherwise_is_of_no_format_that_is_read() -> None:
    for data in (b"", b"\x89PN", bytes(1000), b"text", b"GIF89a"):
        assert format_of(data) == ""


def test_formats_that_are_known_and_not_read_are_told_by_name() -> None:
    analyze = bytearray(348)
    analyze[:4], analyze[38] = struct.pack("<i", 348), ord("r")
    names = {
        **{f"{kind}, a kind of picture": picture(grey(), kind) for kind in ("GIF", "BMP", "WebP")},
        "BMP, a kind of picture": picture(grey() > 99, "BMP"),
        "PNM, a kind of picture": picture(grey(), "PPM"),
        "JPEG 2000, a kind of picture": picture(grey(), "JPEG2000"),
        "HEIC, a kind of picture": b"\0\0\0\x18ftypheic" + bytes(12),
        "NRRD, a kind of volume": b"NRRD0004\n",
        "HDF5 or MINC, a kind of volume": b"\x89HDF\r\n\x1a\n",
        "MetaImage, a kind of volume": b"ObjectType = Image",
        "Analyze, a kind of volume": bytes(analyze),
        "MPEG or AVI, a film": b"RIFF\0\0\0\0AVI LIST",
        "PDF, a document": b"%PDF-1.7",
    }
    assert {name: unread_format_of(data) for name, data in names.items()} == {name: name for name in names}


@pytest.mark.parametrize(
    "data", [b"a text", b"BMI;AGE\n22;47\n", b"P1 10 20 30\n", b"RIFF", bytes(348), struct.pack("<i", 348)]
)
def test_what_only_begins_with_letters_of_a_format_is_none(data: bytes) -> None:
    assert unread_format_of(data) == ""


def test_every_format_has_its_module_its_keys_and_the_agreed_names() -> None:
    assert sorted(FORMATS) == sorted(KEYS_OF_FORMATS) == sorted(Formats().named())
    for name in FORMATS:
        module = format_module(name)
        assert callable(module.describe) and callable(module.stored) and callable(module.place)
    assert np.ndim(format_module("nifti").stored(FILES["nifti"][0], _limits())) == 3


def _limits():
    from pipeline.ingest.limits import FileLimits

    return FileLimits()
