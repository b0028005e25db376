"""What makes a training run another one: everything that can change a weight, and nothing else."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import handed_on
import numpy as np
import pandas as pd
import pytest

import pipeline
from pipeline import backend, provenance
from pipeline.catalogue import Catalogue
from pipeline.config import Config
from pipeline.contracts import cohort as cohorts
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace
from pipeline.writing import write_csv

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train import material  # noqa: E402 - needs Keras's environment
from pipeline.train.identity import OF_TASK, code_of, run_digest  # noqa: E402

ROOT = Path(pipeline.__file__).parent
COVERED = tuple(name for name in code_of("classification") if (ROOT / name).exists())
ASKED = ("tasks/registry.py", "tasks/modules/__init__.py")
"""Name all modules of all tasks; those that training asks are followed by themselves."""
NO_WEIGHT = {
    "__init__": "the version, which is among the versions",
    "arrow": "which stages there are",
    "catalogue": "says where an array lies; its checksum is in the digest",
    "champion": "may refuse a training, and changes none",
    "config": "what it reads is in the digest as the section `train`",
    "contracts": "reads what the digest holds as cohort, classes and arrays",
    "crash_points": "where a test kills a run",
    "digests": "names contents",
    "disks": "what kind of disk",
    "errors": "sentences",
    "invisible": "marks that nobody sees in a word of a table",
    "label_spelling": "how the names of structures are compared, before anything is drawn",
    "ledger": "looks, for which a training may be refused",
    "memory": "how much there is; patch and batch that follow from it are in the section `train`",
    "places": "where arrays lie on their scans, which training doesn't ask",
    "printed": "commands in sentences",
    "progress": "what is shown",
    "provenance": "versions and code, which are in the digest as found",
    "records": "records without arithmetic",
    "rows": "rows of the catalogue as records",
    "schema": "the catalogue's tables",
    "tables": "how words are spelt in a table, which is settled in the cohort",
    "tasks": "what passes between stage and task; what training asks of a task is covered by its own names",
    "workspace": "where files lie",
    "writing": "how files get onto the disk",
}
"""What training imports and can't change a weight, with the reason."""


