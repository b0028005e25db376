"""The small project, run once by real make in a folder with a space in its name, and copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_project import make_in, new_project
from writes import watching


@pytest.fixture(scope="session")
def fresh_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on which nothing was run yet; copy it."""
    return new_project(tmp_path_factory.mktemp("new") / "a study")


@pytest.fixture(scope="session")
def finished_source(fresh_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same project after `make report`; copy it. What was written is noted beside it."""
    folder = tmp_path_factory.mktemp("done") / "a study"
    shutil.copytree(fresh_source, folder, symlinks=True)
    done = make_in(folder, "report", **watching(folder.parent / "writes.log"))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def champion_source(finished_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished project after its first promotion; copy it."""
    folder = tmp_path_factory.mktemp("promoted") / "a study"
    shutil.copytree(finished_source, folder, symlinks=True)
    done = make_in(folder, "promote", "APPROVER=Ada")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def with_champion(champion_source: Path, tmp_path: Path) -> Path:
    """A copy of the project whose first candidate is the champion."""
    return Path(shutil.copytree(champion_source, tmp_path / "a study", symlinks=True))


@pytest.fixture
def fresh(fresh_source: Path, tmp_path: Path) -> Path:
    """A copy of the project on which nothing was run yet."""
    return Path(shutil.copytree(fresh_source, tmp_path / "a study", symlinks=True))


@pytest.fixture
def finished(finished_source: Path, tmp_path: Path) -> Path:
    """A copy of the finished project."""
    return Path(shutil.copytree(finished_source, tmp_path / "a study", symlinks=True))


@pytest.fixture(scope="session")
def ingested_source(fresh_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after `make ingest`; copy it."""
    folder = tmp_path_factory.mktemp("ingested") / "a study"
    shutil.copytree(fresh_source, folder, symlinks=True)
    done = make_in(folder, "ingest")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def ingested(ingested_source: Path, tmp_path: Path) -> Path:
    """A copy of the project after `make ingest`."""
    return Path(shutil.copytree(ingested_source, tmp_path / "a study", symlinks=True))
