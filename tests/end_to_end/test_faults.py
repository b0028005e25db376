"""Kills, signals, full disks and damage, with real processes: the same command again is the only repair."""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from disks import fill_up, in_namespace
from settled import leftovers, looks, settled
from small_project import PROJECT, a_patient, contents, make_in

pytestmark = pytest.mark.xdist_group("faults")

Command = Callable[..., "subprocess.CompletedProcess[str]"]
CONFIG = "configs/small.yaml"
CANDIDATE = "reports/small/candidate"
ONE_KILL_A_STAGE = (
    "committed:catalogue#3",  # ingest: the plan is in, no case is yet
    "written:parts.jsonl",  # cohort: patients have their parts, the table of cases isn't there
    "written:refused.json",  # normalize: arrays are there, the stage's record isn't
    "written:state-00000004.json",  # train: all steps are done, the model isn't saved
    "written:looks.jsonl",  # evaluate: the look is taken, nothing is told of it
    "write:comparison.json",
    "written:report.html",  # report: without the report.json that says when it was made
)


@pytest.fixture
def started() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a command as the leader of its own process group; what still runs at the end is killed."""
    processes = []

    def start(project: Path, *command: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command,
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def edit(project: Path, old: str, new: str) -> None:
    path = project / CONFIG
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def wait_for(found: Callable[..., object], *arguments: object) -> None:
    for _ in range(6000):
        if found(*arguments):
            return
        time.sleep(0.01)
    raise AssertionError("waited a minute for nothing")


def states(project: Path) -> set[Path]:
    return set((project / "data/small/checkpoints").glob("*.npz"))


def ended(group: int) -> bool:
    """Whether no process of the group runs any more; one that nobody has asked for its end counts as ended."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return not any(row[0] == str(group) and not row[1].startswith("Z") for row in rows)


