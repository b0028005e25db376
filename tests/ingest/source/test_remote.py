"""RAW behind a URL: the same results as from a folder, and only what changed is read again."""

from __future__ import annotations

import shutil
from pathlib import Path

import fsspec
import numpy as np
import pytest
from dicom_files import KEY, image, write
from fsspec import AbstractFileSystem

from pipeline.catalogue import Catalogue
from pipeline.config import Cohort, Config, Ingest, Report
from pipeline.errors import DataError, UsageError
from pipeline.ingest import run
from pipeline.ingest.source.discover import discover
from pipeline.ingest.source.files import open_file
from pipeline.ingest.stage import list_files
from pipeline.workspace import Workspace


def config(raw: str) -> Config:
    return Config(
        name="study",
        ingest=Ingest(raw=raw, workers=1, failed_share=1.0),
        cohort=Cohort(labels="labels.csv", target="label"),
        normalize=({"z_score": {}},),
        report=Report(title="A study"),
    )


def write_scan(path: Path, number: int) -> None:
    pixels = np.full((16, 12), number, np.uint16)
    names = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
    own = {name: f"2.25.{place}{number}" for place, name in enumerate(names, start=1)}
    write(path, image("DX", pixels=pixels, PatientID=f"P{number}", **own))


def store(workspace: Workspace) -> tuple[dict[str, bytes], list[object]]:
    """The shards, and the catalogue without the files' times."""
    with Catalogue(workspace.catalogue) as catalogue:
        rows = [
            *catalogue.query(
                "SELECT token, size, digest, state, reason, detail, notes FROM files ORDER BY 1"
            ),
            *catalogue.query("SELECT * FROM cases ORDER BY 1"),
        ]
    return {path.name: path.read_bytes() for path in workspace.cases.iterdir()}, rows


def test_an_archive_behind_a_url_gives_what_its_folder_gives_and_only_changes_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "keys"))
    raw = tmp_path / "raw"
    for number in (1, 2, 3):
        write_scan(raw / f"deep/er/{number}.dcm", number)
    (raw / "notes.txt").write_text("nothing")
    shutil.make_archive(str(tmp_path / "scans"), "zip", raw)
    url = f"zip://::file://{tmp_path}/scans.zip"
    folder, archive = Workspace(tmp_path / "a", "study"), Workspace(tmp_path / "b", "study")
    run(config(str(raw)), folder)
    run(config(url), archive)
    assert store(archive) == store(folder)
    shown = {row[0]: row[2] for row in list_files(config(url), archive)}
    assert shown == {**{f"deep/er/{number}.dcm": "ok" for number in (1, 2, 3)}, "notes.txt": "not_dicom"}
    assert not run(config(url), archive).changed
    write_scan(raw / "deep/er/2.dcm", 22)
    shutil.make_archive(str(tmp_path / "scans"), "zip", raw)
    summary = run(config(url), archive)
    assert summary.lines[-1].startswith("since the last run: 1 new or changed file,")
    run(config(str(raw)), folder)
    assert store(archive) == store(folder)


def test_a_file_behind_a_url_has_another_version_when_it_changed() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/scans/a/1", b"abc")
    memory.pipe_file("/scans/2", b"de")
    first = discover(b"memory://scans", KEY)
    assert [(file.relative, file.size, file.reason) for file in first] == [("2", 2, ""), ("a/1", 3, "")]
    with open_file(first[1].path) as opened:
        assert (opened.data, opened.size, opened.mtime_ns) == (b"abc", 3, first[1].mtime_ns)
    memory.pipe_file("/scans/a/1", b"xyz")
    second = discover(b"memory://scans", KEY)
    assert second[0] == first[0]
    assert second[1].mtime_ns != first[1].mtime_ns
    assert second[1].token == first[1].token


class Unreachable(AbstractFileSystem):
    """A driver whose server doesn't answer."""

    def ls(self, path: str, detail: bool = True, **kwargs: object) -> list[str]:
        raise ConnectionError


def test_a_server_that_does_not_answer_is_no_empty_folder() -> None:
    fsspec.register_implementation("unreachable", Unreachable, clobber=True)
    with pytest.raises(DataError, match=r"can't be listed \(ConnectionError"):
        discover(b"unreachable://scans", KEY)


def test_what_is_missing_for_a_url_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Protocol not known: nowhere"):
        discover(b"nowhere://scans", KEY)
    (tmp_path / "no.zip").write_bytes(b"no archive")
    with pytest.raises(DataError, match="can't be listed"):
        discover(f"zip://::{tmp_path}/no.zip".encode(), KEY)
    with pytest.raises(FileNotFoundError), open_file(b"memory://scans/gone"):
        pass
