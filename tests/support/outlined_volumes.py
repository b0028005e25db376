"""A tiny cohort of volumes with two spheres in each, and their bits, as the stages before training leave them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import handed_on
import numpy as np
import pandas as pd

from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import normalized
from pipeline.contracts.unopened import Unopened
from pipeline.normalize.outlines import some_voxels
from pipeline.records import Case, Geometry, Stored
from pipeline.tasks.segmentation.structures import Structures
from pipeline.workspace import Workspace
from pipeline.writing import write_csv

PARTS = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
QUESTION = Structures(("front", "back"))
SHAPE = (8, 12, 12)


def volume(number: int, shape: tuple[int, ...] = SHAPE) -> tuple[np.ndarray, np.ndarray]:
    """Values `(*shape, 1)` and bits `(*shape,)`: a bright sphere in front, a brighter one behind."""
    rng, axes = np.random.default_rng(number), len(shape)
    values, bits = rng.normal(100, 10, shape), np.zeros(shape, np.uint8)
    grid = np.indices(shape)
    for bit, (row, level) in enumerate(((0.3, 60), (0.7, 120))):
        middle = np.array(shape) / 2 + rng.uniform(-1, 1, axes)
        middle[-2] += (row - 0.5) * shape[-2]
        inside = ((grid - middle.reshape(-1, *[1] * axes)) ** 2).sum(axis=0) < 2.5**2
        values[inside] += level
        bits[inside] = 1 << bit
    return values.astype(np.float16)[..., None], bits


def prepare(
    root: Path, shapes: list[tuple[int, ...]] | None = None, question: Structures = QUESTION
) -> Workspace:
    """The project; scans have the `shapes` in turn."""
    workspace = Workspace(root, "study")
    made = [volume(number, (shapes or [SHAPE])[number % len(shapes or [SHAPE])]) for number in range(10)]
    with ShardWriter(workspace.normalized / "shard-00000.npy") as shard:
        scans = [shard.append(values) for values, _ in made]
    with ShardWriter(workspace.normalized / "bits-00000.npy") as shard:
        marked = [shard.append(bits) for _, bits in made]
    with ShardWriter(workspace.normalized / "voxels-00000.npy") as shard:
        some = [shard.append(some_voxels(bits, 2)) for _, bits in made]
    cases = [_case(number, stored) for number, stored in enumerate(scans)]
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases([(case, []) for case in cases])
        catalogue.put_arrays("recipe", zip(cases, scans, strict=True))
        catalogue.put_arrays("masks", zip(cases, marked, strict=True))
        catalogue.put_arrays("voxels", zip(cases, some, strict=True))
    _describe(workspace, question, axes=len((shapes or [SHAPE])[0]))
    return workspace


def settings(**train: Any) -> dict[str, Any]:
    """The analysis, with a network of seconds."""
    chosen = {
        "model": "unet",
        "width": 8,
        "levels": 2,
        "epochs": 2,
        "batch_size": 2,
        "learning_rate": 0.01,
        "checkpoint_every_steps": 2,
        "controls": False,
        "augment": {"flip": True, "shift": 0.1, "rotate_degrees": 10.0},
    }
    return {
        "name": "study",
        "task": "segmentation",
        "ingest": {"raw": "data/raw/study", "masks": {"structures": {"front": 1, "back": 2}}},
        "cohort": {"target": ["front", "back"]},
        "normalize": [{"z_score": {}}],
        "train": {**chosen, **train},
        "report": {"title": "A study"},
    }


def _case(number: int, stored: Stored) -> Case:
    return Case(
        case_id=f"case-{number:02d}",
        patient_id=f"patient-{number:02d}",
        study_id="study",
        series_id="series",
        modality="MR",
        value_unit="arbitrary",
        channels=1,
        geometry=Geometry((1.0, 1.0, 1.0)),
        stored=stored,
        pixel_digest=f"pixels-{number}",
    )


def _describe(workspace: Workspace, question: Structures, *, axes: int) -> None:
    cells = {f"target_{name}": "1" for name in QUESTION.names}
    names = [(f"case-{number:02d}", f"patient-{number:02d}") for number in range(len(PARTS))]
    rows = [
        {"case_id": case_id, "person_id": person_id, "part": part, "era": 1, **cells}
        for (case_id, person_id), part in zip(names, PARTS, strict=True)
    ]
    write_csv(workspace.candidate / "cohort.csv", pd.DataFrame(rows))
    described = replace(handed_on.COHORT, question=Unopened(question.to_json()), digest="frozen")
    cohorts.FILE.write(workspace.candidate, described)
    arrays = replace(
        handed_on.NORMALIZED,
        recipe_id="recipe",
        shape=(*SHAPE, 1),
        spacing=(1.0,) * axes,
        mask_id="masks",
        voxels_id="voxels",
        structures=QUESTION.names,
    )
    normalized.FILE.write(workspace.data, arrays)
