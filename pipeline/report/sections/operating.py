"""The decision threshold: how it was chosen, what it achieved, and the counts behind it."""

from __future__ import annotations

from typing import Any

from pipeline.report.artifacts import VALIDATION, Artifacts
from pipeline.report.facts import Fact, count, setting
from pipeline.report.section import Section

KEY, TITLE, TITLE_OF_MANY = "operating", "At the operating point", "In numbers"
BINARY_ROWS = {
    "sensitivity": "Sensitivity", "specificity": "Specificity", "ppv": "Positive predictive value",
    "npv": "Negative predictive value", "lr_positive": "Likelihood ratio of an alarm",
    "lr_negative": "Likelihood ratio of an all-clear", "alarm_share": "Share of patients flagged",
    "accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "f1": "F1",
    "mcc": "Matthews correlation",
}  # fmt: skip
MULTICLASS_ROWS = {
    "accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "macro_f1": "Macro F1",
    "macro_auroc": "Macro AUROC", "kappa": "Cohen's kappa", "mcc": "Matthews correlation",
}  # fmt: skip


def build(artifacts: Artifacts) -> Section:
    """The threshold, the metrics that follow from it on the reported part, and the confusion matrix."""
    rows = BINARY_ROWS if artifacts.positive is not None else MULTICLASS_ROWS
    table = [
        {"label": label, "fact": artifacts.metric(name), "exact": artifacts.metric(f"{name}_clopper_pearson")}
        for name, label in rows.items()
    ]
    thresholds = [_threshold(threshold, artifacts) for threshold in artifacts.metrics.get("thresholds", [])]
    tables = {"metrics": table, "thresholds": thresholds, "confusion": _confusion(artifacts)}
    tables["left_out"] = [
        {
            "unit": row["unit"],
            "reason": row["reason"],
            "count": count("left_out", row["count"], f"{row['unit']}s", artifacts.part),
        }
        for row in artifacts.metrics.get("left_out", [])
        if row["part"] == artifacts.part
    ]
    tables["classes"] = _classes(artifacts) if artifacts.positive is None else []
    words = {"positive": artifacts.positive, "classes": artifacts.classes, "unit": artifacts.unit}
    title = TITLE_OF_MANY if artifacts.positive is None else TITLE
    return Section(KEY, title, tables=tables, words=words)


def _threshold(threshold: dict[str, Any], artifacts: Artifacts) -> dict[str, Any]:
    value, chosen = threshold.get("threshold"), threshold["chosen_on"] == VALIDATION
    return {
        "rule": threshold["rule"],
        "target": setting("target", threshold.get("target")),
        "threshold": Fact(
            "threshold",
            f"{value:.6g}" if isinstance(value, float | int) else None,
            method="chosen on validation" if chosen else "fixed beforehand",
            part=VALIDATION if chosen else "",
            reason="chosen, not estimated",
        ),
        "chosen": chosen,
        "note": threshold.get("reason") or "",
        "achieved": artifacts.metric(threshold["rule"])
        if threshold["rule"] in ("sensitivity", "specificity")
        else None,
    }


def _confusion(artifacts: Artifacts) -> list[dict[str, Any]]:
    matrix = artifacts.confusion()
    rows = []
    for truth, numbers in zip(matrix.get("classes", []), matrix.get("matrix", []), strict=True):
        total = sum(numbers)
        cells = [
            {
                "count": _count(f"{truth}_as_{said}", number, artifacts).to_json(),
                "share": _share(number, total, artifacts.part),
            }
            for said, number in zip(matrix["classes"], numbers, strict=True)
        ]
        rows.append({"truth": truth, "cells": cells, "total": _count(f"{truth}_total", total, artifacts)})
    return rows


def _count(name: str, number: int, artifacts: Artifacts) -> Fact:
    return count(name, number, f"{artifacts.unit}s", artifacts.part)


def _share(number: int, total: int, part: str) -> dict[str, Any]:
    value = number / total if total else None
    return Fact(
        "row_share",
        value,
        unit="share of the row",
        method="count",
        part=part,
        patients=total,
        reason="share of a row, no inference",
    ).to_json()


def _classes(artifacts: Artifacts) -> list[dict[str, Any]]:
    return [
        {
            "class": name,
            **{key: artifacts.metric(key, target=name) for key in ("auroc", "recall", "precision", "f1")},
        }
        for name in artifacts.classes
    ]
