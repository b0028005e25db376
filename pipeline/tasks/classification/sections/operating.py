"""The decision threshold: how it was chosen, what it achieved, and the counts behind it."""

from __future__ import annotations

from typing import Any, Final

from pipeline.contracts.metrics import Threshold
from pipeline.page.artifacts import VALIDATION, Artifacts, Curve
from pipeline.page.facts import Fact, count, setting
from pipeline.page.section import Section
from pipeline.records import EXTERNAL
from pipeline.tasks.classification.classes import Classes

KEY = "operating"
_NUMBERS_OF_FINDING: Final = (
    "sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative", "alarm_share", "accuracy",
    "balanced_accuracy", "f1", "mcc",
)  # fmt: skip
_NUMBERS_OF_MANY: Final = ("accuracy", "balanced_accuracy", "macro_f1", "macro_auroc", "kappa", "mcc")
_RATES: Final = ("sensitivity", "specificity", "ppv", "npv", "alarm_share")
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
        | artifacts.elsewhere(name)
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
    tables["points"] = _points(artifacts)
    words: dict[str, Any] = {
        "positive": artifacts.question.positive,
        "classes": list(artifacts.question.names),
        "unit": artifacts.unit,
    }
    names = dict.fromkeys(name for keys in _by_class(question).values() for name in keys)
    words["rates"] = [{"name": name, "label": known[name].label} for name in _RATES]
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
        "shown": shown(float(value)),
        "chosen": chosen,
        "note": threshold.reason or "",
        "achieved": artifacts.metric(threshold.rule)
        if threshold.rule in ("sensitivity", "specificity")
        else None,
    }


def shown(threshold: float) -> str:
    """The threshold with three digits; one that only rounding makes 1 isn't reached by every sure score.

    >>> shown(0.851195825), shown(0.99996), shown(2.0)
    ('0.851', 'just below 1', 'above every score')
    """
    if threshold > 1:
        return "above every score"
    digits = f"{threshold:.3g}"
    return "just below 1" if digits == "1" and threshold < 1 else digits


def _points(artifacts: Artifacts) -> list[dict[str, Any]]:
    """A row for each of ten thresholds and the one in use, as the evaluation counted them.

    Of another source there is a row of the threshold in use alone, which was chosen without it.
    """
    of_part = {each["part"]: each for each in artifacts.curves("operating", elsewhere=True)}
    curve, abroad = of_part.get(artifacts.part), of_part.get(EXTERNAL)
    if curve is None:
        return []
    rows = [_point(row, curve, artifacts) for row in curve["points"]]
    if abroad is None or artifacts.part == EXTERNAL:
        return rows
    used = (row for row in abroad["points"] if row["threshold"] == abroad["in_use"])
    return [*rows, *(_point(row, abroad, artifacts) for row in used)]


def _point(row: Curve, curve: Curve, artifacts: Artifacts) -> dict[str, Any]:
    cells = {
        name: Fact(
            name, cell["value"], cell["low"], cell["high"],
            None if cell["low"] is None else curve["level"],
            unit=artifacts.unit, method=cell["method"], part=curve["part"], cases=curve["cases"],
            patients=curve["patients"], flag=cell["flag"] or "", reason=cell["reason"] or "",
            numerator=cell["numerator"], denominator=cell["denominator"],
        )
        for name, cell in row.items()
        if name != "threshold"
    }  # fmt: skip
    threshold = setting("threshold", row["threshold"])
    known = {"in_use": row["threshold"] == curve["in_use"], "elsewhere": curve["part"] != artifacts.part}
    return {"threshold": threshold, "shown": shown(row["threshold"]), **known, **cells}


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
