"""The decision threshold: how it was chosen, what it achieved, and the counts behind it."""

from __future__ import annotations

from typing import Any, Final

from pipeline.contracts.metrics import Threshold
from pipeline.page.artifacts import VALIDATION, Artifacts
from pipeline.page.facts import Fact, count, setting
from pipeline.page.section import Section
from pipeline.tasks.classification.classes import Classes

KEY = "operating"
_NUMBERS_OF_FINDING: Final = (
    "sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative", "alarm_share", "accuracy",
    "balanced_accuracy", "f1", "mcc",
)  # fmt: skip
_NUMBERS_OF_MANY: Final = ("accuracy", "balanced_accuracy", "macro_f1", "macro_auroc", "kappa", "mcc")
_OF_CLASS: Final = ("auroc", "recall", "precision", "f1")


def build(artifacts: Artifacts) -> Section:
    """The threshold, the metrics that follow from it on the reported part, and the confusion matrix."""
    question, known = artifacts.question, artifacts.task.measures.METRICS
    table = [
        {
            "label": known[name].label,
            "fact": artifacts.metric(name),
            "exact": artifacts.metric(f"{name}_clopper_pearson"),
        }
        for name in _numbers(question)
    ]
    thresholds = [_threshold(threshold, artifacts) for threshold in artifacts.metrics.thresholds]
    tables = {"metrics": table, "thresholds": thresholds, "confusion": _confusion(artifacts)}
    tables["left_out"] = [
        {
            "unit": row.unit,
            "reason": row.reason,
            "count": count("left_out", row.count, f"{row.unit}s", artifacts.part),
        }
        for row in artifacts.metrics.left_out
        if row.part == artifacts.part
    ]
    tables["classes"] = _classes(artifacts)
    words: dict[str, Any] = {
        "positive": artifacts.question.positive,
        "classes": list(artifacts.question.names),
        "unit": artifacts.unit,
    }
    names = dict.fromkeys(name for keys in _by_class(question).values() for name in keys)
    words["of_class"] = {name: known[name].label for name in names}
    return Section(KEY, _numbers_title(question), tables=tables, words=words)


def _threshold(threshold: Threshold, artifacts: Artifacts) -> dict[str, Any]:
    value, chosen = threshold.threshold, threshold.chosen_on == VALIDATION
    return {
        "rule": threshold.rule,
        "target": setting("target", threshold.target),
        "threshold": Fact(
            "threshold",
            f"{value:.6g}",
            method="chosen on validation" if chosen else "fixed beforehand",
            part=VALIDATION if chosen else "",
            reason="chosen, not estimated",
        ),
        "chosen": chosen,
        "note": threshold.reason or "",
        "achieved": artifacts.metric(threshold.rule)
        if threshold.rule in ("sensitivity", "specificity")
        else None,
    }


def _confusion(artifacts: Artifacts) -> list[dict[str, Any]]:
    found = [each for each in artifacts.of_unit(artifacts.metrics.confusion) if each.group is None]
    matrix = next((each for each in found if each.part == artifacts.part), None)
    if matrix is None:
        return []
    rows = []
    for truth, numbers in zip(matrix.classes, matrix.matrix, strict=True):
        total = sum(numbers)
        cells = [
            {
                "count": _count(f"{truth}_as_{said}", number, artifacts).to_json(),
                "share": _share(number, total, artifacts.part),
            }
            for said, number in zip(matrix.classes, numbers, strict=True)
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
        {"class": name, **{key: artifacts.metric(key, target=name) for key in keys}}
        for name, keys in _by_class(artifacts.question).items()
    ]


def _numbers(question: Classes) -> tuple[str, ...]:
    """The metrics of the table of all numbers, in its order."""
    return _NUMBERS_OF_MANY if question.finding is None else _NUMBERS_OF_FINDING


def _numbers_title(question: Classes) -> str:
    """The title of that table's section."""
    return "In numbers" if question.finding is None else "At the operating point"


def _by_class(question: Classes) -> dict[str, tuple[str, ...]]:
    """The metrics of each class that has a row of its own, none where one score tells everything."""
    return dict.fromkeys(question.names, _OF_CLASS) if question.finding is None else {}
