"""Kills, signals, full disks and damage, with real processes: the same command again is the only repair."""

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
from faulty_projects import CANDIDATE, CONFIG, Command, edit, flip_a_byte
from settled import leftovers, looks, settled
from small_project import PROJECT, a_patient, make_in

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

    def start(project: Path, *command: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command,
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A shell that runs tests in the background lets them, and all that they start, ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(found: Callable[[], object], running: "subprocess.Popen[str]") -> None:
    for _ in range(60_000):
        if found():
            return
        assert running.poll() is None, running.communicate()[0]
        time.sleep(0.01)
    raise AssertionError("waited ten minutes for nothing")


def ended(running: "subprocess.Popen[str]") -> str:
    """All that was printed, to the end: it comes only when the last child, too, has let go of the stream."""
    return running.communicate(timeout=1800)[0]


def states(project: Path) -> set[Path]:
    return set((project / "data/small/checkpoints").rglob("*.npz"))


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
            flip_a_byte(fresh / "data/small/checkpoints/seed-1/state-00000004.npz", 3000)
    done = make_in(fresh, "report")
    assert done.returncode == 0, done.stderr
    assert "The training state state-00000004.npz is damaged or incomplete; an earlier one is used." in said
    assert settled(fresh) == settled(finished_source)
    assert looks(fresh) == 1
    assert leftovers(fresh) == []


@pytest.mark.slow
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
    fresh: Path, tmp_path: Path, started
) -> None:
    # Read for seconds, so that the signal comes while children read, on a fast machine too.
    for copy in range(60):
        shutil.copytree(fresh / "data/raw/small/north", fresh / f"data/raw/small/north again {copy}")
    unbroken = Path(shutil.copytree(fresh, tmp_path / "unbroken", symlinks=True))
    log = tmp_path / "points"
    command = ("make", "--no-print-directory", "ingest", f"CONFIG={CONFIG}")
    running = started(fresh, *command, SCANLOOM_CRASH_LOG=str(log))
    # Children read from the moment the catalogue holds what is to be read; half a second lets them start.
    wait_for(lambda: log.exists() and "committed:catalogue" in log.read_text(), running)
    time.sleep(0.5)
    os.killpg(running.pid, signal.SIGINT)
    said = ended(running)
    assert running.returncode in (2, -signal.SIGINT), said  # make's own code, or the signal passed on
    assert "Interrupted. Nothing was lost: run the same command again." in said
    assert "Traceback" not in said
    assert make_in(fresh, "ingest").returncode == make_in(unbroken, "ingest").returncode == 0
    assert settled(fresh) == settled(unbroken)


def test_training_holds_the_analysis_and_stops_after_a_whole_step(
    finished: Path, scanloom: Command, started
) -> None:
    edit(finished, "epochs: 2", "epochs: 100000")
    before = states(finished)
    running = started(finished, sys.executable, "-m", "pipeline.cli", "train", CONFIG)
    wait_for(lambda: states(finished) - before, running)
    second = scanloom("ingest", CONFIG, cwd=finished)
    assert second.returncode == 75
    assert re.search(rf"Another run works on 'small' \(process {running.pid} on \S+ since ", second.stderr)
    assert scanloom("generations", CONFIG, cwd=finished).returncode == 0
    assert "VERDICT FIRST" in scanloom("verdict", CONFIG, cwd=finished).stdout
    os.killpg(running.pid, signal.SIGINT)
    said = ended(running)
    assert running.returncode == 128 + signal.SIGINT, said
    assert "Stopped by SIGINT after a whole step; the same command goes on from there." in said
    assert "Traceback" not in said


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


@pytest.mark.slow
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
    for path in (finished / "data/small/checkpoints").rglob("*.npz"):
        with np.load(path) as arrays:
            assert all(np.isfinite(arrays[name]).all() for name in arrays.files)
