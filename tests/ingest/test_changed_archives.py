"""Archives that change: only what changed in them is read, and the result is that of a fresh run."""

from __future__ import annotations

import os
import shutil

import pytest
from dicom_files import write
from packed import tarred, zipped
from packed_study import EVERYTHING, PATIENTS, config, new_workspace, outcomes, store, volume

from pipeline.catalogue import Catalogue
from pipeline.ingest import run
from pipeline.ingest.header import survey
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


@pytest.fixture
def surveyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose headers were read, in the order of reading."""
    names: list[str] = []
    real = survey.batched

    def watched(files: list) -> object:
        names.extend(file.relative for file in files)
        return real(files)

    monkeypatch.setattr(survey, "batched", watched)
    return names


def test_of_a_changed_zip_only_changed_files_are_read(workspace: Workspace, surveyed: list[str]) -> None:
    raw = workspace.root / "raw"
    write(raw / "all.zip", zipped({**PATIENTS[0], **PATIENTS[1]}))
    run(config(), workspace)
    before = store(workspace)
    surveyed.clear()
    assert not run(config(), workspace).changed
    assert surveyed == []
    write(raw / "all.zip", zipped({**PATIENTS[1], **PATIENTS[0], **PATIENTS[2]}))
    run(config(), workspace)
    assert surveyed == [f"all.zip/{path}" for path in PATIENTS[2]]
    assert before[0].items() <= store(workspace)[0].items()
    changed = {**PATIENTS[2], "p1/deep/er/0.dcm": PATIENTS[0]["p1/deep/er/0.dcm"][:-2] + b"\1\1"}
    write(raw / "all.zip", zipped({**PATIENTS[0], **changed}))
    surveyed.clear()
    run(config(), workspace)
    assert sorted(surveyed) == sorted(f"all.zip/{path}" for path in PATIENTS[0])  # the changed one's volume
    fresh = new_workspace(workspace.root / "fresh")
    shutil.copy2(raw / "all.zip", fresh.root / "raw/all.zip")
    run(config(), fresh)
    assert [row[:11] for row in store(fresh)[1]] == [
        row[:11] for row in store(workspace)[1]
    ]  # but for the place
    assert len(store(fresh)[1]) == 2


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_of_a_changed_tar_headers_are_read_and_voxels_only_where_bytes_changed(
    mode: str, workspace: Workspace, surveyed: list[str]
) -> None:
    archive = workspace.root / "raw/all.tar"
    write(archive, tarred({**PATIENTS[0], **PATIENTS[1]}, mode=mode))
    run(config(), workspace)
    shards = {path: path.stat().st_mtime_ns for path in workspace.cases.iterdir()}
    surveyed.clear()
    assert not run(config(), workspace).changed
    assert surveyed == []
    write(archive, tarred({**PATIENTS[0], **PATIENTS[1], "notes.txt": b"new"}, mode=mode))
    run(config(), workspace)
    assert len(surveyed) == 11
    assert {path: path.stat().st_mtime_ns for path in workspace.cases.iterdir()} == shards
    assert outcomes(workspace)["all.tar/notes.txt"] == "not_dicom"
    write(archive, tarred(PATIENTS[0], mode=mode))
    run(config(), workspace)
    assert len(store(workspace)[1]) == 1
    archive.unlink()
    write(workspace.root / "raw/2.zip", zipped(PATIENTS[1]))
    run(config(), workspace)
    assert set(outcomes(workspace)) == {"2.zip", *(f"2.zip/{path}" for path in PATIENTS[1])}


def test_a_slice_that_comes_to_a_folder_joins_the_others_in_an_archive(
    workspace: Workspace, surveyed: list[str]
) -> None:
    raw, whole = workspace.root / "raw", volume(1, slices=6)
    late = "p1/deep/er/5.dcm"
    write(raw / "all.tgz", tarred({path: whole[path] for path in whole if path != late}, mode="w:gz"))
    write(raw / "b.zip", zipped(PATIENTS[1]))
    run(config(), workspace)
    surveyed.clear()
    write(raw / "5.dcm", whole[late])
    run(config(), workspace)
    assert surveyed == ["5.dcm", *(f"all.tgz/{path}" for path in whole if path != late)]
    assert sorted(row[15] for row in store(workspace)[1]) == ["[5, 16, 12]", "[6, 16, 12]"]


def test_what_a_killed_run_left_out_of_an_archive_is_read_by_the_next(workspace: Workspace) -> None:
    write(workspace.root / "raw/all.zip", zipped(EVERYTHING))
    run(config(), workspace)
    before, reasons = store(workspace), outcomes(workspace)
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        tokens = catalogue.query("SELECT token FROM files WHERE archive <> '' ORDER BY token LIMIT 7")
        catalogue.delete_files(row[0] for row in tokens)
    assert outcomes(workspace) != reasons
    run(config(), workspace)
    assert (store(workspace), outcomes(workspace)) == (before, reasons)


def test_an_archive_that_is_still_being_copied_waits(workspace: Workspace) -> None:
    archive = write(workspace.root / "raw/all.zip", zipped(PATIENTS[0]))
    os.utime(archive, (1e9, 1e9))
    settings = config(settle_seconds=3600)
    run(settings, workspace)
    write(archive, zipped(PATIENTS[0])[:4000])
    assert run(settings, workspace).lines[-1].startswith("waiting for the next run")
    assert len(store(workspace)[1]) == 1
