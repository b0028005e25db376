"""Preamble, meta group and transfer syntax: found by content, or refused."""

from __future__ import annotations

import zlib

import pydicom
import pytest
from dicom_files import WHEEL, encoded, image, opened
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pipeline.ingest.dicom.container import Container, beginning_of
from pipeline.ingest.reasons import Refusal

META_END = 132 + 12  # preamble, DICM, and the element of the group length


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        opened(data)
    return caught.value.reason


def without_meta(data: bytes) -> bytes:
    return data[META_END + int.from_bytes(data[140:144], "little") :]


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_all_uncompressed_syntaxes_are_read(syntax: str) -> None:
    found = opened(encoded(image(), syntax))
    assert (found.syntax, found.notes, found.dataset.whole("Rows")) == (syntax, (), 16)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_without_preamble_and_meta_group_the_syntax_is_inferred(syntax: str) -> None:
    found = opened(without_meta(encoded(image(), syntax)))
    assert (found.syntax, found.dataset.whole("Rows")) == (syntax, 16)
    assert found.notes == ("no_preamble", "no_meta")


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("begin", [0, META_END])
def test_of_a_file_that_breaks_off_all_is_told_that_stands_before(syntax: str, begin: int) -> None:
    whole = without_meta(encoded(image(), syntax)) if begin else encoded(image(), syntax)
    at = whole.index(b"PAT1")  # the text of PatientID, in group 10
    cut = beginning_of(whole[: at + 2], depth=32, most_bytes=1 << 20)
    assert cut.text("SOPClassUID") == image().SOPClassUID
    assert ("PatientID" in cut, "Rows" in cut) == (False, False)
    limited = beginning_of(whole, depth=32, most_bytes=at + 2)
    assert limited.elements == cut.elements


def test_of_a_deflated_file_or_of_another_no_beginning_is_told() -> None:
    for data in (encoded(image(), DeflatedExplicitVRLittleEndian)[:-20], b"", bytes(200), b"\x89PNG" * 50):
        with pytest.raises(Refusal):
            beginning_of(data, depth=32, most_bytes=1 << 20)


@pytest.mark.parametrize("start", [128, 132])
def test_a_cut_preamble_is_noted(start: int) -> None:
    assert opened(encoded(image())[start:]).notes == ("no_preamble",)


def test_compressed_pixels_without_a_meta_group_have_no_known_syntax() -> None:
    assert opened(without_meta((WHEEL / "MR_small_RLE.dcm").read_bytes())).syntax == ""


@pytest.mark.parametrize(
    ("announced", "written"),
    [(ImplicitVRLittleEndian, ExplicitVRLittleEndian), (ExplicitVRLittleEndian, ImplicitVRLittleEndian)],
)
def test_the_representation_found_counts_when_another_is_announced(announced: str, written: str) -> None:
    data = encoded(image(), written)
    wrong = data.replace(_uid_element(written), _uid_element(announced))
    found = opened(wrong)
    assert (found.notes, found.dataset.whole("Rows")) == (("vr_mismatch",), 16)


def _uid_element(uid: str) -> bytes:
    """Transfer syntax element, NUL-padded to one length for both."""
    padded = uid.encode() + b"\0" * (len(uid) % 2)
    return b"\2\0\x10\0UI" + len(padded).to_bytes(2, "little") + padded


def test_text_that_a_forced_reader_would_take_is_not_dicom() -> None:
    for data in (
        b"<html><body>404</body></html>",
        b"PatientID: 1\n" * 50,
        b"\x08\0",
        b"\x08\0" + b"abc" * 40,
    ):
        assert refusal(data) == "not_dicom"


def test_what_begins_like_a_data_set_and_breaks_off_is_damaged() -> None:
    assert refusal(without_meta(encoded(image()))[:200]) == "corrupt_dataset"
    assert refusal(without_meta(encoded(image(), ImplicitVRLittleEndian))[:205]) == "corrupt_dataset"


def test_a_meta_group_longer_than_the_file_is_damage() -> None:
    data = bytearray(encoded(image()))
    data[140:144] = (0x7FFFFFFF).to_bytes(4, "little")
    assert refusal(bytes(data)) == "corrupt_dataset"
    assert refusal(encoded(image())[:150]) == "corrupt_dataset"


def deflated(content: bytes, tail: bytes = b"") -> bytes:
    data = encoded(image(), DeflatedExplicitVRLittleEndian)
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    meta = data[: META_END + int.from_bytes(data[140:144], "little")]
    return meta + stream.compress(content) + stream.flush() + tail


def test_a_deflate_bomb_is_stopped_at_the_limit() -> None:
    bomb = deflated(b"\0" * (70 << 20))  # 70 kB on disk; more than 64 MiB and a hundred times its size
    assert len(bomb) < 100_000
    with pytest.raises(Refusal, match="limit_exceeded"):
        opened(bomb, inflated_bytes=1 << 30)
    with pytest.raises(Refusal, match="limit_exceeded: inflates to more than 1000 bytes"):
        opened(deflated(b"\0" * 2000), inflated_bytes=1000)


def test_damaged_deflated_data_are_damage() -> None:
    content = without_meta(encoded(image()))
    assert opened(deflated(content)).dataset.whole("Rows") == 16
    crc = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    assert opened(deflated(content, crc)).dataset.whole("Rows") == 16  # a gzip trailer
    assert refusal(deflated(content, b"12345678")) == "corrupt_dataset"
    assert refusal(deflated(content)[:-20]) == "corrupt_dataset"


FORGIVEN = {"MR_truncated.dcm", "SC_rgb_jpeg_dcmd.dcm"}
REFUSED = {
    "README.txt": "not_dicom", "crayons.icc": "not_dicom", "rtplan.dump": "not_dicom",
    "rtstruct.dump": "not_dicom", "test1.json": "not_dicom", "test_PN.json": "not_dicom",
    "zipMR.gz": "not_dicom", "rtplan_truncated.dcm": "corrupt_dataset", "README": "not_dicom",
}  # fmt: skip


def test_every_file_of_the_pydicom_wheel_has_the_elements_that_pydicom_finds() -> None:
    compared = 0
    for path in sorted(path for path in WHEEL.rglob("*") if path.is_file()):
        try:
            found: Container | str = opened(path.read_bytes(), inflated_bytes=1 << 30)
        except Refusal as caught:
            found = caught.reason
        if (
            isinstance(found, str) or path.name == "no_meta.dcm"
        ):  # begins with a stray blank: pydicom loses it
            assert path.name == "no_meta.dcm" or found == REFUSED[path.name]
            continue
        theirs = pydicom.dcmread(path, force=True)
        cut = {0x7FE00010} if path.name in FORGIVEN else set()  # pydicom keeps broken pixel data
        assert set(found.dataset.elements) | cut == set(map(int, theirs.keys())) | cut, path.name
        assert found.syntax == theirs.file_meta.get("TransferSyntaxUID", found.syntax), path.name
        compared += 1
    assert compared > 150
