"""Every crash point of every command, one after the other: killed there, the same command ends the same.

Of a loop over files, steps or states the first and the last passing stand for all.
"""

import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from disks import fill_up
from once import once
from settled import NOT_COMPARED, leftovers, looks, settled
from small_project import PROJECT, a_patient, contents, phantom

pytestmark = pytest.mark.exhaustive

ARROW = ("configure", "ingest", "cohort", "normalize", "drift", "train", "evaluate", "compare", "report")
CONFIG = "configs/small.yaml"
CANDIDATE = "reports/small/candidate"
STEPS = (*ARROW, "promote", *(f"later {stage}" for stage in ARROW), "later promote", "rollback", "forget")
"""The life of an analysis; `later` with new scans, and a champion to be measured against."""
KILLED = tuple(name for name in STEPS if name != "later train")
"""Training reads nothing of a champion: killed once is killed for good."""
LOOPED = {r"^copied:.*": "copied", r"step-\d+": "step", r"state-\d+": "state"}

ARGUMENTS = {
    "promote": ("--approver", "me"),
    "later drift": ("--accept-drift", "a third scanner"),
    "later promote": ("--approver", "me", "--override", "a test"),
    "rollback": ("--approver", "me", "--reason", "a test"),
}


@dataclass(frozen=True)
class Step:
    """One command of the life: the project before and after it, and the crash points that it passes."""

    command: tuple[str, ...]
    before: Path
    after: Path
    passed: tuple[str, ...]

    @property
    def points(self) -> list[str]:
        """Each point once for every time that it is passed; of those in a loop the first and the last."""
        count: Counter[str] = Counter()
        points: dict[str, list[str]] = {}
        for name in self.passed:
            count[name] += 1
            points.setdefault(_kind(name), []).append(f"{name}#{count[name]}")
        looped = {_kind(name) for name in self.passed if _kind(name) != name}
        ends = {kind: dict.fromkeys((own[0], own[-1])) for kind, own in points.items() if kind in looped}
        return [point for kind, own in points.items() for point in ends.get(kind, own)]


def _kind(point: str) -> str:
    for pattern, word in LOOPED.items():
        point = re.sub(pattern, word, point)
    return point


@pytest.fixture(scope="session")
def life(fresh_source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    """The whole life without a kill; lived once for all processes of pytest."""

    def live(folder: Path) -> None:
        (folder / "steps.pickle").write_bytes(pickle.dumps(_lived(fresh_source, folder)))

    folder = once(tmp_path_factory, "life", live)
    lived: dict[str, Step] = pickle.loads((folder / "steps.pickle").read_bytes())
    return lived


def _lived(fresh: Path, folder: Path) -> dict[str, Step]:
    project = Path(shutil.copytree(fresh, folder / "a study", symlinks=True))
    before = Path(shutil.copytree(project, folder / "0", symlinks=True))
    steps = {}
    for number, name in enumerate(STEPS, start=1):
        if name == "later configure":
            phantom(project, "--later")
            before = Path(shutil.copytree(project, folder / "later", symlinks=True))
        command = command_of(name, project)
        log = folder / f"{number}.log"
        done = run(project, command, SCANLOOM_CRASH_LOG=str(log))
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        after = Path(shutil.copytree(project, folder / str(number), symlinks=True))
        steps[name] = Step(command, before, after, tuple(log.read_text().splitlines()))
        before = after
    return steps


def command_of(name: str, project: Path) -> tuple[str, ...]:
    more = (a_patient(project),) if name == "forget" else ARGUMENTS.get(name, ())
    return (name.removeprefix("later "), CONFIG, *more)


def run(project: Path, command: tuple[str, ...], **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *command],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        timeout=1800,
    )


@pytest.mark.parametrize("name", KILLED)
def test_killed_at_any_point_the_same_command_ends_as_an_unbroken_run(
    life: dict[str, Step], name: str, tmp_path: Path
) -> None:
    wanted = settled(life[name].after)
    for point in life[name].points:
        kill_and_repeat(life[name], point, wanted=wanted, project=tmp_path / "a study")


