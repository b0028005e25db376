"""Scans with masks through the stage: a kill at any moment, and a patient who is forgotten."""

from __future__ import annotations

import shutil
from dataclasses import replace

import handed_on
import numpy as np
import pandas as pd
import pytest

from pipeline import digests
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue, masks
from pipeline.commands.erasure import erase
from pipeline.commands.persons import Person
from pipeline.config import Config, load
from pipeline.contracts import cohort
from pipeline.contracts.unopened import Unopened
from pipeline.locking import lock
from pipeline.normalize import run
from pipeline.records import Stored
from pipeline.stages import output_digests
from pipeline.tasks.segmentation.structures import Structures
from pipeline.workspace import Workspace
from pipeline.writing import write_csv, write_json

STUDY = """\
task: segmentation
ingest: {raw: raw, workers: 1, masks: {structures: {front: 1, back: 2}}}
cohort: {target: [front, back]}
normalize: [{resize: {shape: [3, 4]}}, {z_score: {}}]
train: {model: unet}
report: {title: Tiny}
"""


@pytest.fixture
def marked(analysis, noise) -> Workspace:
    """Eight scans of two deliveries, with the rows of each halved between two structures."""
    for first, count in ((1, 5), (6, 3)):
        scans = noise(first, count)
        analysis.add(scans, masks={name: _halves(number) for number, name in enumerate(scans)})
    workspace: Workspace = analysis.workspace
    (workspace.root / "tiny.yaml").write_text(STUDY)
    named = [(name, f"p-{name}", part) for name, part in sorted(analysis.parts.items())]
    cells = {"target_front": "1", "target_back": "1"}
    rows = [{"case_id": name, "person_id": who, "part": part, "era": 1, **cells} for name, who, part in named]
    write_csv(workspace.candidate / "cohort.csv", pd.DataFrame(rows))
    question = Unopened(Structures(("front", "back")).to_json())
    cohort.FILE.write(workspace.candidate, replace(handed_on.COHORT, question=question))
    return workspace


def _halves(number: int) -> dict[str, np.ndarray]:
    front = np.zeros((6, 8), np.uint8)
    front[: 2 + number % 3] = 1
    return {"front": front, "back": 1 - front}


def config(workspace: Workspace) -> Config:
    return load(workspace.root / "tiny.yaml")


def rows(workspace: Workspace) -> list[tuple[str, str, Stored]]:
    """What is stored of each case: scan, bits and voxels of its structures."""
    with Catalogue(workspace.catalogue) as catalogue:
        return [
            (name, case_id, stored)
            for name in catalogue.recipes()
            for case_id, stored in catalogue.arrays(name).items()
        ]


def tree(workspace: Workspace) -> dict[str, str]:
    files = [*workspace.normalized.iterdir(), workspace.data / "normalize.json"]
    return {path.name: digests.of_file(path) for path in files} | {"rows": repr(rows(workspace))}


@pytest.mark.parametrize(
    "point",
    ["commit:catalogue", "commit:catalogue#2", "committed:catalogue", "write:normalize.json"],
)
def test_a_kill_at_any_moment_leaves_the_bits_of_an_unbroken_run(
    marked: Workspace, scanloom, point: str
) -> None:
    whole = Workspace(marked.root / "whole", "tiny")
    shutil.copytree(marked.root, whole.root, ignore=shutil.ignore_patterns("whole"))
    run(config(whole), whole)
    write_json(marked.stamp("cohort"), {"stage": "cohort", "outputs": output_digests("cohort", marked)})
    killed = scanloom("normalize", "tiny.yaml", SCANLOOM_CRASH_AT=point)
    assert killed.returncode == -9, killed.stderr
    with lock(marked):
        run(config(marked), marked)
    assert tree(marked) == tree(whole)
    assert {name for name, *_ in rows(marked)} == {name for name, *_ in rows(whole)}
    assert len(rows(marked)) == 3 * 8


def test_of_a_forgotten_patient_no_scan_no_bit_and_no_place_of_a_structure_is_left(
    marked: Workspace,
) -> None:
    run(config(marked), marked)
    of_one = [stored for _, case_id, stored in rows(marked) if case_id == "c02"]
    of_next = [stored for _, case_id, stored in rows(marked) if case_id == "c03"]
    shards = Shards(marked.normalized)
    kept = [np.array(shards.read(stored)) for stored in of_next]
    assert len(of_one) == 3
    assert all(np.any(shards.read(stored)) for stored in of_one)
    with Catalogue(marked.catalogue) as catalogue:
        native = [mask.stored for mask in masks.all_of(catalogue) if mask.case_id == "c02"]
        assert len(native) == 2
        erase(catalogue, marked, [Person("", ("p-c02",), in_catalogue=True, buried=False)])
        assert not any(mask.case_id == "c02" for mask in masks.all_of(catalogue))
    assert {case_id for _, case_id, _ in rows(marked)} == {
        f"c{number:02d}" for number in (1, 3, 4, 5, 6, 7, 8)
    }
    shards = Shards(marked.normalized)
    assert not any(np.any(shards.read(stored)) for stored in of_one)
    assert not any(np.any(Shards(marked.cases).read(stored)) for stored in native)
    for stored, before in zip(of_next, kept, strict=True):
        np.testing.assert_array_equal(shards.read(stored), before)