def imported(path: Path) -> Iterator[str]:
    """The modules of the product that a file imports anywhere, types included, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pipeline":
            yield str(node.module)
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("pipeline"))


def file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split(".")[1:])
    return next((found for found in (path.with_suffix(".py"), path / "__init__.py") if found.is_file()), None)


def reached() -> set[Path]:
    """All source that the stage imports, directly or not."""
    found: set[Path] = set()
    of_task = {ROOT / "tasks/classification" / name for name in OF_TASK}
    waiting = {ROOT / "train/stage.py", *(path for path in of_task if path.exists())}
    while waiting:
        path = waiting.pop()
        found.add(path)
        if path.relative_to(ROOT).as_posix() in ASKED:
            continue
        waiting |= {file for module in imported(path) if (file := file_of(module))} - found
    return found


def covered(path: Path) -> bool:
    place = path.relative_to(ROOT)
    return any(place.is_relative_to(name) for name in COVERED)


def test_all_that_training_imports_is_covered_or_can_change_no_weight() -> None:
    others = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in reached() if not covered(path)}
    assert others == set(NO_WEIGHT)
    found = {path.relative_to(ROOT) for path in reached() if covered(path)}
    assert all(any(path.is_relative_to(name) for path in found) for name in COVERED)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the product's source that the digest of the code is made of."""
    folder = Path(shutil.copytree(ROOT, tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__")))
    monkeypatch.setattr(pipeline, "__file__", str(folder / "__init__.py"))
    provenance.code_digest.cache_clear()
    yield folder
    provenance.code_digest.cache_clear()


def digest_of_code(*names: str) -> str:
    provenance.code_digest.cache_clear()
    return provenance.code_digest(*names)


def test_a_touched_file_makes_another_run_if_it_can_change_a_weight_and_only_then(copy: Path) -> None:
    before = digest_of_code(*COVERED)
    for path in sorted(copy.rglob("*.py")):
        text = path.read_bytes()
        path.write_bytes(text + b"\n# touched\n")
        assert (digest_of_code(*COVERED) != before) == covered(ROOT / path.relative_to(copy)), path
        path.write_bytes(text)


def test_without_names_all_source_counts(copy: Path) -> None:
    before = digest_of_code()
    (copy / "report" / "facts.py").write_text("")
    assert digest_of_code() != before


@pytest.mark.parametrize("name", COVERED)
def test_code_that_is_added_removed_or_renamed_makes_another_run(copy: Path, name: str) -> None:
    before = digest_of_code(*COVERED)
    folder = copy / name
    if folder.is_file():
        folder.write_text("")
    else:
        (folder / "deep" / "er").mkdir(parents=True)
        new = folder / "deep" / "er" / "added.py"
        new.write_text("")
        added = digest_of_code(*COVERED)
        new.rename(new.with_name("renamed.py"))
        assert len({before, added, digest_of_code(*COVERED)}) == 3
    assert digest_of_code(*COVERED) != before


Change = Callable[[Workspace, dict[str, Any], pytest.MonkeyPatch], None]


def _relabelled(workspace: Workspace, settings: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    path = workspace.candidate / "cohort.csv"
    frame = pd.read_csv(path, dtype=str)
    frame.loc[frame["case_id"] == "case-02", "target"] = "present"
    write_csv(path, frame)


def _moved(workspace: Workspace, settings: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    path = workspace.candidate / "cohort.csv"
    frame = pd.read_csv(path, dtype=str)
    frame.loc[frame["case_id"] == "case-12", "part"] = "train"
    write_csv(path, frame)


def _other_array(workspace: Workspace, settings: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    from pipeline.arrays import ShardWriter

    with Catalogue(workspace.catalogue) as catalogue:
        [case] = [case for case in catalogue.cases() if case.case_id == "case-03"]
        with ShardWriter(workspace.normalized / "shard-00001.npy") as shard:
            stored = shard.append(np.zeros((16, 16, 1), np.int16))
        with catalogue.transaction():
            catalogue.put_arrays("recipe", [(case, stored)])


def _other_classes(workspace: Workspace, settings: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    found = cohorts.FILE.read(workspace.candidate)
    cohorts.FILE.write(workspace.candidate, replace(found, question=handed_on.asked("present", "absent")))


def _other_version(workspace: Workspace, settings: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pipeline, "__version__", "another")


def _other_backend(workspace: Workspace, settings: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keras.backend, "backend", lambda: "another")


def _other_code(workspace: Workspace, settings: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    (Path(pipeline.__file__).parent / "backend.py").write_text("")
    provenance.code_digest.cache_clear()


CHANGES: dict[str, Change] = {
    "a label": _relabelled,
    "a part": _moved,
    "the content of an array": _other_array,
    "the order of the classes": _other_classes,
    "a version": _other_version,
    "the backend": _other_backend,
    "the code": _other_code,
    **{
        f"the setting {key}": lambda workspace, settings, patch, key=key, value=value: settings.update(
            {key: value}
        )
        for key, value in {"seed": 2, "width": 8, "class_weights": "none", "augment": {"flip": True}}.items()
    },
}


def digest_in(workspace: Workspace, train: dict[str, Any]) -> str:
    config = Config.model_validate(
        {
            "name": "study",
            "ingest": {"raw": "data/raw/study"},
            "cohort": {"labels": "labels.csv", "target": "label"},
            "normalize": [{"z_score": {}}],
            "train": train,
            "report": {"title": "A study"},
        }
    )
    return run_digest(config, material.read(workspace, task_of("classification")))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_whatever_decides_the_weights_is_in_the_digest_of_a_run(
    name: str, prepare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: Path
) -> None:
    workspace, settings = prepare(tmp_path / "project"), {}
    before = digest_in(workspace, settings)
    assert digest_in(workspace, settings) == before
    CHANGES[name](workspace, settings, monkeypatch)
    assert digest_in(workspace, settings) != before


def test_a_test_label_and_the_order_of_the_table_make_no_other_run(prepare: Any, tmp_path: Path) -> None:
    workspace = prepare(tmp_path)
    before = digest_in(workspace, {})
    path = workspace.candidate / "cohort.csv"
    frame = pd.read_csv(path, dtype=str).iloc[::-1]
    frame.loc[frame["part"] == "test", "target"] = "present"
    write_csv(path, frame)
    assert digest_in(workspace, {}) == before
