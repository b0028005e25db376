"""The public face: what it reads, what it says where nothing is there, and the notebook that walks it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import invented_candidate
import pytest

import scanloom
from pipeline.errors import DataError, UsageError
from pipeline.report import run

NOTEBOOK = Path(__file__).parents[1] / "docs" / "results.ipynb"
YAML = """
task: classification
ingest: {raw: data/raw/demo, modalities: [CT]}
cohort: {labels: data/raw/demo/labels.csv, target: finding, positive: nodule}
normalize: [{resize: {shape: [64, 64]}}, {z_score: {}}]
train: {model: resnet}
report: {title: Demo}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    made = invented_candidate.make(root)
    run(made.config, made.workspace)
    (root / "configs").mkdir()
    (root / "configs" / "demo.yaml").write_text(YAML, encoding="utf-8")
    return root


def test_what_it_opens_is_what_the_files_hold(project: Path) -> None:
    demo = scanloom.open(project / "configs" / "demo.yaml")
    folder = project / "reports" / "demo" / "candidate"
    stored = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["metrics"]
    assert len(demo.metrics) == len(stored)
    row = demo.metrics.query("id == 'sensitivity' and part == 'test' and unit == 'patient'").iloc[0]
    assert (row["numerator"], row["denominator"]) == (75, 78)
    assert demo.predictions["score_nodule"].between(0, 1).all()
    assert list(demo.cohort["case_id"]) == sorted(demo.cohort["case_id"])
    assert demo.history["epoch"].tolist() == list(range(1, 21))
    assert demo.report["verdict"]["outcome"] == "met"
    assert demo.champion == "0001"
    assert demo.generation("0001").folder.name == "0001"


def test_what_is_not_there_is_told_with_the_command_that_makes_it(project: Path, tmp_path: Path) -> None:
    config = project / "configs" / "demo.yaml"
    empty = scanloom.open(config, root=tmp_path)
    assert empty.champion == ""
    for name, stage in (("predictions", "evaluate"), ("history", "train"), ("report", "report")):
        with pytest.raises(DataError, match=f"make {stage}"):
            getattr(empty, name)
    with pytest.raises(DataError, match="make ingest"):
        empty.voxels("a")
    with pytest.raises(UsageError, match=r"no generation '0009' .*0001"):
        scanloom.open(config).generation("0009")
    with pytest.raises(UsageError):
        scanloom.open(project / "configs" / "missing.yaml")


def test_the_surface_is_what_it_says(project: Path) -> None:
    assert scanloom.__all__ == sorted(scanloom.__all__)
    assert all(hasattr(scanloom, name) for name in scanloom.__all__)


def test_every_cell_of_the_notebook_runs_on_a_finished_analysis(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            assert cell["outputs"] == []
    assert (names["wrong"]["truth"] != names["wrong"]["predicted"]).all()
    assert names["brief"]["words"]["word"] == "Inconclusive"


@pytest.mark.slow
@pytest.mark.skipif(
    not (find_spec("nbclient") and find_spec("ipykernel")), reason="needs `pip install .[notebook]`"
)
def test_the_notebook_runs_as_a_notebook(project: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(project)}}).execute()
