from __future__ import annotations

import gzip
import io
import os
import warnings
import zipfile
from pathlib import Path

import pytest
from dicom_files import KEY
from packed import tarred, zipped

from pipeline.executors import Executor
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.source import members
from pipeline.ingest.source.discover import SourcePath, discover
from pipeline.ingest.source.files import ChangedWhileRead, open_file
from pipeline.ingest.source.listing import Listed, Listing, ListingTask, Unlisted, list_archive, list_archives

FILES = {"p1/a.dcm": b"first", "p1/b.dcm": b"second" * 500, "p2/a.dcm": b"third"}
PACKED = {
    "s.zip": zipped(FILES), "s.tar": tarred(FILES), "s.tar.gz": tarred(FILES, mode="w:gz"),
}  # fmt: skip


def found(path: Path, data: bytes) -> SourcePath:
    path.write_bytes(data)
    return next(file for file in discover(os.fsencode(path.parent), KEY) if file.relative == path.name)


def listed(archive: SourcePath, **limits: int) -> Listed:
    return list_archive(ListingTask(archive, KEY, FileLimits(**limits)))


def bytes_of(member: SourcePath) -> bytes:
    with open_file(member.path, member.member) as opened:
        assert (opened.size, opened.mtime_ns) == (member.size, member.mtime_ns)
        return bytes(opened.data)


@pytest.mark.parametrize("name", PACKED)
def test_members_are_paths_with_tokens_of_their_own_and_their_bytes(name: str, tmp_path: Path) -> None:
    listing = listed(found(tmp_path / name, PACKED[name]))
    assert isinstance(listing, Listing)
    assert {member.relative: bytes_of(member) for member in listing.members} == {
        f"{name}/{path}": data for path, data in FILES.items()
    }
    for member in reversed(listing.members):
        assert member.token == KEY.pseudonym("path", member.relative)
        assert bytes_of(member) == FILES[member.relative.removeprefix(f"{name}/")]


def test_names_lead_nowhere_and_one_name_twice_makes_two_paths(tmp_path: Path) -> None:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as archive:
        warnings.simplefilter("ignore")
        for name in ("/etc/a", "../../b", "c\\d", "./e", "../../b", "b", "..", "x ", "x"):
            archive.writestr(name, name)
    listing = listed(found(tmp_path / "a.zip", made.getvalue()))
    names = [member.relative.removeprefix("a.zip/") for member in listing.members]
    assert names == ["etc/a", "b", "c/d", "e", "b", "b", "unnamed", "x ", "x"]
    assert len({member.token for member in listing.members}) == len(names)
    assert bytes_of(listing.members[1]) == b"../../b"


@pytest.mark.parametrize("name", PACKED)
def test_an_archive_that_changes_or_goes_is_no_longer_read(name: str, tmp_path: Path) -> None:
    archive = found(tmp_path / name, PACKED[name])
    (member, *_) = listed(archive).members
    os.utime(tmp_path / name, ns=(5, 7))
    with pytest.raises(ChangedWhileRead):
        bytes_of(member)
    assert listed(archive) == Unlisted("io_error", "ChangedWhileRead")
    (tmp_path / name).unlink()
    assert listed(archive) == Unlisted("io_error", "FileNotFoundError")


@pytest.mark.parametrize("name", PACKED)
def test_a_damaged_archive_gives_nothing(name: str, tmp_path: Path) -> None:
    data = PACKED[name]
    listing = listed(found(tmp_path / name, data[: len(data) // 2]))
    assert isinstance(listing, Unlisted) and listing.reason == "archive_damaged"


def test_damage_behind_the_end_mark_of_a_compressed_archive_is_seen(tmp_path: Path) -> None:
    data = PACKED["s.tar.gz"]
    assert listed(found(tmp_path / "a", data[:-1])).reason == "archive_damaged"
    assert listed(found(tmp_path / "b", data[:-5] + b"?" + data[-4:])).reason == "archive_damaged"


@pytest.mark.parametrize("name", PACKED)
def test_archives_and_their_files_are_bounded(name: str, tmp_path: Path) -> None:
    archive = found(tmp_path / name, PACKED[name])
    assert listed(archive, members=2).reason == "limit_exceeded"
    small = listed(archive, file_bytes=1000)
    assert [member.reason for member in small.members] == ["", "limit_exceeded", ""]


def test_what_is_no_archive_any_more_has_no_listing(tmp_path: Path) -> None:
    for data in (b"text", gzip.compress(b"text"), b"7z\xbc\xaf\x27\x1c"):
        assert listed(found(tmp_path / "a", data)) is None


def test_archives_are_listed_in_children_and_a_bomb_costs_itself_alone(tmp_path: Path) -> None:
    archives = [found(tmp_path / name, data) for name, data in PACKED.items()]
    bomb = gzip.compress(tarred({"a": b"1"})) + gzip.compress(bytes(40 << 20)) * 40
    archives.append(found(tmp_path / "bomb.tgz", bomb))
    listings = list_archives(archives, key=KEY, executor=Executor(tmp_path, 2), limits=FileLimits())
    *sound, bad = (listings[archive.token] for archive in archives)
    assert [len(listing.members) for listing in sound] == [3] * 3
    assert bad == Unlisted("limit_exceeded", f"unfolds to more than {100 * len(bomb)} bytes")


def test_few_archives_are_kept_open(tmp_path: Path) -> None:
    for number in range(members._MOST_STREAMS + 3):
        archive = found(tmp_path / f"{number}.tgz", PACKED["s.tar.gz"])
        assert [bytes_of(member) for member in listed(archive).members] == list(FILES.values())
    assert len(members._streams) == members._MOST_STREAMS
