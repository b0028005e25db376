"""Portions and kills: whatever a run was cut into, the next one ends with the same store."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import pytest
from dicom_files import write
from ingesting import cases, config, ct_series, scan, store, without_shards

from pipeline.commands import verify
from pipeline.ingest import run
from pipeline.ingest.cases import batching, portions
from pipeline.locking import lock as workspace_lock
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


def test_portions_of_any_size_give_the_same_cases_and_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(modalities=("DX", "CT"), unit="series")
    spaces = [Workspace(tmp_path / name, "study") for name in ("whole", "parted", "parted later")]
    moved = scan(5, SeriesInstanceUID="2.25.29900")  # of another series now, and of another patient than it

    def deliver(space: Workspace) -> None:
        for number, made in enumerate(ct_series([0, 2.5, 5, 7.5])):
            write(space.root / f"raw/ct/{number}", made)
        for number in range(3, 9):
            write(space.root / f"raw/{number}.dcm", scan(number))
        write(space.root / "raw/copy.dcm", scan(4))
        write(space.root / "raw/page.html", b"<html></html>")

    for space in spaces:
        deliver(space)
        if space is spaces[1]:
            monkeypatch.setattr(portions, "_MEAN_FILES", 1)
        if space is spaces[2]:
            run(settings, space)
        write(space.root / "raw/5.dcm", moved)
        (space.root / "raw/6.dcm").unlink()
        run(settings, space)
        (space.root / "raw/5.dcm").unlink()
        run(settings, space)
    whole, *others = [
        {name: told for name, told in store(space).items() if "shard" not in name} for space in spaces
    ]
    for other in others:
        assert without_shards(other.pop("cases")) == without_shards(whole["cases"])
        assert other == {name: told for name, told in whole.items() if name != "cases"}
    assert len(cases(spaces[0])) == 5


@pytest.mark.parametrize("half", ["read anew", "of the version before"])
def test_a_catalogue_that_ingest_has_yet_to_finish_is_not_told_damaged(
    half: str, workspace: Workspace, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    verify.run(workspace)
    if half == "read anew":
        monkeypatch.setattr("pipeline.ingest.stage.update", lambda *_: exit())
        with pytest.raises(SystemExit):
            run(config(min_slices=4), workspace)  # all its files are forgotten, its cases stay
    else:
        with contextlib.closing(sqlite3.connect(workspace.catalogue)) as connection:
            connection.executescript(
                "ALTER TABLE cases DROP COLUMN row_digest; ALTER TABLE cases DROP COLUMN names_digest;"
                "ALTER TABLE files DROP COLUMN archive; ALTER TABLE files DROP COLUMN members;"
                "DROP TABLE likenesses; DROP TABLE hints; DROP TABLE masks;"
                "ALTER TABLE cases ADD COLUMN perceptual_digest TEXT NOT NULL DEFAULT '';"
                "PRAGMA user_version = 1;"
            )
    verify.run(workspace)


CRASHING = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from pipeline import catalogue, locking, workspace, writing
    from pipeline.config import Cohort, Config, Ingest, Report
    from pipeline.ingest import run, update
    from pipeline.ingest.cases import batching, portions

    passed = 0

    def crash_point(name):
        global passed
        passed += name.startswith(("commit", "write:ingest"))
        if passed == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    if __name__ == "__main__":
        catalogue.crash_point = writing.crash_point = crash_point
        batching._MEAN_CASES, portions._MEAN_FILES = (int(size) for size in sys.argv[3:])
        update._COMMITTED_FILES = 1  # after every batch
        space = workspace.Workspace(Path(sys.argv[1]), "study")
        config = Config(name="study", ingest=Ingest(raw="raw", workers=1), normalize=({"z_score": {}},),
                        cohort=Cohort(labels="l", target="t"), report=Report(title="t"))
        with locking.lock(space):
            run(config, space)
""")


def crash_and_finish(tmp_path: Path, points: Iterable[int], *, cases: int = 8, files: int = 8192) -> None:
    """Kills a run at each of its points, counted from 1; ends with the first number that it outlives."""
    whole = Workspace(tmp_path / "whole", "study")
    for number in range(1, 25):
        write(whole.root / f"raw/{number:03d}.dcm", scan(number))
    run(config(), whole)
    assert len(list(whole.cases.glob("shard-*.npy"))) > 2
    script = tmp_path / "crashing.py"
    script.write_text(CRASHING)
    for point in points:
        space = Workspace(tmp_path / str(point), "study")
        shutil.copytree(whole.root / "raw", space.root / "raw")
        sizes = str(cases), str(files)
        killed = subprocess.run([sys.executable, script, space.root, str(point), *sizes], timeout=600)
        if killed.returncode == 0:
            return
        assert killed.returncode == -9
        with workspace_lock(space):  # what was half-written is cleaned up
            run(config(), space)
        assert store(space) == store(whole), point


def test_a_killed_run_is_finished_by_the_next_one_with_the_same_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "_MEAN_CASES", 8)
    crash_and_finish(tmp_path, (3, 5))  # before the plan is committed, and between two batches


def test_a_run_killed_inside_a_portion_is_finished_with_the_same_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "_MEAN_CASES", 4)
    monkeypatch.setattr(portions, "_MEAN_FILES", 4)
    crash_and_finish(
        tmp_path, (5, 7, 11), cases=4, files=4
    )  # after whole batches of whole and parted portions


@pytest.mark.slow
def test_a_run_killed_at_every_point_is_finished_with_the_same_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "_MEAN_CASES", 8)
    crash_and_finish(tmp_path, itertools.count(1))
