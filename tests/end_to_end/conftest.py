"""The small project, run once by real make in a folder with a space in its name, and copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from once import once
from small_project import make_in, new_project
from writes import watching

NAME = "a study"


def _after(source: Path, folder: Path, *target: str, **environment: str) -> None:
    """A copy of a project in `folder`, on which a target of make was made."""
    project = Path(shutil.copytree(source, folder / NAME, symlinks=True))
    done = make_in(project, *target, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def fresh_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on which nothing was run yet; copy it."""
    return once(tmp_path_factory, "new", lambda folder: new_project(folder / NAME)) / NAME


@pytest.fixture(scope="session")
def finished_source(fresh_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same project after `make report`; copy it. What was written is noted beside it."""

    def make(folder: Path) -> None:
        _after(fresh_source, folder, "report", **watching(folder / "writes.log"))

    return once(tmp_path_factory, "finished", make) / NAME


@pytest.fixture(scope="session")
def champion_source(finished_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished project after its first promotion; copy it."""

    def make(folder: Path) -> None:
        _after(finished_source, folder, "promote", "APPROVER=Ada")

    return once(tmp_path_factory, "promoted", make) / NAME


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
    return once(tmp_path_factory, "ingested", lambda folder: _after(fresh_source, folder, "ingest")) / NAME


@pytest.fixture
def ingested(ingested_source: Path, tmp_path: Path) -> Path:
    """A copy of the project after `make ingest`."""
    return Path(shutil.copytree(ingested_source, tmp_path / "a study", symlinks=True))
