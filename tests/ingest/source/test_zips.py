from __future__ import annotations

import io
import stat
import warnings
import zipfile
from pathlib import Path

import pytest
from packed import zipped

from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.archives import Member
from pipeline.ingest.source.zips import directory, read, refusal_of


def listed(data: bytes, **limits: int) -> list[zipfile.ZipInfo]:
    return directory(io.BytesIO(data), len(data), FileLimits(**limits))


def contents(data: bytes) -> dict[str, bytes]:
    return {info.filename: bytes_of(data, info) for info in listed(data)}


def bytes_of(data: bytes, info: zipfile.ZipInfo) -> bytes:
    member = Member(
        "", "", "zip", 0, 0, 0, info.file_size, info.header_offset,
        info.compress_size, info.compress_type, info.CRC,
    )  # fmt: skip
    return read(lambda start, length: data[start : start + length], member)


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        contents(data)
    return caught.value.reason


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_names_and_bytes_are_those_that_were_packed(method: int) -> None:
    files = {"b/ü.dcm": b"1" * 5000, "a": b"", "/absolute": b"2", "../up": b"3"}
    assert contents(zipped({**files, "folder/": b""}, method=method)) == files


def test_an_archive_that_was_written_as_a_stream_is_read() -> None:
    """Its local headers hold no sizes: they follow the bytes."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

    made = Pipe()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"1" * 5000)
        archive.writestr("b", b"2" * 5000)
    assert contents(made.getvalue()) == {"a": b"1" * 5000, "b": b"2" * 5000}


def test_what_is_not_read_has_its_reason() -> None:
    def reason(**fields: object) -> str:
        info = zipfile.ZipInfo("name")
        info.create_system = 3
        for field, value in fields.items():
            setattr(info, field, value)
        return refusal_of(info, 1 << 30)[0]

    assert reason() == ""
    assert reason(external_attr=(stat.S_IFREG | 0o644) << 16) == ""
    assert reason(external_attr=(stat.S_IFLNK | 0o777) << 16) == "link_not_followed"
    assert reason(external_attr=stat.S_IFIFO << 16) == "special_file"
    assert reason(external_attr=stat.S_IFLNK << 16, create_system=0) == ""  # of Windows: no such bits
    assert reason(flag_bits=0x1) == "encrypted"
    assert reason(compress_type=9) == "archive_not_opened"  # Deflate64
    assert reason(compress_size=1 << 20, file_size=100 << 20) == ""
    assert reason(compress_size=1 << 20, file_size=101 << 20) == "limit_exceeded"
    assert reason(compress_size=1 << 31, file_size=1) == "limit_exceeded"


def test_damage_is_told() -> None:
    whole = zipped({"a": b"1234567890" * 50}, method=zipfile.ZIP_STORED)
    flipped = whole.replace(b"0123", b"0124", 1)
    assert refusal(flipped) == "archive_damaged"
    assert refusal(whole[:-30]) == "archive_damaged"
    assert refusal(b"PK\x03\x04 and no more") == "archive_damaged"
    assert refusal(b"PX" + whole[2:]) == "archive_damaged"
    deflated = zipped({"a": b"1234567890" * 50})
    assert refusal(deflated[:40] + b"\xff\xff" + deflated[42:]) == "archive_damaged"
    longer = bytearray(deflated)
    place = longer.index(b"PK\x01\x02") + 24
    longer[place : place + 4] = (499).to_bytes(4, "little")
    assert refusal(bytes(longer)) == "archive_damaged"


def test_files_that_share_their_bytes_are_refused() -> None:
    """The bomb of D. Fifield (A better zip bomb, WOOT 2019): many names for one kernel of zeros."""
    data = bytearray(zipped({"a": b"1" * 400, "b": b"2" * 400}, method=zipfile.ZIP_STORED))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = bytes(4)  # where the second's local header lies: at the first's
    assert refusal(bytes(data)) == "archive_damaged"


def test_an_archive_that_unfolds_to_far_more_than_it_holds_is_refused() -> None:
    files = {f"{number}": bytes(8 << 20) for number in range(20)}  # each is small enough
    with pytest.raises(Refusal, match="limit_exceeded: unfolds to 167772160 bytes"):
        listed(zipped(files))
    with pytest.raises(Refusal, match="limit_exceeded: more than 19 files in an archive"):
        listed(zipped(dict.fromkeys(files, b"")), members=19)


def test_documents_of_office_programs_are_no_archives_of_scans(tmp_path: Path) -> None:
    import openpyxl

    openpyxl.Workbook().save(tmp_path / "table.xlsx")
    text = zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": b""})
    for data in ((tmp_path / "table.xlsx").read_bytes(), text):
        with pytest.raises(Refusal, match="not_dicom: a document of an office program"):
            listed(data)


def test_names_twice_are_both_listed() -> None:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    assert [bytes_of(made.getvalue(), info) for info in listed(made.getvalue())] == [b"1", b"2"]
