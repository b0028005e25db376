"""What the header pass keeps of a file: a reason, pseudonyms, listed attributes, frames; nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import KEY, encoded, header, image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian


def test_names_of_people_and_places_are_nowhere_in_the_header(tmp_path: Path) -> None:
    word = "ZQXJKV"
    ds = image("CT")
    for keyword in (
        "PatientName",
        "InstitutionName",
        "SeriesDescription",
        "StationName",
        "Manufacturer",
        "ConvolutionKernel",
        "ManufacturerModelName",
        "BodyPartExamined",
        "PatientComments",
        "RescaleType",
    ):
        setattr(ds, keyword, word)
    ds.ImageType = ["ORIGINAL", "PRIMARY", word]
    ds.PatientID = ds.StudyInstanceUID = word
    ds.add_new(0x00090010, "LO", word)
    inner = Dataset()
    inner.PatientName = word
    ds.ReferencedPatientSequence = [inner]
    found = header(encoded(ds).replace(b"\0" * 128, word.encode().ljust(128, b"\0"), 1), tmp_path, "a.dcm")
    kept = found.frames
    assert found.reason == "ok"
    assert word not in repr((found.attributes, found.notes, found.detail, found.identifiers))
    assert [frame.acquisition.kernel for frame in kept] == [word]  # in memory only, for the grouping
    assert found.attributes["image_type"] == "ORIGINAL\\PRIMARY\\OTHER"
    assert found.attributes["manufacturer"] == "OTHER"


@pytest.mark.parametrize(
    "charset", ["ISO_IR 100", "ISO_IR 192", "ISO 2022 IR 6\\ISO 2022 IR 87", "NO_SUCH_SET", ""]
)
def test_a_character_set_never_fails_a_file(tmp_path: Path, charset: str) -> None:
    ds = image()
    ds.PatientName = "Doe"
    data = encoded(ds)
    head = data.index(b"\x08\0\x08\0CS")
    element = b"\x08\0\x05\0CS" + len(charset.ljust(len(charset) + len(charset) % 2)).to_bytes(2, "little")
    found = header(
        data[:head] + element + charset.ljust(len(charset) + len(charset) % 2).encode() + data[head:],
        tmp_path,
    )
    assert found.reason == "ok"
    assert ("charset_unknown" in found.notes) == (charset == "NO_SUCH_SET")


def test_a_broken_slice_keeps_its_place_in_the_volume(tmp_path: Path) -> None:
    found = header(encoded(image("CT"))[:-62], tmp_path)
    assert (found.reason, found.detail) == ("truncated_pixel_data", "62 of 384 bytes missing (16.1 %)")
    assert [frame.position_mm for frame in found.frames] == [(0.0, 0.0, 0.0)]


def test_an_irrelevant_malformed_value_is_ignored_and_a_needed_one_named(tmp_path: Path) -> None:
    ds = image("CR")
    ds.add_new(0x00180060, "DS", "70")
    data = encoded(ds).replace(b"\x18\0\x60\0DS\x02\x0070", b"\x18\0\x60\0DS\x02\x007A")
    found = header(data, tmp_path)
    assert found.reason == "ok"
    assert "kvp" not in found.attributes
    broken = encoded(image("CR")).replace(b"0.5\\0.8 ", b"0:5\\0,8 ")
    refused = header(broken, tmp_path)
    assert (refused.reason, refused.detail) == ("missing_attribute", "PixelSpacing is not a number")


def test_what_is_read_though_it_is_not_by_the_standard_is_noted(tmp_path: Path) -> None:
    ds = image("CR", PhotometricInterpretation="Monochrome2")
    found = header(encoded(ds).replace(b"0.5\\0.8 ", b"0,5\\0,8 "), tmp_path)
    assert (found.reason, found.frames[0].spacing_mm) == ("ok", (0.5, 0.8))
    assert found.notes == ("decimal_comma", "spelling_corrected")
    assert found.frames[0].photometric == found.attributes["photometric_interpretation"] == "MONOCHROME2"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_the_syntax_changes_nothing_but_the_digest(tmp_path: Path, syntax: str) -> None:
    ds = image("CT", pixels=np.full((16, 12), 0x0101, np.uint16))
    plain, other = header(ds, tmp_path), header(encoded(ds, syntax), tmp_path)
    assert (plain.frames, plain.attributes, plain.notes) == (other.frames, other.attributes, other.notes)
    assert plain.digest != other.digest


def test_a_file_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    ds = image()
    found = header(ds, tmp_path)
    assert found.reason == "ok"
    (tmp_path / "image.dcm").unlink()
    (tmp_path / "image.dcm").mkdir()
    from dicom_files import MODALITIES

    from pipeline.ingest.dicom.templates import Templates
    from pipeline.ingest.header.header import Selection
    from pipeline.ingest.header.reading import read_header
    from pipeline.ingest.limits import FileLimits
    from pipeline.ingest.source.discover import SourcePath

    lost = SourcePath("token", str(tmp_path / "image.dcm").encode(), "image.dcm", 1, 1)
    refused = read_header(lost, key=KEY, selection=Selection(MODALITIES, FileLimits()), templates=Templates())
    assert (refused.reason, refused.image) == ("io_error", False)
