from __future__ import annotations

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
    names = {
        "GIF": b"GIF89a",
        "NRRD": b"NRRD0004\n",
        "HDF5 or MINC": b"\x89HDF\r\n\x1a\n",
        "MetaImage": b"ObjectType = Image",
    }
    assert {name: unread_format_of(data) for name, data in names.items()} == {name: name for name in names}
    assert unread_format_of(b"a text") == ""


def test_every_format_has_its_module_its_keys_and_the_agreed_names() -> None:
    assert sorted(FORMATS) == sorted(KEYS_OF_FORMATS) == sorted(Formats().named())
    for name in FORMATS:
        module = format_module(name)
        assert callable(module.describe) and callable(module.stored) and callable(module.place)
    assert np.ndim(format_module("nifti").stored(FILES["nifti"][0], _limits())) == 3


def _limits():
    from pipeline.ingest.limits import FileLimits

    return FileLimits()
