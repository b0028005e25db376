"""A fault of ours is told by its kind and place, without the message of a library that may quote a scan."""

from pathlib import Path

import numpy as np
import pytest
from arrow import CONFIG, new_study

from pipeline.catalogue import Catalogue
from pipeline.cli import main
from pipeline.records import Case, Geometry, Stored
from pipeline.workspace import Workspace

WORD = "Qxwelbrandt"


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store in which the name of an array's type is a word that numpy quotes when it doesn't know it."""
    workspace = Workspace(new_study(tmp_path / "project", key=bytes(32)), "study")
    stored = Stored("shard.npy", 0, 4, WORD, (2, 2), 0)
    case = Case("c", "p", "s", "r", "CT", "HU", 1, Geometry((1.0, 1.0)), stored, "")
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases([(case, ())])
    workspace.cases.mkdir()
    np.save(workspace.cases / "shard.npy", np.zeros(64, np.uint8))
    monkeypatch.chdir(workspace.root)


def test_a_fault_quotes_nothing(faulty: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", CONFIG]) == 1
    said = capsys.readouterr()
    assert "A fault of Scanloom (TypeError) at arrays.py:" in said.err
    assert WORD not in said.out + said.err
    assert "Traceback" not in said.err


def test_debug_warns_before_it_quotes(faulty: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--debug", "verify", CONFIG]) == 1
    said = capsys.readouterr().err
    assert 0 <= said.index("Warning: what follows can quote") < said.index(WORD)