def flip_a_byte(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(data)


@pytest.mark.slow
def test_killed_in_every_stage_make_report_still_ends_where_an_unbroken_run_ends(
    fresh: Path, finished_source: Path
) -> None:
    said = ""
    for point in ONE_KILL_A_STAGE:
        killed = make_in(fresh, "report", SCANLOOM_CRASH_AT=point)
        assert killed.returncode == 2, point
        assert "Killed" in killed.stderr, point
        said += killed.stdout + killed.stderr
        if point.startswith("written:state"):
            flip_a_byte(fresh / "data/small/checkpoints/state-00000004.npz", 3000)
    done = make_in(fresh, "report")
    assert done.returncode == 0, done.stderr
    assert "The training state state-00000004.npz is damaged or incomplete; an earlier one is used." in said
    assert settled(fresh) == settled(finished_source)
    assert looks(fresh) == 1
    assert leftovers(fresh) == []


def test_a_killed_forget_is_finished_by_the_same_command(finished: Path, scanloom: Command) -> None:
    patient = a_patient(finished)
    unbroken = Path(shutil.copytree(finished, finished.parent / "unbroken", symlinks=True))
    assert scanloom("forget", CONFIG, patient, cwd=unbroken).returncode == 0
    for point in ("written:parts.jsonl", "write:predictions.csv", "commit:catalogue"):
        killed = scanloom("forget", CONFIG, patient, cwd=finished, SCANLOOM_CRASH_AT=point)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert scanloom("forget", CONFIG, patient, cwd=finished).returncode == 0
    assert settled(finished) == settled(unbroken)


def test_ctrl_c_while_reading_scans_ends_all_children_and_loses_nothing(
    fresh: Path, ingested_source: Path, started
) -> None:
    running = started(fresh, "make", "--no-print-directory", "ingest", f"CONFIG={CONFIG}")
    wait_for((fresh / "data/small/catalogue.sqlite").exists)
    time.sleep(0.05)  # children are reading now; all is read a quarter of a second later
    os.killpg(running.pid, signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    assert running.returncode in (2, -signal.SIGINT), said  # make's own code, or the signal passed on
    assert "Interrupted. Nothing was lost: run the same command again." in said
    assert "Traceback" not in said
    wait_for(ended, running.pid)
    assert make_in(fresh, "ingest").returncode == 0
    assert settled(fresh) == settled(ingested_source)


def test_training_holds_the_analysis_and_stops_after_a_whole_step(
    finished: Path, scanloom: Command, started
) -> None:
    edit(finished, "epochs: 2", "epochs: 400")
    for number in (signal.SIGTERM, signal.SIGINT):
        before = states(finished)
        running = started(finished, sys.executable, "-m", "pipeline.cli", "train", CONFIG)
        wait_for(lambda before=before: states(finished) - before)
        second = scanloom("ingest", CONFIG, cwd=finished)
        assert second.returncode == 75
        assert re.search(
            rf"Another run works on 'small' \(process {running.pid} on \S+ since ", second.stderr
        )
        assert scanloom("generations", CONFIG, cwd=finished).returncode == 0
        assert "VERDICT FIRST" in scanloom("verdict", CONFIG, cwd=finished).stdout
        os.killpg(running.pid, number)
        said, _ = running.communicate(timeout=60)
        assert running.returncode == 128 + number, said
        assert f"Stopped by {number.name} after a whole step; the same command goes on from there." in said
        assert "Traceback" not in said
        wait_for(ended, running.pid)
    assert "Training goes on after step" in said


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
    assert "catalogue.sqlite can't be used now (database or disk is full; " in said
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
    # 64 scans of 32 KB and SQLite's index of 32 KB fit; the header of the shard, or the file beside it, don't.
    said, _ = fill_up(finished, "normalize", folder="data/small", free_kb=64 * 32 + 32)
    assert re.search(r"\w+-\w+\.(npy|json) was not written: the disk is full \(.*normalized, ", said)
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


def test_damage_that_cannot_be_mended_here_is_told_with_the_file(finished: Path, scanloom: Command) -> None:
    ledger = finished / "reports/small/ledger/parts.jsonl"
    places = {
        "cohort": (ledger, 200, r"parts\.jsonl, line \d: the chain of digests is broken"),
        "evaluate": (finished / CANDIDATE / "model.keras", 9000, "model.keras is not what `train` wrote"),
        "report": (
            finished / CANDIDATE / "predictions.csv",
            500,
            "predictions.csv is not what `evaluate` wrote",
        ),
        "normalize": (finished / "data/small/catalogue.sqlite", 3, "catalogue.sqlite is damaged"),
    }
    for stage, (path, place, told) in places.items():
        whole = path.read_bytes()
        flip_a_byte(path, place)
        done = scanloom(stage, CONFIG, cwd=finished)
        assert done.returncode == 7, (stage, done.stdout, done.stderr)
        assert re.search(told, done.stderr)
        path.write_bytes(whole)
    assert scanloom("verify", CONFIG, cwd=finished).returncode == 0


def test_a_damaged_catalogue_is_set_aside_and_made_again(ingested: Path, scanloom: Command) -> None:
    catalogue = ingested / "data/small/catalogue.sqlite"
    data = bytearray(catalogue.read_bytes())
    data[2 * 4096 : 2 * 4096 + 100] = bytes(100)  # the head of a page: SQLite opens the file all the same
    catalogue.write_bytes(data)
    done = scanloom("ingest", CONFIG, cwd=ingested)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "catalogue.sqlite was damaged; it lies beside as catalogue-damaged.sqlite. "
        "A new one is made from the scans, the key and the ledgers.\n"
    )
    aside = ingested / "data/small/catalogue-damaged.sqlite"
    assert aside.read_bytes() == data
    assert "was damaged" not in scanloom("ingest", CONFIG, cwd=ingested).stdout
    with (ingested / "data/raw/small/labels.csv").open(newline="") as stream:
        patient = next(csv.DictReader(stream))["patient_id"]
    assert scanloom("forget", CONFIG, patient, cwd=ingested).returncode == 0
    assert not aside.exists()


def test_a_catalogue_that_was_made_again_holds_what_the_first_one_held(
    finished: Path, finished_source: Path
) -> None:
    (finished / "data/small/catalogue.sqlite").write_bytes(b"no database")
    assert make_in(finished, "normalize").returncode == 0
    (finished / "data/small/catalogue-damaged.sqlite").unlink()
    new, old = settled(finished), settled(finished_source)
    assert {name for name in old if new.get(name) != old[name]} == {
        f"data/small/stages/{stage}.{kind}"
        for stage in ("drift", "train", "evaluate", "compare", "report")
        for kind in ("checked", "json")
    }


def test_a_flipped_bit_in_a_row_is_found_by_verify(finished: Path, scanloom: Command) -> None:
    catalogue = finished / "data/small/catalogue.sqlite"
    for word in (b'"manufacturer"', b"duplicate_identical"):
        whole = catalogue.read_bytes()
        assert word in whole
        catalogue.write_bytes(whole.replace(word, word[:-2] + b"~" + word[-1:], 1))
        done = scanloom("verify", CONFIG, cwd=finished)
        assert (done.returncode, done.stderr) == (
            7,
            "Rows of catalogue.sqlite are damaged. Run `make clean CONFIG=configs/small.yaml`, then "
            "`make report CONFIG=configs/small.yaml`.\n",
        )
        catalogue.write_bytes(whole)


def test_damaged_voxels_come_back_from_the_scans(
    finished: Path, finished_source: Path, scanloom: Command
) -> None:
    (shard,) = (finished / "data/small/cases").glob("*.npy")
    flip_a_byte(shard, shard.stat().st_size - 1000)
    edit(finished, "low: -1000", "low: -900")
    done = scanloom("normalize", CONFIG, cwd=finished)
    assert done.returncode == 7
    assert "Run `make clean CONFIG=configs/small.yaml`, then the same command" in done.stderr
    assert scanloom("clean", CONFIG, cwd=finished).returncode == 0
    assert make_in(finished, "ingest").returncode == 0
    assert shard.read_bytes() == (finished_source / "data/small/cases" / shard.name).read_bytes()


def test_hostile_files_cost_themselves_alone(ingested: Path, scanloom: Command) -> None:
    raw = ingested / "data/raw/small"
    scans = [path for path in sorted(raw.rglob("*")) if path.is_file() and b"DICM" in path.read_bytes()[:132]]
    whole = scans[0].read_bytes()
    hostile = {
        "cut": whole[: len(whole) // 2],
        "cut in the header": whole[:300],
        "empty": b"",
        "noise": whole[:132] + np.random.default_rng(1).bytes(5000),
    }
    for name, data in hostile.items():
        (raw / name).write_bytes(data)
    before = scanloom("files", CONFIG, "--state", "accepted", cwd=ingested).stdout
    done = scanloom("ingest", CONFIG, cwd=ingested)
    assert done.returncode == 0, done.stderr
    assert "77 files, 67 scans of 60 patients" in done.stdout
    assert scanloom("files", CONFIG, "--state", "accepted", cwd=ingested).stdout == before
    rest = [line.split("\t") for line in scanloom("files", CONFIG, cwd=ingested).stdout.splitlines()]
    assert {line[0] for line in rest if line[1] != "accepted"} >= hostile.keys()


def test_a_loss_that_is_no_number_stops_training_and_keeps_nothing_of_it(
    finished: Path, scanloom: Command
) -> None:
    old = (finished / CANDIDATE / "model.keras").read_bytes()
    edit(finished, "  epochs: 2", "  epochs: 4\n  learning_rate: 1.0e+30")
    done = scanloom("train", CONFIG, cwd=finished)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"not a finite number .*learning rate", done.stderr)
    assert "Lower `train.learning_rate`" in done.stderr
    assert "Traceback" not in done.stderr
    assert (finished / CANDIDATE / "model.keras").read_bytes() == old
    for path in (finished / "data/small/checkpoints").glob("*.npz"):
        with np.load(path) as arrays:
            assert all(np.isfinite(arrays[name]).all() for name in arrays.files)
