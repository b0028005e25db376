"""Tables of predictions with a known make-up."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import known_network
import pandas as pd
import pytest
from invented_table import table

from pipeline.workspace import Workspace

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes such a table, after `change` if given, and gives its path."""

    def written(
        classes: tuple[str, ...] = ("no", "yes"),
        patients: int = 160,
        cases_a_patient: int = 1,
        *,
        seed: int = 1,
        parts: tuple[str, ...] = ("validation", "test"),
        change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame,
    ) -> Path:
        path = tmp_path / "table.csv"
        frame = change(table(classes, patients, cases_a_patient, seed=seed, parts=parts))
        frame.to_csv(path, index=False, float_format="%.9g")
        return path

    return written


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose candidate is trained and not yet evaluated."""
    root = tmp_path_factory.mktemp("project")
    known_network.make(root)
    return root


@pytest.fixture(scope="session")
def evaluated(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same project after its evaluation."""
    from pipeline import evaluate

    root = tmp_path_factory.mktemp("evaluated") / "project"
    shutil.copytree(prepared, root)
    evaluate.run(known_network.config_of(root), Workspace(root, "study"))
    return Workspace(root, "study")


@pytest.fixture
def project(prepared: Path, tmp_path: Path) -> Workspace:
    """A copy to do with as a test pleases."""
    shutil.copytree(prepared, tmp_path / "project")
    return Workspace(tmp_path / "project", "study")
