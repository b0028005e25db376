"""A project whose candidate is trained: a network small enough to know, whose logit is the image's mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import handed_on
import numpy as np
import pandas as pd

from pipeline import backend, digests
from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.config import Config, load
from pipeline.contracts import cohort as cohorts
from pipeline.contracts.normalized import Grid, Grids, grids_of
from pipeline.places import own
from pipeline.provenance import cores
from pipeline.records import Case, Geometry
from pipeline.workspace import Workspace

RECIPE = "recipe"
PATIENTS = 120
SIDE = 8
YAML = """
ingest: {raw: raw}
cohort: {labels: labels.csv, target: target, positive: ill}
normalize: [{z_score: {}}]
evaluate: {resamples: 200, prevalences: [0.05]}
report: {title: Study}
"""


def part_of(index: int) -> str:
    return ("train", "validation", "test", "test")[index % 4]


def save_network(path: Path, *, ill: float = 2.0) -> None:
    """The network; `ill` is what its mean speaks for the ill."""
    backend.start(cores())
    import keras

    scan = keras.Input((SIDE, SIDE, 1))
    maps = keras.layers.Conv2D(1, 1, kernel_initializer="ones", name="first_convolution")(scan)
    maps = keras.layers.Conv2D(1, 1, kernel_initializer="ones", name="last_features")(maps)
    mean = keras.layers.GlobalAveragePooling2D()(maps)
    dense = keras.layers.Dense(2, name="logits")
    model = keras.Model(scan, dense(mean))
    dense.set_weights([np.array([[-ill, ill]]), np.zeros(2)])
    model.save(path)


def write_arrays(workspace: Workspace, generator: np.random.Generator) -> None:
    """An image a case: noise around +0.6 for the ill and -0.6 for the others; the last has none."""
    cases = []
    with ShardWriter(workspace.normalized / "shard-00000.npy") as shard:
        for index in range(PATIENTS - 1):
            level = 0.6 if is_ill(index) else -0.6
            image = np.full((SIDE, SIDE, 1), level + generator.normal(scale=0.7), dtype=np.float32)
            stored = shard.append(image)
            case = Case(
                case_id=f"case{index:03d}",
                patient_id=f"patient{index:03d}",
                study_id=f"study{index:03d}",
                series_id=f"series{index:03d}",
                modality="CT",
                value_unit="HU",
                channels=1,
                geometry=Geometry((1.0, 1.0)),
                stored=stored,
                pixel_digest="",
            )
            cases.append((case, stored))
    grid = Grid((1.0, 1.0), own(2))
    kept = grids_of(workspace.normalized / "shard-00000.npy")
    kept.write(workspace.normalized, Grids({case.case_id: grid for case, _ in cases}))
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases((case, ()) for case, _ in cases)
        catalogue.put_arrays(RECIPE, cases)


def is_ill(index: int) -> bool:
    return index // 4 % 3 == 0


def write_cohort(workspace: Workspace) -> None:
    rows = [
        {
            "case_id": f"case{index:03d}",
            "person_id": f"patient{index:03d}",
            "part": part_of(index),
            "era": 1,
            "target": "ill" if is_ill(index) else "well",
            "by_sex": "FM"[index // 2 % 2],
        }
        for index in range(PATIENTS)
    ]
    workspace.candidate.mkdir(parents=True)
    pd.DataFrame(rows).to_csv(workspace.candidate / "cohort.csv", index=False)
    cohorts.FILE.write(workspace.candidate, handed_on.COHORT)


def write_model(workspace: Workspace) -> None:
    path = workspace.candidate / "model.keras"
    save_network(path)
    handed_on.model_in(
        workspace.candidate,
        question=handed_on.asked("well", "ill", positive="ill"),
        recipe_id=RECIPE,
        input_shape=(SIDE, SIDE, 1),
        model_sha256=digests.of_file(path),
    )


def make(root: Path) -> None:
    """The project in a folder, not yet evaluated."""
    workspace = Workspace(root, "study")
    (root / "configs").mkdir()
    (root / "configs" / "study.yaml").write_text(YAML)
    write_cohort(workspace)
    write_arrays(workspace, np.random.default_rng(1))
    write_model(workspace)


def config_of(root: Path) -> Config:
    return load(root / "configs" / "study.yaml")


def read(workspace: Workspace, name: str) -> Any:
    return json.loads((workspace.candidate / name).read_text())
