"""A comparison with a champion, its drift, the champion's own folder, and the ledgers."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline import ledger
from pipeline.workspace import Workspace
from pipeline.writing import write_json


def write(workspace: Workspace, *, champion: bool) -> None:
    """Writes comparison.json, drift.json and the ledgers, and the champion if there is one."""
    _write_comparison(workspace.candidate, champion=champion)
    if champion:
        _write_champion(workspace)
    _write_ledgers(workspace)


def _write_comparison(folder: Path, *, champion: bool) -> None:
    if champion:
        _write_verdict(folder)
        _write_drift(folder)
    else:
        _write_first(folder)


def _write_first(folder: Path) -> None:
    write_json(
        folder / "comparison.json",
        {
            "schema": "comparison/1",
            "verdict": "FIRST",
            "line": "VERDICT FIRST: no champion yet",
            "candidate": {"model_sha256": "4" * 64},
            "files": {},
            "reasons": [],
            "champion": None,
            "look": None,
            "alpha": None,
            "flips": None,
            "notes": [],
        },
    )
    write_json(folder / "drift.json", {"schema": "drift/1", "level": "no_champion", "attributes": []})


def _write_verdict(folder: Path) -> None:
    common = {
        "level": 0.98,
        "patients": 231,
        "positive_patients": 70,
        "method": "paired DeLong",
        "reason": None,
    }
    reasons = [
        {"rule": "non_inferior_core", "role": "require", "metric": "auroc", "part": "test-core", "value": 0.011, "low": -0.012, "high": 0.034, "bound": -0.05, "outcome": "PASS", "holds": True, "n_more": None, "sentence": "test-core, no loss of 0.05 or more in auroc against the champion: 0.9790 - 0.9680 = +0.0110 (231 patients, 70 positive); one-sided bounds at alpha 0.01 are -0.0120 and +0.0340 (paired_delong, standard error 0.0099, z 2.326); -0.0120 > -0.0500: PASS.", **common},
        {"rule": "superior_era", "role": "require", "metric": "auroc", "part": "test-era", "value": 0.024, "low": -0.008, "high": 0.056, "bound": 0.0, "outcome": "UNKNOWN", "holds": False, "n_more": 310, "sentence": "test-era, a gain in auroc against the champion: 0.9610 - 0.9370 = +0.0240 (88 patients, 27 positive); one-sided bounds at alpha 0.01 are -0.0080 and +0.0560 (paired_delong, standard error 0.0138, z 2.326); -0.0080 <= +0.0000 but +0.0560 >= 0: UNKNOWN. About 310 more test patients would show a true gain of 0.05 in 4 of 5 studies.", **common, "patients": 88, "positive_patients": 27},
        {"rule": "guard_sensitivity", "role": "guard", "metric": "sensitivity", "part": "test", "value": -0.01, "low": -0.06, "high": 0.04, "bound": -0.05, "outcome": "UNKNOWN", "holds": False, "n_more": 120, "sentence": "test, no loss of 0.05 or more in sensitivity against the champion: UNKNOWN.", **common, "method": "resampled patients"},
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
            "candidate": {"model_sha256": "4" * 64}, "files": {}, "look": {"number": 2, "budget": 5}, "alpha": 0.01, "line": "VERDICT INCONCLUSIVE", "plan": {"fixed_with": "0001", "allowed": ["train.epochs", "train.seed"], "unknown": "", "changes": [{"key": "train.epochs", "then": "15", "now": "20", "allowed": True}, {"key": "train.width", "then": "16", "now": "24", "allowed": False}]}, "notes": ["At the present intake of 12 test patients a month, 310 more take about 26 months."], "rule_digest": "5" * 64,
            "flips": {"units": 231, "both_right": 196, "both_wrong": 14, "negative": 8, "positive": 13, "negative_rate": 8 / 231, "mcnemar_p": 0.383, "mcnemar_mid_p": 0.286, "level": 0.95, "sides": {"name": "", "patients": 231, "negative": 8, "positive": 13, "negative_low": 0.0151, "negative_high": 0.0671, "positive_low": 0.0303, "positive_high": 0.0943}, "classes": [{"name": "nodule", "patients": 70, "negative": 8, "positive": 0, "negative_low": 0.0507, "negative_high": 0.2127, "positive_low": 0.0, "positive_high": 0.0513}], "groups": [{"name": "site = B", "patients": 3, "negative": 1, "positive": 0, "negative_low": 0.0084, "negative_high": 0.9057, "positive_low": 0.0, "positive_high": 0.7076}], "negative_list": [{**flip, "name": f"{n:08d}abcdefgh"} for n in range(8)], "positive_list": []},
        },
    )  # fmt: skip


def _write_drift(folder: Path) -> None:
    attributes = [
        {"name": "manufacturer",
            "level": "warn", "kind": "categorical", "p": 0.004, "p_holm": 0.024, "smd": 0.31, "psi": 0.28, "psi_expected": 0.06, "unseen": ["CANON"], "n_old": 612, "n_new": 88},
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
    (folder / "report.html").touch()
    write_json(
        (workspace.reports / "champion.json"),
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
    model = json.loads((workspace.candidate / "model.json").read_text())["model_sha256"]
    ledger.append(workspace.ledger("looks"), {**look, "model": model, "champion": None})
    if (workspace.reports / "champion.json").is_file():
        ledger.append(workspace.ledger("looks"), {**look, "model": "5" * 64, "champion": "0001"})
    if not (workspace.reports / "champion.json").is_file():
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
