from __future__ import annotations

from collections import Counter
from pathlib import Path

import fsspec
import numpy as np
import pytest
from dicom_files import KEY, MODALITIES, encoded, image
from fsspec.implementations.memory import MemoryFileSystem

from pipeline.ingest.cases.batch_reading import Batch, read_batch
from pipeline.ingest.cases.planning import Wanted, plan
from pipeline.ingest.cases.reader import SourceFile
from pipeline.ingest.header.header import Header, Selection
from pipeline.ingest.header.spool import Spool
from pipeline.ingest.header.survey import HeaderTask, read_headers
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.series.frames import Rules
from pipeline.ingest.source.discover import discover
from pipeline.ingest.source.fetched import Keep, keep, keeping, kept_bytes

FETCHED: Counter[str] = Counter()


class Counting(MemoryFileSystem):
    """A file system in memory that counts how often each file is fetched."""

    protocol = "counting"
    store: dict = {}  # noqa: RUF012 - as the class above has it

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.replace("counting://", "memory://"))

    def cat_file(self, path: str, *args: object, **kwargs: object) -> bytes:
        FETCHED[path] += 1
        return super().cat_file(path, *args, **kwargs)


@pytest.fixture
def scans() -> bytes:
    """The URL of two scans and a text."""
    fsspec.register_implementation("counting", Counting, clobber=True)
    system = fsspec.filesystem("counting")
    for number in (1, 2):
        pixels = np.full((16, 12), number, np.uint16)
        names = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
        own = {name: f"2.25.{place}{number}" for place, name in enumerate(names, start=1)}
        system.pipe_file(f"/scans/{number}.dcm", encoded(image("DX", pixels=pixels, **own)))
    system.pipe_file("/scans/notes.txt", b"nothing")
    FETCHED.clear()
    return b"counting://scans"


def read(url: bytes, folder: Path, place: Keep | None) -> tuple[bytes, list[object]]:
    """The shard of all scans behind a URL and its cases, as the two passes of children make them."""
    files = {file.token: file for file in discover(url, KEY)}
    task = HeaderTask(tuple(files.values()), KEY, Selection(MODALITIES, FileLimits()), frozenset(), place)
    with Spool(folder) as spool:
        for page in read_headers(task):
            spool.add(page)
        headers: dict[str, Header] = spool.headers(list(spool.entries))
    made = plan(
        headers,
        Wanted(Rules()),
        pixel_digest=lambda token, index: token,
        case_id=lambda names: "".join(names),
    )
    sources = {
        token: SourceFile(files[token].path, header.size, header.mtime_ns, kept=header.kept)
        for token, header in headers.items()
    }
    done = read_batch(Batch(made.cases, sources, folder / "shard.npy", KEY, FileLimits()))
    assert done.unpublished is not None and not done.spoiled
    return done.unpublished.read_bytes(), list(done.cases)


def test_each_file_behind_a_url_is_fetched_once_for_the_same_voxels(scans: bytes, tmp_path: Path) -> None:
    with keeping(tmp_path) as place:
        assert place is not None
        once = read(scans, tmp_path, place)
    assert set(FETCHED.values()) == {1} and len(FETCHED) == 3
    FETCHED.clear()
    assert read(scans, tmp_path, None) == once
    assert sorted(FETCHED.values()) == [1, 2, 2]


def test_what_has_no_room_is_fetched_again(scans: bytes, tmp_path: Path) -> None:
    whole = read(scans, tmp_path, None)
    size = max(file.size for file in discover(scans, KEY))
    FETCHED.clear()
    with keeping(tmp_path) as place:
        assert place is not None
        assert read(scans, tmp_path, Keep(place.path, size)) == whole
        assert Path(place.path).stat().st_size <= size
    assert sorted(FETCHED.values()) == [1, 1, 2]


def test_what_was_kept_has_no_name_and_is_gone_after_the_run(tmp_path: Path) -> None:
    with keeping(tmp_path) as place:
        assert place is not None
        first, second = keep(place, b"abc"), keep(place, b"defg")
        assert first is not None and second is not None
        assert (kept_bytes(first, 3), kept_bytes(second, 4)) == (b"abc", b"defg")
        assert kept_bytes(second, 3) is None  # other bytes than were kept
        assert list(tmp_path.iterdir()) == []
    assert kept_bytes(first, 3) is None
