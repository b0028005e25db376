"""Later runs: only what is new, changed or gone is read, and the result is that of a fresh run."""

from __future__ import annotations

import copy
import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from dicom_files import encoded, write
from ingesting import cases, config, ct_series, reasons, scan, store, without_shards
from pydicom.dataset import Dataset

from pipeline.catalogue import Catalogue
from pipeline.errors import GateError
from pipeline.ingest import run
from pipeline.ingest.cases import portions
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


def test_only_what_is_new_changed_or_gone_is_read(workspace: Workspace, raw: Path) -> None:
    settings = config()
    paths = [write(raw / f"{number}.dcm", scan(number)) for number in range(1, 7)]
    assert run(settings, workspace).changed
    before = {case.case_id: case for case in cases(workspace)}
    stamp = (workspace.data / "ingest.json").stat().st_mtime_ns
    assert not run(settings, workspace).changed
    assert (workspace.data / "ingest.json").stat().st_mtime_ns == stamp

    os.utime(paths[0], ns=(4_070_908_800_000_000_000,) * 2)  # the year 2099, the same bytes
    assert not run(settings, workspace).changed

    write(raw / "7.dcm", scan(7))
    write(paths[1], scan(2, PixelData=np.zeros(192, np.uint16).tobytes()))
    paths[2].unlink()
    summary = run(settings, workspace)
    assert summary.changed
    assert "since the last run: 2 new or changed files, 1 gone" in summary.lines
    after = {case.case_id: case for case in cases(workspace)}
    assert len(after) == 6
    kept = [case_id for case_id in before if after.get(case_id) == before[case_id]]
    assert len(kept) == 4  # the shards of untouched scans are the ones from before
    assert (
        sum(case.pixel_digest not in {old.pixel_digest for old in before.values()} for case in after.values())
        == 2
    )


def test_a_copy_or_conflict_that_comes_or_goes_later_gives_what_a_fresh_run_gives(tmp_path: Path) -> None:
    settings = config()
    later, fresh = Workspace(tmp_path / "later", "study"), Workspace(tmp_path / "fresh", "study")
    write(later.root / "raw/1.dcm", scan(1))
    write(later.root / "raw/2.dcm", scan(2))
    run(settings, later)
    for space in (later, fresh):
        write(space.root / "raw/1.dcm", scan(1))
        write(space.root / "raw/0.dcm", scan(1))
        write(space.root / "raw/2.dcm", scan(2))
        write(space.root / "raw/3.dcm", scan(2, PixelData=np.ones(192, np.uint16).tobytes()))
        run(settings, space)
    assert reasons(later, settings) == reasons(fresh, settings)
    (later.root / "raw/3.dcm").unlink()
    (later.root / "raw/1.dcm").unlink()
    run(settings, later)
    assert reasons(later, settings) == {"0.dcm": "ok", "2.dcm": "ok"}
    assert len(cases(later)) == 2


@pytest.mark.parametrize("files", [2, 12])
def test_many_files_gone_at_once_stop_the_run_and_change_nothing(
    workspace: Workspace, raw: Path, files: int
) -> None:
    for number in range(files):
        write(raw / f"{number}.dcm", scan(number + 1))
    write(raw / "junk", b"text")
    run(config(), workspace)
    before = store(workspace)
    moved = raw.rename(raw.with_name("elsewhere"))
    raw.mkdir()
    with pytest.raises(GateError, match=f"{files} of {files} files in use are gone"):
        run(config(), workspace)
    assert store(workspace) == before
    raw.rmdir()
    moved.rename(raw)
    assert not run(config(), workspace).changed


def test_young_files_wait_for_the_next_run(workspace: Workspace, raw: Path) -> None:
    old = write(raw / "old.dcm", scan(1))
    os.utime(old, (0, 0))
    write(raw / "young.dcm", scan(2))
    future = write(raw / "future.dcm", scan(3))  # by a clock that was wrong; it says nothing
    os.utime(future, ns=(4_070_908_800_000_000_000,) * 2)
    summary = run(config(settle_seconds=3600), workspace)
    assert "waiting for the next run, since changed just now: 1 file" in summary.lines
    assert len(cases(workspace)) == 2