def kill_and_repeat(step: Step, point: str, *, wanted: dict[str, str], project: Path) -> None:
    """Kills the command at the point, gives it again, and compares with the unbroken run."""
    shutil.copytree(step.before, project, symlinks=True)
    killed = run(project, step.command, SCANLOOM_CRASH_AT=point)
    assert killed.returncode == -signal.SIGKILL, (point, killed.stdout, killed.stderr)
    done = run(project, step.command)
    assert done.returncode == 0, (point, done.stdout, done.stderr)
    found = settled(project)
    other = [path for path in found.keys() | wanted.keys() if found.get(path) != wanted.get(path)]
    assert other == [], point
    assert looks(project) == looks(step.after), point
    assert leftovers(project) == [], point
    shutil.rmtree(project)


@pytest.mark.parametrize("name", STEPS)
def test_no_file_is_written_without_a_crash_point(life: dict[str, Step], name: str) -> None:
    step = life[name]
    before, after = contents(step.before), contents(step.after)
    written = [path for path in sorted(after) if before.get(path) != after[path]]
    assert written
    named = {point.split(":", 1)[1] for point in step.passed}
    stamps = {"checked", *(f"{stage}.checked" for stage in ARROW)}  # empty, touched last of all
    unnamed = {Path(path).name for path in written if not NOT_COMPARED.keys() & {*Path(path).parts}}
    assert unnamed - stamps - named == set()


def test_no_room_for_a_training_state(finished: Path) -> None:
    model = finished / CANDIDATE / "model.keras"
    old = model.read_bytes()
    shutil.rmtree(finished / "data/small/checkpoints")  # so that training begins anew
    said, _ = fill_up(finished, "train", folder="data/small/checkpoints", free_kb=16)
    assert re.search(r"state-0\d+\.npz was not written: the disk is full \(.*checkpoints, 0 MB free\)", said)
    assert re.findall(r"exit \d+", said) == ["exit 75", "exit 0"]
    assert model.read_bytes() == old


def test_nothing_is_predicted_with_a_damaged_champion(life: dict[str, Step], tmp_path: Path) -> None:
    project = Path(shutil.copytree(life["promote"].after, tmp_path / "a study", symlinks=True))
    model = project / "reports/small/generations/0001/model.keras"
    data = bytearray(model.read_bytes())
    data[9000] ^= 1
    model.write_bytes(data)
    for command in (("predict", CONFIG, "data/raw/small/north"), ("drift", CONFIG)):
        done = run(project, command)
        assert done.returncode == 7
        assert "Generation 0001: model.keras changed since the promotion" in done.stderr
    assert not (project / "predictions.csv").exists()


def test_predict_runs_beside_a_run_that_holds_the_analysis(life: dict[str, Step], tmp_path: Path) -> None:
    project = Path(shutil.copytree(life["promote"].after, tmp_path / "a study", symlinks=True))
    hold = "import sys; from pathlib import Path; from pipeline.locking import lock; from pipeline.workspace import Workspace\n"
    hold += "with lock(Workspace(Path.cwd(), 'small')): print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    done = run(project, ("predict", CONFIG, "data/raw/small/north"))
    holder.kill()
    holder.communicate()
    assert done.returncode == 0, done.stderr
    assert (project / "predictions.csv").exists()


def test_training_refuses_a_damaged_array(finished: Path) -> None:
    shutil.rmtree(finished / "data/small/checkpoints")  # so that training begins anew
    for shard in (finished / "data/small/normalized").glob("*.npy"):
        data = bytearray(shard.read_bytes())
        data[128:] = bytes(byte ^ 1 for byte in data[128:])
        shard.write_bytes(data)
    assert run(finished, ("train", CONFIG)).returncode == 7
