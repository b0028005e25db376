"""A candidate's folder as the stages write it: some hundred patients, made from a seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import digests, ledger, predictions
from pipeline.config import Config
from pipeline.evaluate import operating
from pipeline.evaluate.measure import measure
from pipeline.evaluate.tasks import task_of
from pipeline.evaluate.view import Plan
from pipeline.workspace import Workspace, write_csv, write_json

SHAPE = (64, 64, 1)
THRESHOLD = 0.30
TEMPERATURE = {
    "id": "temperature", "rule": "T14", "part": "validation", "value": 1.31, "low": None, "high": None,
    "method": "minimum_log_loss", "flag": None, "reason": "chosen, not estimated",
}  # fmt: skip
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


@pytest.fixture(scope="session")
def make_candidate() -> Callable[..., Candidate]:
    """Writes a candidate of `patients` patients with these classes under a folder."""

    def make(
        root: Path,
        *,
        classes: tuple[str, ...] = ("normal", "nodule"),
        patients: int = 900,
        champion: bool = True,
    ) -> Candidate:
        generator = np.random.default_rng(20261124)
        config = _config(classes)
        workspace = Workspace(root, "demo")
        cases = _cases(generator, classes, patients)
        folder = workspace.candidate
        folder.mkdir(parents=True)
        _write_cohort(folder, cases, classes, config)
        _write_model(folder, generator, cases, classes)
        _write_evaluation(folder, cases, classes, config)
        _write_insights(folder, generator, cases, classes)
        _write_comparison(folder, champion=champion)
        if champion:
            _write_champion(workspace)
        _write_ledgers(workspace)
        return Candidate(config, workspace)

    return make


@pytest.fixture(scope="session")
def candidate(
    make_candidate: Callable[..., Candidate], tmp_path_factory: pytest.TempPathFactory
) -> Candidate:
    """A candidate of a binary task with a champion; tests that write must make their own."""
    return make_candidate(tmp_path_factory.mktemp("binary"))


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
    cohort = cases[["case_id", "patient_id", "part"]].assign(
        era=1, target=[classes[truth] for truth in cases["truth"]]
    )
    for name in GROUPS:
        cohort[name] = cases[name]
    write_csv(folder / "cohort.csv", cohort)
    excluded = [
        (f"x{number}", "cohort", "not_in_table", "the table of labels has no row for it")
        for number in range(9)
    ]
    excluded += [
        (f"y{number}", "cohort", "duplicate_pixels", "the same pixels as another") for number in range(4)
    ]
    write_csv(
        folder / "excluded.csv", pd.DataFrame(excluded, columns=["case_id", "stage", "reason", "detail"])
    )
    parts = {}
    for part in ("train", "validation", "test"):
        rows = cohort[cohort["part"] == part]
        parts[part] = {
            "patients": int(rows["patient_id"].nunique()),
            "cases": len(rows),
            "classes": {name: int((rows["target"] == name).sum()) for name in classes},
        }
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
                "patients": int(cohort["patient_id"].nunique()),
            },
            "parts": parts,
            "eras": {"1": parts},
            "findings": [
                {
                    "kind": "duplicate_pixels",
                    "count": 4,
                    "detail": "4 groups of identical images",
                    "case_ids": [],
                },
                {
                    "kind": "label_without_scan",
                    "count": 6,
                    "detail": "rows that name no scan: lines 12, 31, 77, 140, 141, 902",
                    "case_ids": [],
                },
            ],
            "digest": digests.of_json(cohort.to_dict("records")),
        },
    )
    (folder / "config.yaml").write_text("task: classification\n")


def _write_model(
    folder: Path, generator: np.random.Generator, cases: pd.DataFrame, classes: tuple[str, ...]
) -> None:
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
            "schema": "model/1", "architecture": "resnet", "parameters": 174_898, "input_shape": list(SHAPE), "classes": list(classes),
            "recipe": [{"resize": {"shape": [64, 64]}}, {"z_score": {}}], "recipe_id": "4b0c2f9a77de", "statistics": {"mean": [0.0], "std": [1.0]},
            "seed": 1, "epochs_run": 20, "best_epoch": 14, "monitor": "val_loss", "device": "cpu", "threads": 2, "precision": "float32",
            "versions": {"keras": "3.15.1", "numpy": "2.4.6", "python": "3.11.7", "scanloom": "0.1.0", "tensorflow-cpu": "2.21.0"},
            "train_digest": "0" * 64, "cohort_digest": json.loads((folder / "cohort.json").read_text())["digest"],
            "model_sha256": digests.of_file(folder / "model.keras"), "seconds": 63.4, "spacing": [0.78, 0.78], "first_layer": "first_convolution",
            "receptive_field_pixels": [61, 61],
        },
    )  # fmt: skip


def _write_evaluation(folder: Path, cases: pd.DataFrame, classes: tuple[str, ...], config: Config) -> None:
    """Predictions at a temperature of 1.31, and what the evaluation measures of them."""
    logits = TEMPERATURE["value"] * 1.9 * np.stack(list(cases["logits"]))
    probability = operating.probabilities(logits, TEMPERATURE["value"])
    task = task_of(classes)
    threshold = THRESHOLD if task.thresholded else None
    table = cases[["case_id", "patient_id", "part"]].assign(
        truth=[classes[truth] for truth in cases["truth"]],
        predicted=[classes[index] for index in operating.decide(probability, threshold)],
        **{f"score_{name}": probability[:, index] for index, name in enumerate(classes)},
        **{f"logit_{name}": logits[:, index] for index, name in enumerate(classes)},
        status="ok",
        reason="",
    )
    write_csv(folder / "predictions.csv", table.join(cases[list(GROUPS)]))
    plan = Plan(prevalences=config.evaluate.prevalences, resamples=config.evaluate.resamples)
    metrics = measure(predictions.read(folder / "predictions.csv"), task, plan, threshold=threshold)
    metrics["calibration"]["temperature"] = TEMPERATURE
    metrics["digests"] = {
        name: digests.of_bytes(name.encode()) for name in ("code", "cohort", "config", "model")
    }
    metrics["thresholds"] = [{**CHOSEN, "threshold": threshold}] if task.thresholded else []
    metrics["created_utc"] = None
    write_json(folder / "metrics.json", metrics)
    write_json(
        folder / "operating.json",
        {
            "schema": "operating/1",
            "temperature": TEMPERATURE["value"],
            "thresholds": metrics["thresholds"],
            "unit": "patient",
        },
    )
    write_json(folder / "rule.json", {"schema": "rule/1"})


def _write_insights(
    folder: Path, generator: np.random.Generator, cases: pd.DataFrame, classes: tuple[str, ...]
) -> None:
    pictures: dict[str, np.ndarray] = {"filters": generator.normal(size=(16, 3, 3)).astype(np.float32)}
    row, column = np.mgrid[:64, :64]
    pictures["field"] = np.uint8(255 * np.exp(-((row - 32) ** 2 + (column - 32) ** 2) / 160))
    kinds = (
        {"false_negative": 5, "false_positive": 6, "true_positive": 3, "true_negative": 3}
        if len(classes) == 2
        else {"error": 6, "hit": 3}
    )
    items = []
    for kind, number in kinds.items():
        for index in range(number):
            name = f"gallery_{len(items):03d}"
            pictures[name], pictures[f"{name}_heat"] = _slice(
                generator, nodule="positive" in kind or kind == "false_negative"
            )
            said = classes[1] if "positive" in kind else classes[0]
            truth = said if kind.startswith(("true", "hit")) else classes[1 - classes.index(said)]
            item = {
                "kind": kind,
                "case_id": cases["case_id"][len(items)],
                "patient_id": cases["patient_id"][len(items)],
                "truth": truth,
                "target": said,
                "score": 0.97 - 0.03 * index,
                "hidden": None,
                "picture": name,
                "window": [-1.8, 2.4],
                "slice": None,
                "reduced": 1,
            }
            if kind == "false_positive" and index == 5:
                del pictures[name], pictures[f"{name}_heat"]
                item |= {
                    "hidden": "not an original image of the scanner; shown once pixel_text is reviewed",
                    "picture": None,
                }
            items.append(item)
    points = []
    for pixels in range(9):
        change, flipped = 0.012 * pixels, 0.008 * pixels
        points.append(
            {
                "pixels": pixels,
                "change": change,
                "change_low": change * 0.8 if pixels else None,
                "change_high": change * 1.2 if pixels else None,
                "flipped": flipped,
                "flipped_low": flipped * 0.5,
                "flipped_high": flipped * 1.6 + 0.015,
            }
        )
    write_json(
        folder / "insights.json",
        {
            "schema": "insights/1",
            "seed": 1,
            "gallery": {
                "method": "grad_cam",
                "layer": "last_features",
                "items": items,
                "checks": {
                    "cases": len(items),
                    "correlation_with_shuffled": 0.21,
                    "drop_hottest": 0.42,
                    "drop_elsewhere": 0.06,
                },
            },
            "filters": {"layer": "first_convolution", "picture": "filters"},
            "field": {"picture": "field", "cases": 16, "effective_pixels": 23.4},
            "shifts": {"stride_pixels": 8, "points": points, "patients": 200, "cases": 200, "level": 0.95},
        },
    )
    np.savez_compressed(folder / "insights.npz", **pictures)


def _slice(generator: np.random.Generator, *, nodule: bool) -> tuple[np.ndarray, np.ndarray]:
    """A body with two lungs, vessels and perhaps a nodule; heat around one place."""
    row, column = np.mgrid[:64, :64].astype(float)
    body = ((row - 33) / 25) ** 2 + ((column - 32) / 30) ** 2 < 1
    lungs = sum((((row - 32) / 17) ** 2 + ((column - middle) / 10) ** 2 < 1) for middle in (19, 45)) > 0
    image = 0.02 + 0.62 * body - 0.46 * lungs
    for _ in range(14):
        y, x = generator.uniform(18, 46), generator.choice([19, 45]) + generator.uniform(-8, 8)
        image += 0.25 * np.exp(-((row - y) ** 2 + (column - x) ** 2) / 1.6)
    y, x = generator.uniform(22, 42), generator.choice([19.0, 45.0]) + generator.uniform(-4, 4)
    image += nodule * 0.5 * np.exp(-((row - y) ** 2 + (column - x) ** 2) / 6)
    heat = np.exp(-((row - y) ** 2 + (column - x) ** 2) / 90)
    noisy = np.clip(image + generator.normal(0, 0.03, image.shape), 0, 1)
    return np.uint8(255 * noisy), np.uint8(255 * heat)


def _write_comparison(folder: Path, *, champion: bool) -> None:
    if not champion:
        write_json(
            folder / "comparison.json",
            {
                "schema": "comparison/1",
                "verdict": "FIRST",
                "reasons": [],
                "champion": None,
                "look": None,
                "alpha": None,
                "flips": None,
                "notes": [],
            },
        )
        write_json(folder / "drift.json", {"schema": "drift/1", "level": "no_champion", "attributes": []})
        return
    common = {
        "level": 0.98,
        "patients": 231,
        "positive_patients": 70,
        "method": "paired_delong",
        "reason": None,
    }
    reasons = [
        {"rule": "non_inferior_core", "role": "require", "metric": "auroc", "part": "test-core", "value": 0.011, "low": -0.012, "high": 0.034, "bound": -0.05, "outcome": "PASS", "holds": True, "n_more": None, "sentence": "test-core, no loss of 0.05 or more in auroc against the champion: 0.9790 - 0.9680 = +0.0110 (231 patients, 70 positive); one-sided bounds at alpha 0.01 are -0.0120 and +0.0340 (paired_delong, standard error 0.0099, z 2.326); -0.0120 > -0.0500: PASS.", **common},
        {"rule": "superior_era", "role": "require", "metric": "auroc", "part": "test-era", "value": 0.024, "low": -0.008, "high": 0.056, "bound": 0.0, "outcome": "UNKNOWN", "holds": False, "n_more": 310, "sentence": "test-era, a gain in auroc against the champion: 0.9610 - 0.9370 = +0.0240 (88 patients, 27 positive); one-sided bounds at alpha 0.01 are -0.0080 and +0.0560 (paired_delong, standard error 0.0138, z 2.326); -0.0080 <= +0.0000 but +0.0560 >= 0: UNKNOWN. About 310 more test patients would show a true gain of 0.05 in 4 of 5 studies.", **common, "patients": 88, "positive_patients": 27},
        {"rule": "sensitivity", "role": "guard", "metric": "sensitivity", "part": "test", "value": -0.01, "low": -0.06, "high": 0.04, "bound": -0.05, "outcome": "UNKNOWN", "holds": False, "n_more": 120, "sentence": "test, no loss of 0.05 or more in sensitivity against the champion: UNKNOWN.", **common, "method": "patient_bootstrap"},
    ]  # fmt: skip
    flip = {
        "truth": "nodule",
        "champion": "nodule",
        "candidate": "normal",
        "score_of": "nodule",
        "champion_score": 0.61,
        "candidate_score": 0.22,
    }
    write_json(
        folder / "comparison.json",
        {
            "schema": "comparison/1", "verdict": "INCONCLUSIVE", "reasons": reasons, "champion": {"generation": "0001", "model_sha256": "3" * 64},
            "candidate": {"model_sha256": "4" * 64}, "look": {"number": 2, "budget": 5}, "alpha": 0.01, "line": "VERDICT INCONCLUSIVE", "notes": ["At the present intake of 12 test patients a month, 310 more take about 26 months."], "rule_digest": "5" * 64,
            "flips": {"units": 231, "both_right": 196, "both_wrong": 14, "negative": 8, "positive": 13, "negative_rate": 8 / 231, "mcnemar_p": 0.383, "mcnemar_mid_p": 0.286, "negative_list": [{**flip, "name": f"{n:08d}abcdefgh"} for n in range(8)], "positive_list": []},
        },
    )  # fmt: skip
    attributes = [
        {"name": "manufacturer", "kind": "categorical", "p": 0.004, "p_holm": 0.024, "smd": 0.31, "psi": 0.28, "psi_expected": 0.06, "unseen": ["CANON"], "n_old": 612, "n_new": 88},
        {"name": "slice_thickness_mm", "kind": "numeric", "p": 0.41, "p_holm": 1.0, "smd": 0.06, "psi": 0.09, "psi_expected": 0.08, "unseen": [], "n_old": 612, "n_new": 88},
        {"name": "score_nodule", "kind": "numeric", "p": 0.09, "p_holm": 0.45, "smd": 0.14, "psi": 0.11, "psi_expected": 0.08, "unseen": [], "n_old": 612, "n_new": 88},
    ]  # fmt: skip
    write_json(
        folder / "drift.json",
        {"schema": "drift/1", "level": "warn", "attributes": attributes, "accepted": None},
    )


def _write_champion(workspace: Workspace) -> None:
    """A first generation, made of the candidate's own files with fewer patients."""
    folder = workspace.generations / "0001"
    folder.mkdir(parents=True)
    for name in ("model.json", "cohort.json", "metrics.json"):
        content = json.loads((workspace.candidate / name).read_text())
        if name == "cohort.json":
            content["parts"]["train"] |= {"patients": 451, "cases": 570}
        if name == "model.json":
            content["epochs_run"] = 15
        write_json(folder / name, content)
    write_json(
        workspace.champion,
        {
            "generation": "0001",
            "model_sha256": "3" * 64,
            "approver": "A. Reader",
            "created": "2026-05-02T09:14:00+00:00",
            "reason": "first model",
        },
    )


def _write_ledgers(workspace: Workspace) -> None:
    look = {"cohort": "2" * 64, "rule": "5" * 64}
    ledger.append(workspace.ledger("looks"), {**look, "model": "4" * 64, "champion": None})
    if workspace.champion.is_file():
        ledger.append(workspace.ledger("looks"), {**look, "model": "5" * 64, "champion": "0001"})
    if not workspace.champion.is_file():
        return
    ledger.append(
        workspace.ledger("promotions"),
        {
            "action": "promote",
            "generation": "0001",
            "model": "3" * 64,
            "approver": "A. Reader",
            "reason": "first model",
            "verdict": "FIRST",
        },
    )
