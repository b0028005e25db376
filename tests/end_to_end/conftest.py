"""A small analysis on invented patients, run once by real make in a folder with a space in its name."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent
SMALL = """\
ingest:
  raw: data/raw/small
  key: phantom
  modalities: [CT]
cohort:
  labels: data/raw/small/labels.csv
  target: finding
  positive: nodule
normalize:
  - resize: {shape: [32, 32]}
  - hu_window: {low: -1000, high: 300}
train:
  model: plain_cnn
  width: 4
  epochs: 2
  batch_size: 16
  checkpoint_every_steps: 2
  augment: {flip: true, shift: 0.05}
evaluate:
  resamples: 200
report:
  title: Nodules, small
"""

Make = Callable[..., "subprocess.CompletedProcess[str]"]


def make_in(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Real make in a project folder, CONFIG=configs/small.yaml unless told otherwise."""
    config = () if any(a.startswith("CONFIG=") for a in arguments) else ("CONFIG=configs/small.yaml",)
    return subprocess.run(
        ["make", "--no-print-directory", *arguments, *config],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=400,
    )


def new_project(folder: Path) -> Path:
    """A project folder with the Makefile and this checkout's environment, and invented patients."""
    folder.mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy2(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    (folder / "configs").mkdir()
    (folder / "configs/small.yaml").write_text(SMALL)
    phantom(folder)
    return folder


def phantom(project: Path, *arguments: str) -> None:
    """Writes invented patients into the project's RAW folder."""
    command = [sys.executable, "-m", "pipeline.cli", "phantom", "data/raw/small", "--patients", "60", *arguments]
    subprocess.run(command, cwd=project, check=True, env={**os.environ, "PYTHONPATH": str(PROJECT)})


@pytest.fixture(scope="session")
def fresh_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on which nothing was run yet; copy it."""
    return new_project(tmp_path_factory.mktemp("new") / "a study")


@pytest.fixture(scope="session")
def finished_source(fresh_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same project after `make report`; copy it."""
    folder = tmp_path_factory.mktemp("done") / "a study"
    shutil.copytree(fresh_source, folder, symlinks=True)
    done = make_in(folder, "report")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def fresh(fresh_source: Path, tmp_path: Path) -> Path:
    """A copy of the project on which nothing was run yet."""
    return Path(shutil.copytree(fresh_source, tmp_path / "a study", symlinks=True))


@pytest.fixture
def finished(finished_source: Path, tmp_path: Path) -> Path:
    """A copy of the finished project."""
    return Path(shutil.copytree(finished_source, tmp_path / "a study", symlinks=True))


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file below `folder` by its relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
