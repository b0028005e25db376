"""A candidate's folder as the stages write it: some hundred invented patients, made from a seed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import invented_comparison
import invented_insights
import numpy as np
import pandas as pd

from pipeline import digests
from pipeline.config import Config, Evaluate
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import controls as control_runs
from pipeline.contracts import metrics as metric_file
from pipeline.contracts import operating as operating_file
from pipeline.contracts import population as populations
from pipeline.contracts import rule
from pipeline.contracts.controls import Control
from pipeline.contracts.metrics import Metric
from pipeline.controls import BORDER, CENTRE, PERMUTED, RANDOM
from pipeline.evaluate.headline import with_headline
from pipeline.evaluate.measure import measure
from pipeline.evaluate.population import population
from pipeline.records import ALL_PARTS, EXTERNAL, PARTS
from pipeline.tasks.classification import answers, predictions
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace
from pipeline.writing import write_csv, write_json

SHAPE = (64, 64, 1)
THRESHOLD = 0.30
TEMPERATURE = {
    "id": "temperature", "rule": "temperature", "part": "validation", "value": 1.31, "low": None, "high": None,
    "unit": "case", "method": "least log-loss", "flag": None, "reason": "chosen, not estimated",
}  # fmt: skip
NOTICES = [
    {
        "kind": "duplicate_pixels", "count": 4, "case_ids": [],
        "detail": "4 groups of identical images of one patient, one of each kept",
    },
    {
        "kind": "label_without_scan", "count": 6, "case_ids": [],
        "detail": "rows of the table that name no scan: lines 12, 31, 77, 140, 141, 902",
    },
]  # fmt: skip
CHOSEN = {
    "id": "operating_point", "rule": "sensitivity", "target": 0.95, "chosen_on": "validation",
    "digest": digests.of_bytes(b"validation rows"), "cost_fn": 1.0, "cost_fp": 1.0, "prevalence": None, "reason": None,
}  # fmt: skip
GROUPS = {
    "by_sex": ("F", "M", ""),
    "by_age_band": ("18-39", "40-59", "60-79", "80+"),
    "by_manufacturer": ("SIEMENS", "GE", "PHILIPS"),
}


@dataclass(frozen=True)
class Candidate:
    """A workspace with a finished candidate and its configuration."""

    config: Config
    workspace: Workspace


def make(
    root: Path,
    *,
    classes: tuple[str, ...] = ("normal", "nodule"),
    patients: int = 900,
    champion: bool = True,
    abroad: int = 0,
) -> Candidate:
    """Writes a candidate of so many patients with these classes under `root`; the last `abroad` are external."""
    generator = np.random.default_rng(20261124)
    config = _config(classes)
    workspace = Workspace(root, "demo")
    cases = _cases(generator, classes, patients)
    elsewhere = {digests.of_json(["patient", number])[:26] for number in range(patients - abroad, patients)}
    cases.loc[cases["patient_id"].isin(elsewhere), "part"] = EXTERNAL
    folder = workspace.candidate
    folder.mkdir(parents=True)
    _write_cohort(folder, cases, classes, config)
    _write_model(folder, generator, classes)
    _write_evaluation(folder, cases, classes, config)
    invented_insights.write(folder, generator, cases, classes)
    _write_controls(folder, classes)
    invented_comparison.write(workspace, champion=champion)
    return Candidate(config, workspace)


def _config(classes: tuple[str, ...]) -> Config:
    positive = classes[1] if len(classes) == 2 else None
    return Config.model_validate(
        {
            "name": "demo",
            "ingest": {"raw": "data/raw/demo", "modalities": ("CT",)},
            "cohort": {"labels": "data/raw/demo/labels.csv", "target": "finding", "positive": positive, "groups": ("sex", "age_band", "manufacturer")},
            "normalize": ({"resize": {"shape": (64, 64)}}, {"z_score": {}}),
            "train": {},
            "evaluate": {"goal": {"metric": "auroc", "at_least": 0.90}, "prevalences": (0.05, 0.005), "resamples": 200},
            "report": {
                "title": "Pulmonary nodules on single CT slices",
                "intended_use": "Second look at axial CT slices of the chest by a radiologist, to point out slices that may hold a nodule; never to replace the reading.",
                "out_of_scope": "Screening without a reader, children, scans with contrast.",
                "licence": "Apache-2.0",
                "contact": "radiology-ai@example.org",
            },
        }
    )  # fmt: skip


def _cases(generator: np.random.Generator, classes: tuple[str, ...], patients: int) -> pd.DataFrame:
    """One row a case: patient, part, truth, groups and logits."""
    rows = []
    shares = [0.7] + [0.3 / (len(classes) - 1)] * (len(classes) - 1)
    for patient in range(patients):
        part = ("train", "validation", "test")[
            int(np.searchsorted([0.6, 0.75], generator.random(), side="right"))
        ]
        groups = {name: str(generator.choice(values, p=_weights(values))) for name, values in GROUPS.items()}
        truth = int(generator.choice(len(classes), p=shares))
        for scan in range(1 + int(generator.random() < 0.25)):
            logits = generator.normal(size=len(classes))
            weaker = 1.1 if groups["by_manufacturer"] == "PHILIPS" else 0.0
            logits[truth] += 2.1 - weaker
            name = digests.of_json(["case", patient, scan])[:26]
            rows.append(
                {
                    "case_id": name,
                    "patient_id": digests.of_json(["patient", patient])[:26],
                    "part": part,
                    "truth": truth,
                    "logits": logits,
                    **groups,
                }
            )
    return pd.DataFrame(rows).sort_values("case_id", ignore_index=True)


def _weights(values: tuple[str, ...]) -> list[float]:
    weights = np.arange(len(values), 0, -1, dtype=float) ** 1.6
    weights[-1] *= 0.25 if len(values) > 2 and values[-1] == "80+" else 1
    return list(weights / weights.sum())


def _write_cohort(folder: Path, cases: pd.DataFrame, classes: tuple[str, ...], config: Config) -> None:
    cohort = (
        cases[["case_id", "patient_id", "part"]]
        .rename(columns={"patient_id": "person_id"})
        .assign(era=1, target=[classes[truth] for truth in cases["truth"]])
    )
    for name in GROUPS:
        cohort[name] = cases[name]
    write_csv(folder / "cohort.csv", cohort)
    excluded = _excluded()
    write_csv(folder / "excluded.csv", excluded)
    parts = _parts(cohort, classes)
    total = len(cohort) + len(excluded)
    files = {
        "accepted": {"ok": total},
        "excluded": {"localizer": 118, "non_image_object": 41, "duplicate_identical": 12, "not_dicom": 7},
        "quarantined": {"geometry_invalid": 3, "unit_unknown": 5},
        "failed": {"truncated": 2},
    }
    write_json(
        folder / "cohort.json",
        {
            "schema": "cohort/1",
            "classes": list(classes),
            "positive": config.cohort.positive,
            "join": {"column": "accession", "names": "accession", "matched": total - 9, "of": total},
            "flow": {
                "files": files,
                "series": total,
                "cases": total,
                "excluded": {"not_in_table": 9, "duplicate_pixels": 4},
                "patients": int(cohort["person_id"].nunique()),
            },
            "parts": parts,
            "eras": {"1": parts},
            "notices": NOTICES,
            "images_across_parts": 0,
            "digest": digests.of_json(cohort.to_dict("records")),
        },
    )
    (folder / "config.yaml").write_text("task: classification\n")


def _write_controls(folder: Path, classes: tuple[str, ...]) -> None:
    """Control runs that found nothing."""
    name = "auroc" if len(classes) == 2 else "macro_auroc"
    reached = {PERMUTED: 0.503, RANDOM: 0.548, CENTRE: 0.71, BORDER: 0.52}
    runs = [
        Control(
            key,
            "pass",
            Metric(name, "test", "patient", value, value - 0.06, value + 0.05, 0.95, "DeLong", patients=200, cases=250),
            0.5,
            0.92,
            0 if key == RANDOM else 4,
        )
        for key, value in reached.items()
    ]  # fmt: skip
    control_runs.FILE.write(folder, control_runs.Controls(tuple(runs), 60, 11.5))


def _excluded() -> pd.DataFrame:
    rows = [
        (f"x{number}", "cohort", "not_in_table", "the table of labels has no row for it")
        for number in range(9)
    ]
    rows += [
        (f"y{number}", "cohort", "duplicate_pixels", "the same pixels as another") for number in range(4)
    ]
    return pd.DataFrame(rows, columns=["case_id", "stage", "reason", "detail"])


def _parts(cohort: pd.DataFrame, classes: tuple[str, ...]) -> dict[str, dict[str, object]]:
    parts: dict[str, dict[str, object]] = {}
    for part in ALL_PARTS if EXTERNAL in set(cohort["part"]) else PARTS:
        rows = cohort[cohort["part"] == part]
        parts[part] = {
            "patients": int(rows["person_id"].nunique()),
            "cases": len(rows),
            "classes": {name: int((rows["target"] == name).sum()) for name in classes},
        }
    return parts


def _write_model(folder: Path, generator: np.random.Generator, classes: tuple[str, ...]) -> None:
    epochs = np.arange(1, 21)
    history = pd.DataFrame(
        {
            "epoch": epochs,
            "loss": 0.18 + 0.52 * np.exp(-epochs / 5) + generator.normal(0, 0.006, 20),
            "accuracy": 0.95 - 0.3 * np.exp(-epochs / 5) + generator.normal(0, 0.004, 20),
            "val_loss": 0.27 + 0.45 * np.exp(-epochs / 4) + 0.003 * epochs + generator.normal(0, 0.012, 20),
            "val_accuracy": 0.91 - 0.28 * np.exp(-epochs / 4) + generator.normal(0, 0.01, 20),
            "val_auroc": 0.955 - 0.25 * np.exp(-epochs / 4) + generator.normal(0, 0.006, 20),
            "learning_rate": 1e-3,
            "seconds": 3.1,
            "images_per_second": 430.0,
            "wait_share": 0.01,
        }
    )
    write_csv(folder / "history.csv", history)
    (folder / "model.keras").write_bytes(b"not a model: the report never opens it")
    write_json(
        folder / "model.json",
        {
            "schema": "model/1", "architecture": "resnet", "parameters": 174_898, "input_shape": list(SHAPE), "classes": list(classes), "positive": classes[1] if len(classes) == 2 else None,
            "recipe": [{"resize": {"shape": [64, 64]}}, {"z_score": {}}], "recipe_id": "4b0c2f9a77de", "statistics": {"mean": [0.0], "std": [1.0]},
            "seed": 1, "epochs_run": 20, "best_epoch": 14, "monitor": "val_loss", "device": "cpu", "threads": 2, "precision": "float32",
            "versions": {"keras": "3.15.1", "numpy": "2.4.6", "python": "3.11.7", "scanloom": "0.1.0", "tensorflow-cpu": "2.21.0"},
            "train_digest": "0" * 64, "cohort_digest": json.loads((folder / "cohort.json").read_text())["digest"],
            "model_sha256": digests.of_file(folder / "model.keras"), "seconds": 63.4, "spacing": [0.78, 0.78], "first_layer": "first_convolution",
            "receptive_field_pixels": [61, 61],
            "stem_distance_pixels": [2, 2],
            "distance_pixels": [16, 16],
        },
    )  # fmt: skip


def _write_evaluation(folder: Path, cases: pd.DataFrame, classes: tuple[str, ...], config: Config) -> None:
    """Predictions at a temperature of 1.31, and what the evaluation measures of them."""
    logits = TEMPERATURE["value"] * 1.9 * np.stack(list(cases["logits"]))
    fixed = answers.Frozen(TEMPERATURE["value"], THRESHOLD if len(classes) == 2 else None)
    probability = answers.probabilities(logits, fixed)
    table = cases[["case_id", "patient_id", "part"]].assign(
        truth=[classes[truth] for truth in cases["truth"]],
        predicted=[classes[index] for index in answers.decided(probability, fixed)],
        **{f"score_{name}": probability[:, index] for index, name in enumerate(classes)},
        **{f"logit_{name}": logits[:, index] for index, name in enumerate(classes)},
        status="ok",
        reason="",
    )
    write_csv(folder / "predictions.csv", table.join(cases[list(GROUPS)]))
    plan = Evaluate(prevalences=config.evaluate.prevalences, resamples=config.evaluate.resamples)
    task = task_of("classification")
    metrics = measure(predictions.read(folder / "predictions.csv"), task, plan, fixed=fixed)
    metrics["calibration"]["temperature"] = TEMPERATURE
    metrics["digests"] = {
        name: digests.of_bytes(name.encode()) for name in ("code", "cohort", "config", "model")
    } | {"predictions": digests.of_file(folder / "predictions.csv")}
    metrics["thresholds"] = [{**CHOSEN, "threshold": fixed.threshold}] if fixed.threshold else []
    metrics["created_utc"] = None
    record = with_headline(metric_file.FILE.of(metrics), task, metric="auroc", bound=0.90)
    metric_file.FILE.write(folder, record)
    fixed_on_validation = {
        "question": metrics["question"],
        "choices": {"temperature": TEMPERATURE["value"], "thresholds": metrics["thresholds"]},
        "patient_score": "max",
    }
    operating_file.FILE.write(folder, operating_file.FILE.of(fixed_on_validation))
    rule.FILE.write(folder, rule.Rule({}, {}))
    abroad = cases[cases["part"] == EXTERNAL]["patient_id"].nunique()
    everybody = cohorts.TABLE.frame(folder)
    counted = population(everybody, task, task.target.question_of(record), external_patients=abroad)
    populations.FILE.write(folder, counted)
