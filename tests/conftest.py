"""Fixtures that every test may use: a workspace, the real scans, and the command as its users run it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from everything import Everything, lived
from once import once

from pipeline import backend
from pipeline.workspace import Workspace

# As every command does; a test that imports Keras first would compute with other kernels than its children.
backend.prepare()

# By default an example that a busy machine takes too long over is a failure, and examples differ from run to run.
hypothesis.settings.register_profile(
    "anywhere", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("anywhere")

PROJECT = Path(__file__).parent.parent
Command = Callable[..., "subprocess.CompletedProcess[str]"]


LONGEST = (
    "end_to_end/test_faults.py", "train/test_stage.py", "models/test_contract.py", "train/test_outlined.py",
    "train/test_members.py", "executors/test_cluster.py", "train/test_controls.py", "models/test_heads.py",
    "end_to_end/test_make.py", "report/test_stage.py", "test_axes.py", "models/test_keras_applications.py",
    "privacy/test_keys.py", "audit/test_audit.py", "evaluate/test_stage.py", "train/test_augment.py",
    "evaluate/test_controls.py", "ingest/test_next_steps.py", "report/test_table.py", "report/test_copies.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first: at the end, when a process has no file left, the other's is a short one."""
    places = {PROJECT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty project with an analysis named 'study'."""
    return Workspace(tmp_path, "study")


@pytest.fixture
def own_key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key of the analysis 'study', always the same, outside the project and the home of whoever runs tests."""
    folder = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    path = folder / "scanloom/keys/study.key"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"$" * 32)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real scans; tests that need it are skipped where it isn't there."""
    folder = os.environ.get("SCANLOOM_DATA")
    if not folder:
        pytest.skip("SCANLOOM_DATA is not set: the real scans are not here")
    return Path(folder)


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """A project after every command, on scans full of planted words; its files are for reading alone."""

    def live(folder: Path) -> None:
        (folder / "everything.pickle").write_bytes(pickle.dumps(lived(folder)))

    folder = once(tmp_path_factory, "everything", live)
    found: Everything = pickle.loads((folder / "everything.pickle").read_bytes())
    return found


@pytest.fixture
def scanloom(tmp_path: Path) -> Command:
    """Runs `scanloom ARGUMENTS` in a process of its own, in `tmp_path` unless told otherwise."""

    def run(*arguments: str, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline.cli", *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            capture_output=True,
            text=True,
            timeout=1800,
        )

    return run
