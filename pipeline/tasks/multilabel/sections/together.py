"""All findings of a patient together: how often everything is right, and which mistakes come together."""

from __future__ import annotations

from typing import Any, Final

from pipeline.page.artifacts import Artifacts, Curve
from pipeline.page.facts import Fact, count
from pipeline.page.section import Section

KEY, TITLE = "together", "All findings together"
_SHOWN: Final = (
    "macro_auroc", "macro_auprc", "macro_sensitivity", "macro_specificity", "macro_f1", "micro_f1",
    "exact_match",
    "hamming_loss", "macro_brier_skill",
)  # fmt: skip
MISTAKES: Final = {
    "missed": "Missed together",
    "false_alarms": "Falsely called together",
    "instead": "Missed (rows), and another falsely called instead (columns)",
}


def build(artifacts: Artifacts) -> Section:
    """The metrics over all findings, and tables of the mistakes that two findings share."""
    known = artifacts.task.measures.METRICS
    tables: dict[str, list[dict[str, Any]]] = {
        "metrics": [{"label": known[name].label, "fact": artifacts.metric(name)} for name in _SHOWN]
    }
    curve = next((each for each in artifacts.curves("mistakes") if each["part"] == artifacts.part), None)
    for kind in MISTAKES if curve else ():
        tables[kind] = _table(kind, curve or {}, artifacts)
    names = artifacts.question.names
    words = {"unit": artifacts.unit, "names": list(names), "mistakes": dict(MISTAKES) if curve else {}}
    return Section(KEY, TITLE, tables=tables, words=words)


def _table(kind: str, curve: Curve, artifacts: Artifacts) -> list[dict[str, Any]]:
    return [
        {"label": name, "cells": [_cell(kind, number, artifacts).to_json() for number in numbers]}
        for name, numbers in zip(curve["classes"], curve[kind], strict=True)
    ]


def _cell(kind: str, number: int, artifacts: Artifacts) -> Fact:
    return count(kind, number, f"{artifacts.unit}s", artifacts.part)
