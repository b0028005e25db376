from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from packed import add, tarred

from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.tars import Entry, entries

LONG = "/".join(["a folder of some length"] * 12) + "/Müller.dcm"
FILES = {"a/b.dcm": b"12345", "empty": b"", LONG: b"x" * 513, "/absolute": b"1", "../up": b"22"}


def listed(tar: bytes) -> list[Entry]:
    return list(entries(lambda start, length: tar[start : start + length]))


def contents(tar: bytes) -> dict[str, bytes]:
    return {entry.name: tar[entry.start : entry.start + entry.size] for entry in listed(tar)}


@pytest.mark.parametrize("pax", [True, False])
def test_names_and_bytes_are_those_that_were_packed(pax: bool) -> None:
    assert contents(tarred(FILES, pax=pax)) == FILES


@pytest.mark.parametrize("kind", ["v7", "oldgnu", "gnu", "ustar", "posix"])
def test_what_another_program_packs_is_read(kind: str, tmp_path: Path) -> None:
    (tmp_path / "in/a folder").mkdir(parents=True)
    for number in range(30):
        (tmp_path / f"in/a folder/{number}").write_bytes(b"%d" % number * (100 * number))
    made = subprocess.run(
        ["tar", f"--format={kind}", "-cf", "-", "."], cwd=tmp_path / "in", capture_output=True
    )
    assert contents(made.stdout) == {
        f"./a folder/{number}": b"%d" % number * (100 * number) for number in range(30)
    }


def test_links_and_special_files_are_told_and_folders_are_no_paths() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        add(archive, "folder", type=tarfile.DIRTYPE)
        add(archive, "soft", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "hard", type=tarfile.LNKTYPE, linkname="file")
        add(archive, "pipe", type=tarfile.FIFOTYPE)
        add(archive, "disk", type=tarfile.BLKTYPE)
        add(archive, "odd", b"bytes", type=b"M")
        add(archive, "file", b"bytes")
    assert {entry.name: entry.reason for entry in listed(made.getvalue())} == {
        "soft": "link_not_followed", "hard": "link_not_followed", "pipe": "special_file",
        "disk": "special_file", "odd": "special_file", "file": "",
    }  # fmt: skip


def test_a_file_with_holes_is_not_read_and_what_follows_it_is(tmp_path: Path) -> None:
    with (tmp_path / "holes").open("wb") as stream:
        for place in range(0, 40 << 16, 1 << 16):
            stream.seek(place)
            stream.write(b"x")
    (tmp_path / "whole").write_bytes(b"here")
    for kind in ("gnu", "posix"):
        command = ["tar", "-S", f"--format={kind}", "-cf", "-", "holes", "whole"]
        tar = subprocess.run(command, cwd=tmp_path, capture_output=True).stdout
        holes, whole = listed(tar)
        assert (holes.reason, holes.detail) == ("archive_not_opened", "a sparse file of a tape archive")
        assert (whole.reason, tar[whole.start : whole.start + whole.size]) == ("", b"here")


def test_an_archive_that_breaks_off_anywhere_is_damaged() -> None:
    tar = tarred({"a": b"1" * 600, "b": b"2" * 600})
    end = len(tar.rstrip(b"\0")) // 512 * 512 + 512
    for length in (*range(1, end, 100), 1536, end):  # also between two files, where all looks well
        with pytest.raises(Refusal, match="archive_damaged"):
            listed(tar[:length])
    assert len(listed(tar[: end + 512])) == 2


def test_damaged_headers_are_damage() -> None:
    tar = bytearray(tarred({"a": b"1", "b": b"2"}, pax=False))
    tar[1024 + 3] ^= 1  # the name of the second
    with pytest.raises(Refusal, match="archive_damaged: the header of a file is damaged"):
        listed(bytes(tar))


@pytest.mark.parametrize(
    "record", [b"0 path=a\n", b"x path=a\n", b"9999 path=a\n", b"7 path\n", b"12 size=-70\n"]
)
def test_damaged_pax_records_are_damage(record: bytes) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        add(archive, "pax", record, type=tarfile.XHDTYPE)
        add(archive, "file", b"bytes")
    with pytest.raises(Refusal, match="archive_damaged"):
        listed(made.getvalue())


def test_a_name_without_end_is_not_taken_into_memory() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        add(archive, "name", b"a" * (2 << 20), type=tarfile.GNUTYPE_LONGNAME)
    with pytest.raises(Refusal, match="archive_damaged: a name of 2097152 bytes"):
        listed(made.getvalue())
