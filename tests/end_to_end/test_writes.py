"""Whatever a command writes is on the disk before it counts: file, then its new name, then the folder."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from small_project import a_patient
from writes import Event, events, state_of, unsafe_moves, watching

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="folders are synced on Linux alone")

Command = Callable[..., object]
CONFIG = "configs/small.yaml"
NOT_DURABLE = {
    "lock": "the kernel's lock counts, not what the file says",
    "catalogue.sqlite": "synced by SQLite: tests of the catalogue",
    "catalogue.sqlite-wal": "the same",
    "catalogue.sqlite-shm": "the same",
    "*.checked": "empty: says to make when a stage last ran",
    "checked": "the same of the settings",
}


def written(project: Path) -> list[Path]:
    """The files of the analysis that must outlive a power cut."""
    folders = (project / "data/small", project / "reports/small")
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if not any(path.match(name) for name in NOT_DURABLE)]


def unsynced(files: list[Path], operations: list[Event]) -> list[Path]:
    """The files that nobody synced as they are now."""
    synced = {event.state for event in operations if event.kind == "sync"}
    return [path for path in files if state_of(path) not in synced]


def test_every_file_of_the_arrow_is_synced_renamed_and_its_folder_synced(finished_source: Path) -> None:
    operations = events(finished_source.parent / "writes.log")
    assert unsafe_moves(operations) == []
    files = written(finished_source)
    assert len(files) > 25
    assert unsynced(files, operations) == []
    assert set(files) <= {event.path for event in operations if event.kind == "move"}


@pytest.mark.slow
def test_every_file_of_promotion_and_forgetting_is_synced(
    finished: Path, tmp_path: Path, scanloom: Command
) -> None:
    log = tmp_path / "writes.log"
    before = {path: state_of(path) for path in written(finished)}
    commands = (("promote", CONFIG, "--approver", "me"), ("forget", CONFIG, a_patient(finished)))
    for command in commands:
        done = scanloom(*command, cwd=finished, **watching(log))
        assert done.returncode == 0, done.stderr
    operations = events(log)
    assert unsafe_moves(operations) == []
    new = [path for path in written(finished) if before.get(path) != state_of(path)]
    assert {path.name for path in new} >= {"champion.json", "promotions.jsonl", "digests.json", "cohort.csv"}
    assert any(path.match("data/small/cases/*.npy") for path in new)  # a patient's voxels, zeroed in place
    assert unsynced(new, operations) == []


def test_a_new_key_and_the_files_of_an_export_are_synced(
    finished: Path, tmp_path: Path, scanloom: Command
) -> None:
    log, home = tmp_path / "writes.log", tmp_path / "home"
    shutil.copy(finished / CONFIG, finished / "configs/own.yaml")
    text = (finished / "configs/own.yaml").read_text()
    (finished / "configs/own.yaml").write_text(text.replace("  key: phantom\n", ""))
    environment = {**watching(log), "XDG_CONFIG_HOME": str(home)}
    assert scanloom("ingest", "configs/own.yaml", cwd=finished, **environment).returncode == 0
    assert scanloom("export", CONFIG, str(tmp_path / "out"), cwd=finished, **environment).returncode == 0
    operations = events(log)
    assert unsafe_moves(operations) == []
    files = [*home.rglob("*.key"), *(tmp_path / "out").glob("*.nii.gz")]
    assert len(files) > 60
    assert unsynced(files, operations) == []
