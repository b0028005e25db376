"""A small analysis written file by file: scans with two signals, and models that weigh them.

Every scan's array has two channels, each constant: `weak` and `strong`, two noisy copies of its label.
A model's logits are 0 and `weights @ (weak, strong)`, so that each score can be worked out by hand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import handed_on
import numpy as np
import pandas as pd

from pipeline import digests, ledger
from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.config import Cohort, Compare, Config, Ingest, Report, dump_without_places
from pipeline.contracts import operating, rule
from pipeline.contracts.normalized import Grid, Grids, grids_of
from pipeline.places import own
from pipeline.provenance import cores
from pipeline.records import Case, Geometry
from pipeline.workspace import Workspace
from pipeline.writing import write_csv, write_text

CLASSES = ["no", "yes"]
RECIPE = "0123456789ab"
MM = 2.0
"""How far the voxels of an array are apart."""
WEAK, STRONG, BAD = (1.0, 0.0), (0.0, 1.0), (0.0, -1.0)


def config(**compare: object) -> Config:
    return Config(
        name="study",
        ingest=Ingest(raw="raw"),
        cohort=Cohort(labels="labels.csv", target="label"),
        normalize=({"z_score": {}},),
        compare=Compare(**compare),
        report=Report(title="A study"),
    )


@dataclass(frozen=True)
class Scans:
    """Rows of a cohort with the two signals of each."""

    cohort: pd.DataFrame
    weak: np.ndarray
    strong: np.ndarray

    def __add__(self, other: Scans) -> Scans:
        cohort = pd.concat([self.cohort, other.cohort], ignore_index=True)
        weak, strong = (
            np.concatenate(pair) for pair in ((self.weak, other.weak), (self.strong, other.strong))
        )
        return Scans(cohort, weak, strong)

    def sorted(self) -> Scans:
        order = np.argsort(self.cohort["case_id"].to_numpy(), kind="stable")
        return Scans(self.cohort.iloc[order].reset_index(drop=True), self.weak[order], self.strong[order])


def scans(prefix: str, count: int, *, part: str, era: int = 1, seed: int = 1) -> Scans:
    """`count` patients with one scan each, every third positive; weak separates by 1 sd, strong by 4."""
    generator = np.random.default_rng(seed)
    positive = np.arange(count) % 3 == 0
    names = [f"{prefix}{index:04d}" for index in range(count)]
    cohort = pd.DataFrame(
        {
            "case_id": [f"case-{name}" for name in names],
            "person_id": [f"patient-{name}" for name in names],
            "part": part,
            "era": era,
            "target": np.where(positive, "yes", "no"),
            "pixel_digest": [digests.of_json(f"case-{name}") for name in names],
        }
    )
    weak, strong = (generator.standard_normal(count) + distance * (positive - 0.5) for distance in (1.0, 4.0))
    return Scans(cohort, weak, strong)


def replaced(found: Scans, case_ids: list[str]) -> Scans:
    """The same scans, but with other pixels under these names: both signals turned round."""
    rows = found.cohort["case_id"].isin(case_ids).to_numpy()
    cohort = found.cohort.assign(
        pixel_digest=np.where(rows, "other " + found.cohort["case_id"], found.cohort["pixel_digest"])
    )
    weak, strong = (np.where(rows, -signal, signal) for signal in (found.weak, found.strong))
    return Scans(cohort, weak, strong)


def store(
    workspace: Workspace, found: Scans, *, kvp: float = 120.0, modality: str = "CT", brightness: int = 100
) -> None:
    """Puts the scans into the catalogue: native voxels, and arrays under RECIPE."""
    first = digests.of_json(found.cohort["pixel_digest"].tolist())[:12]
    generator = np.random.default_rng(len(found.cohort))
    cases, arrays = [], []
    with (
        ShardWriter(workspace.cases / f"{first}.npy") as native,
        ShardWriter(workspace.normalized / f"{first}.npy") as ready,
    ):
        for row, weak, strong in zip(found.cohort.itertuples(), found.weak, found.strong, strict=True):
            voxels = generator.normal(brightness, 20, size=(8, 8)).astype(np.int16)
            case = Case(
                case_id=row.case_id,
                patient_id=row.person_id,
                study_id=f"study-{row.case_id}",
                series_id=f"series-{row.case_id}",
                modality=modality,
                value_unit="HU",
                channels=1,
                geometry=Geometry((0.5, 0.5)),
                stored=native.append(voxels),
                pixel_digest=row.pixel_digest,
                attributes={
                    "kvp": kvp + generator.normal(),
                    "manufacturer": generator.choice(["A", "B"]).item(),
                },
            )
            cases.append(case)
            image = np.tile(np.array([weak, strong], dtype=np.float32), (2, 2, 1))
            arrays.append((case, ready.append(image)))
    grid = Grid((MM, MM), own(2))
    kept = grids_of(workspace.normalized / f"{first}.npy")
    kept.write(workspace.normalized, Grids({case.case_id: grid for case in cases}))
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases((case, ()) for case in cases)
        catalogue.put_arrays(RECIPE, arrays)


def logits_of(found: Scans, weights: tuple[float, float]) -> np.ndarray:
    """Shape (scans, 2): what the model with these weights must say."""
    return np.column_stack([np.zeros(len(found.weak)), weights[0] * found.weak + weights[1] * found.strong])


def predictions_of(found: Scans, weights: tuple[float, float]) -> pd.DataFrame:
    """The table of predictions of the model with these weights, worked out without it."""
    logits = logits_of(found, weights)
    positive = 1 / (1 + np.exp(-logits[:, 1]))
    return (
        found.cohort[["case_id", "person_id", "part"]]
        .rename(columns={"person_id": "patient_id"})
        .assign(
            truth=found.cohort["target"],
            predicted=np.where(positive >= 0.5, "yes", "no"),
            score_no=1 - positive,
            score_yes=positive,
            logit_no=logits[:, 0],
            logit_yes=logits[:, 1],
            status="ok",
            reason="",
        )
    )


def save_model(path: Path, weights: tuple[float, float]) -> None:
    """A Keras model that averages the image and weighs its channels."""
    from pipeline import backend

    backend.start(cores())
    import keras

    inputs = keras.Input((2, 2, 2))
    averaged = keras.layers.GlobalAveragePooling2D()(inputs)
    outputs = keras.layers.Dense(2, use_bias=False)(averaged)
    model = keras.Model(inputs, outputs)
    kernel = np.array([[0.0, weights[0]], [0.0, weights[1]]], dtype=np.float32)
    model.layers[-1].set_weights([kernel])
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)


def write_candidate(
    workspace: Workspace,
    chosen: Config,
    found: Scans,
    *,
    weights: tuple[float, float],
    model: Path | None = None,
) -> str:
    """Writes a trained and evaluated candidate and its look; gives the model's digest.

    `model` is a file to take as the model: where nothing is scored, any bytes will do.
    """
    folder = workspace.candidate
    found = found.sorted()
    folder.mkdir(parents=True, exist_ok=True)
    data = model.read_bytes() if model else json.dumps(weights).encode()
    (folder / "model.keras").write_bytes(data)
    digest = digests.of_bytes(data)
    write_csv(folder / "cohort.csv", found.cohort)
    handed_on.model_in(folder, recipe_id=RECIPE, model_sha256=digest)
    operating.FILE.write(folder, handed_on.OPERATING)
    rule.FILE.write(folder, rule.Rule(chosen.section("evaluate"), chosen.section("compare")))
    write_csv(folder / "predictions.csv", predictions_of(found, weights))
    write_text(folder / "report.html", "<html></html>")
    write_text(folder / "config.yaml", dump_without_places(chosen))
    look(workspace, model=digest, chosen=chosen)
    return digest


def look(workspace: Workspace, *, model: str, chosen: Config) -> None:
    """Writes down that the model looked at the test part, as the evaluation does before it."""
    champion = (
        json.loads((workspace.reports / "champion.json").read_text())["generation"]
        if (workspace.reports / "champion.json").exists()
        else None
    )
    record = {
        "model": model,
        "cohort": "",
        "rule": "",
        "champion": champion,
        "budget": chosen.compare.look_budget,
    }
    ledger.append(workspace.ledger("looks"), record)