def test_a_scan_that_is_copied_while_ingest_runs_is_whole_after_the_next_run(
    workspace: Workspace, raw: Path, tmp_path: Path
) -> None:
    for number in range(1, 30):
        write(raw / f"{number}.dcm", scan(number))
    data = encoded(scan(30))
    done = threading.Event()

    def copy_slowly() -> None:
        while not done.is_set():
            for end in range(0, len(data), 97):
                (raw / "30.dcm").write_bytes(data[:end])
        (raw / "30.dcm").write_bytes(data)

    writer = threading.Thread(target=copy_slowly)
    writer.start()
    while not (raw / "30.dcm").exists():
        time.sleep(0.001)
    try:
        run(config(), workspace)
    finally:
        done.set()
        writer.join()
    found = reasons(workspace, config())
    assert len(found) == 30
    assert [found[f"{number}.dcm"] for number in range(1, 30)] == ["ok"] * 29
    run(config(), workspace)
    fresh = Workspace(tmp_path / "fresh", "study")
    shutil.copytree(raw, fresh.root / "raw")
    run(config(), fresh)
    assert reasons(workspace, config()) == reasons(fresh, config()) == dict.fromkeys(found, "ok")
    assert without_shards(store(workspace)["cases"]) == without_shards(store(fresh)["cases"])


def test_what_was_normalized_stays_where_other_settings_give_the_same_values(
    workspace: Workspace, raw: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    write(raw / "2.dcm", scan(2, "MR"))
    run(config(), workspace)
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_arrays("recipe", [(case, case.stored) for case in catalogue.cases()])
    run(config(pixel_text="reviewed"), workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        assert len(catalogue.arrays("recipe")) == 2
    (raw / "2.dcm").unlink()
    run(config(), workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        assert len(catalogue.arrays("recipe")) == len(catalogue.cases()) == 1


@pytest.mark.parametrize("touched", [False, True])
def test_files_whose_reason_may_have_passed_are_tried_again_although_they_are_the_same(
    workspace: Workspace, raw: Path, touched: bool
) -> None:
    settings = config(unit="series", modalities=("CT",))
    for number, one in enumerate(ct_series([0, 3, 6])):
        write(raw / f"{number}.dcm", one)
    run(settings, workspace)
    before = store(workspace)
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        tokens = [row[0] for row in catalogue.query("SELECT token FROM files ORDER BY token")]
        passing = ("io_error", "missing_slices", "missing_slices")
        for token, reason in zip(tokens, passing, strict=True):
            catalogue.query("UPDATE files SET state = 'failed', reason = ? WHERE token = ?", (reason, token))
        catalogue.delete_cases(case.case_id for case in catalogue.cases())
    if touched:  # as a copy from a repaired disk is
        for path in raw.iterdir():
            os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**9))
    summary = run(settings, workspace)
    if not touched:
        assert "tried again, since what was in the way last time may be gone: 1 file" in summary.lines
    assert set(reasons(workspace, settings).values()) == {"ok"}
    assert touched or store(workspace) == before
    assert not any("tried again" in line for line in run(settings, workspace).lines)


def test_a_young_file_that_went_to_another_series_is_planned_with_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read although it is young, since another file of its series changed."""
    monkeypatch.setattr(portions, "_MEAN_FILES", 1)
    settings = config(modalities=("CT",), unit="series", settle_seconds=3600, min_slices=3)
    space, fresh = Workspace(tmp_path / "later", "study"), Workspace(tmp_path / "fresh", "study")
    other = {"SeriesInstanceUID": "2.25.28", "KVP": "90"}
    for number, made in enumerate(ct_series([0, 2.5, 5, 7.5])):
        write(space.root / f"raw/s{number}", made)
        write(space.root / f"raw/t{number}", in_another_series(made, other))
    for path in (space.root / "raw").iterdir():
        os.utime(path, (1, 1))
    run(settings, space)
    assert len(cases(space)) == 2
    (space.root / "raw/s0").unlink()
    moved = ct_series([0, 2.5, 5, 7.5, 10])[4]
    write(space.root / "raw/s3", in_another_series(moved, other))
    shutil.copytree(space.root / "raw", fresh.root / "raw")
    run(settings, space)
    run(config(modalities=("CT",), unit="series", min_slices=3), fresh)
    assert reasons(space, settings) == reasons(fresh, settings)
    assert [len(case.stored.shape) for case in cases(space)] == [3]
    assert [case.case_id for case in cases(space)] == [case.case_id for case in cases(fresh)]


def in_another_series(ds: Dataset, elements: dict[str, object]) -> Dataset:
    """The image as another one of another series."""
    made = copy.deepcopy(ds)
    made.SOPInstanceUID = f"{ds.SOPInstanceUID}.1"
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made
