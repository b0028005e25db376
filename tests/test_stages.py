"""What a stage waits for, when it is run by itself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import study
from small_project import PROJECT

from pipeline import ledger, stages
from pipeline.arrow import STAGES
from pipeline.config import Config
from pipeline.errors import GateError, UsageError
from pipeline.records import Summary
from pipeline.workspace import Workspace
from pipeline.writing import write_json

NEWEST = 2_000_000_000


@pytest.fixture
def ready(workspace: Workspace) -> Workspace:
    """Scans that were made ready for training, and a comparison with the champion's that let them pass."""
    for age, name in enumerate(("drift", "normalize", "cohort", "ingest")):
        write_json(workspace.stamp(name), {"stage": name, "outputs": {}})
        workspace.stamp(name).with_suffix(".checked").touch()
        at(workspace.stamp(name), NEWEST - age)
        at(workspace.stamp(name).with_suffix(".checked"), NEWEST - age)
    drift(workspace, "none", accepted=None, when=NEWEST)
    return workspace


def at(path, seconds: int) -> None:
    os.utime(path, (seconds, seconds))


def drift(workspace: Workspace, level: str, *, accepted: str | None, when: int) -> None:
    path = workspace.candidate / "drift.json"
    write_json(path, {"level": level, "accepted": accepted})
    at(path, when)


def train(workspace: Workspace) -> list[str]:
    """Runs the stage with nothing in place of the training; what it did."""
    done = []

    def work(config: Config, space: Workspace) -> Summary:
        done.append("trained")
        return Summary((), changed=False)

    stages.run("train", study.config(), workspace, work)
    return done


def stopped(workspace: Workspace) -> None:
    """As drift leaves it when it says stop: its stamp and its look are those of the scans before."""
    drift(workspace, "stop", accepted=None, when=NEWEST + 2)
    for name in ("normalize", "cohort"):
        at(workspace.stamp(name), NEWEST + 1)


def test_scans_that_drift_let_pass_are_trained_on(ready: Workspace) -> None:
    assert train(ready) == ["trained"]


def test_scans_that_drift_stopped_are_not_trained_on_by_the_command_either(ready: Workspace) -> None:
    stopped(ready)
    with pytest.raises(GateError, match=r"drift ACCEPT_DRIFT=|drift .*--accept-drift") as refused:
        train(ready)
    assert refused.value.exit_code == 4


def test_a_stop_that_was_accepted_lets_train(ready: Workspace) -> None:
    drift(ready, "stop", accepted="the new scanner is here to stay", when=NEWEST)
    assert train(ready) == ["trained"]


def test_a_stop_on_scans_of_before_is_not_told_of_those_of_now(ready: Workspace) -> None:
    stopped(ready)
    at(ready.stamp("cohort"), NEWEST + 3)
    with pytest.raises(
        UsageError, match="waits for `drift`, which has not run since the scans or the champion changed"
    ):
        train(ready)


POINTER = {
    "generation": "0001",
    "model_sha256": "0" * 64,
    "approver": "Dr Example",
    "reason": "better",
    "created": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize("newer", ["cohort", "normalize", "champion"])
def test_what_drift_has_not_looked_at_is_not_trained_on(ready: Workspace, newer: str) -> None:
    path = ready.reports / "champion.json" if newer == "champion" else ready.stamp(newer)
    if newer == "champion":
        write_json(path, POINTER)
        moved = {"generation": POINTER["generation"], "model": POINTER["model_sha256"]}
        ledger.append(ready.ledger("promotions"), moved)
        (ready.generations / "0001").mkdir(parents=True)
    at(path, NEWEST + 1)
    with pytest.raises(UsageError, match="waits for `drift`"):
        train(ready)


def test_without_a_look_of_drift_nothing_is_trained(ready: Workspace) -> None:
    ready.stamp("drift").with_suffix(".checked").unlink()
    (ready.candidate / "drift.json").unlink()
    with pytest.raises(UsageError, match="waits for `drift`"):
        train(ready)


def test_a_command_with_nothing_to_do_waits_for_no_arithmetic() -> None:
    code = (
        "import sys, pipeline.commands.configure, pipeline.ingest.stage, pipeline.stages;"
        "print({'scipy.special', 'scipy.ndimage', 'pandas', 'sklearn'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    assert found.stdout.strip() == "set()"


def test_nobody_waits_for_packages_that_neither_the_stage_nor_the_command_needs() -> None:
    stages_without = [f"pipeline.{name}.stage" for name in STAGES if name not in ("train", "evaluate")]
    commands_without = [
        f"pipeline.commands.{path.stem}"
        for path in (PROJECT / "pipeline/commands").glob("*.py")
        if path.stem != "doctor"
    ]
    code = (
        "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]];"
        "print({'keras', 'tensorflow', 'jax', 'sklearn', 'scipy.stats', 'scipy.optimize'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, *stages_without, *commands_without]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)
    assert found.stdout.strip() == "set()"
