"""No room and no right to write: told before any work, or without a loss."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from disks import fill_up, in_namespace
from faulty_projects import CANDIDATE, CONFIG, Command, edit
from settled import settled
from small_project import contents, make_in

pytestmark = pytest.mark.slow

# SQLite calls a full disk an I/O error where it was the file of its shared memory that found no room
NO_ROOM_FOR_SQLITE = r"catalogue\.sqlite can't be used now \((database or disk is full|disk I/O error)"


def test_a_full_disk_while_scans_are_read(fresh: Path, ingested_source: Path, scanloom: Command) -> None:
    assert scanloom("configure", CONFIG, cwd=fresh).returncode == 0
    said, _ = fill_up(fresh, "ingest", folder="data/small", free_kb=400)
    assert re.search(
        r"shard-\w+\.npy was not written: the disk is full \(.*data/small/cases, 0 MB free\)", said
    )
    assert re.findall(r"exit \d+", said) == ["exit 75", "exit 0"]
    assert settled(fresh) == settled(ingested_source)


def test_no_room_for_the_catalogue(ingested: Path, scanloom: Command) -> None:
    unbroken = Path(shutil.copytree(ingested, ingested.parent / "unbroken", symlinks=True))
    for project in (ingested, unbroken):
        edit(project, "modalities: [CT]", "modalities: [CT, MR]")
    assert scanloom("ingest", CONFIG, cwd=unbroken).returncode == 0
    said, _ = fill_up(ingested, "ingest", folder="data/small", free_kb=8)
    assert re.search(rf"{NO_ROOM_FOR_SQLITE}; ", said)
    assert re.findall(r"exit \d+", said) == ["exit 75", "exit 0"]
    assert settled(ingested) == settled(unbroken)


def test_a_full_disk_leaves_the_old_cohort_whole(finished: Path, scanloom: Command) -> None:
    unbroken = Path(shutil.copytree(finished, finished.parent / "unbroken", symlinks=True))
    for project in (finished, unbroken):
        labels = project / "data/raw/small/labels.csv"
        labels.write_text("".join(labels.read_text().splitlines(keepends=True)[:-3]))
    old = contents(finished / CANDIDATE)
    assert scanloom("cohort", CONFIG, cwd=unbroken).returncode == 0
    said, full = fill_up(finished, "cohort", folder=CANDIDATE, free_kb=4)
    assert re.search(r"cohort\.csv was not written: the disk is full \(.*candidate, 0 MB free\)", said)
    assert re.findall(r"exit \d+", said) == ["exit 75", "exit 0"]
    assert full == old
    assert settled(finished) == settled(unbroken)


def test_no_room_for_the_arrays_is_told_before_any_is_made(finished: Path) -> None:
    edit(finished, "shape: [32, 32]", "shape: [128, 128]")
    said, _ = fill_up(finished, "normalize", folder="data/small", free_kb=200)
    assert re.search(r"The arrays need 2 MB, and .*data/small has 0 MB free\. Nothing was written", said)
    assert re.findall(r"exit \d+", said) == ["exit 75", "exit 0"]


def test_a_disk_that_fills_up_under_a_child_loses_no_scan(finished: Path) -> None:
    unbroken = Path(shutil.copytree(finished, finished.parent / "unbroken", symlinks=True))
    for project in (finished, unbroken):
        edit(project, "shape: [32, 32]", "shape: [128, 128]")
    # 64 scans of 32 KB and SQLite's index of 32 KB fit; the header of the shard, or the file beside it, don't,
    # unless SQLite needs a page first.
    said, _ = fill_up(finished, "normalize", folder="data/small", free_kb=64 * 32 + 32)
    shard = r"\w+-\w+\.(npy|json) was not written: the disk is full \(.*normalized, "
    assert re.search(rf"{shard}|{NO_ROOM_FOR_SQLITE}", said)
    assert re.findall(r"exit \d+", said) == ["exit 75", "exit 0"]
    assert "64 of 64 scans ready" in said
    assert make_in(unbroken, "normalize").returncode == 0
    assert contents(finished / "data/small/normalized") == contents(unbroken / "data/small/normalized")


@pytest.mark.parametrize("folder", ["data/small", "reports/small"])
def test_a_read_only_folder_is_found_before_any_work(finished: Path, folder: str) -> None:
    before = contents(finished / "data/small") | contents(finished / "reports")
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && "$2" -m pipeline.cli train configs/small.yaml'
    said = in_namespace(finished, script + '; echo "exit $?"', folder, sys.executable)
    assert re.search(rf"was not written: the folder is read-only \(.*{folder}", said)
    assert said.splitlines()[-1] == "exit 75"
    assert len(said.splitlines()) == 2
    after = contents(finished / "data/small") | contents(finished / "reports")
    assert {**after, "lock": ""} == {**before, "lock": ""}
