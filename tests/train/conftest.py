"""A tiny cohort with its arrays, as the stages before training leave them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import handed_on
import numpy as np
import pandas as pd
import pytest

from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import normalized
from pipeline.records import Case, Geometry, Stored
from pipeline.workspace import Workspace
from pipeline.writing import write_csv

PARTS = ["train"] * 12 + ["validation"] * 4 + ["test"] * 4
CLASSES = ["absent", "present"]
EVEN = [index % 2 for index in range(len(PARTS))]

Prepare = Callable[..., Workspace]


@pytest.fixture(scope="session")
def prepare() -> Prepare:
    """Makes a project in a folder: 20 scans of 16 x 16, those of class 'present' brighter."""
    return _prepare


def _prepare(root: Path, classes: Sequence[int] = EVEN) -> Workspace:
    workspace = Workspace(root, "study")
    rng = np.random.default_rng(0)
    scans = [rng.normal(100 + 20 * index, 20, (16, 16, 1)).astype(np.int16) for index in classes]
    with ShardWriter(workspace.normalized / "shard-00000.npy") as shard:
        pairs = [(_case(number, stored), stored) for number, stored in enumerate(map(shard.append, scans))]
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases([(case, []) for case, _ in pairs])
        catalogue.put_arrays("recipe", pairs)
    _describe(workspace, classes)
    return workspace


def _case(number: int, stored: Stored) -> Case:
    return Case(
        case_id=f"case-{number:02d}",
        patient_id=f"patient-{number:02d}",
        study_id="study",
        series_id="series",
        modality="CT",
        value_unit="HU",
        channels=1,
        geometry=Geometry((1.0, 1.0)),
        stored=stored,
        pixel_digest=f"pixels-{number}",
    )


def _describe(workspace: Workspace, classes: Sequence[int]) -> None:
    cohort = pd.DataFrame(
        {
            "case_id": [f"case-{number:02d}" for number in range(len(PARTS))],
            "person_id": [f"patient-{number:02d}" for number in range(len(PARTS))],
            "part": PARTS,
            "era": 1,
            "target": [CLASSES[index] for index in classes],
        }
    )
    write_csv(workspace.candidate / "cohort.csv", cohort)
    described = replace(
        handed_on.COHORT, question=handed_on.asked(*CLASSES, positive="present"), digest="frozen"
    )
    cohorts.FILE.write(workspace.candidate, described)
    arrays = replace(handed_on.NORMALIZED, recipe_id="recipe", shape=(16, 16, 1), spacing=(1.0, 1.0))
    normalized.FILE.write(workspace.data, arrays)
