"""Finding by finding: in how many patients each is known, and how well they are told apart."""

from __future__ import annotations

from typing import Any, Final

from pipeline.contracts.metrics import Confusion
from pipeline.page.artifacts import VALIDATION, Artifacts
from pipeline.page.facts import Fact, count
from pipeline.page.section import Section

KEY, TITLE = "findings", "Finding by finding"
_SHOWN: Final = ("auroc", "auprc")


def build(artifacts: Artifacts) -> Section:
    """A row a finding with its patients and the area under its ROC curve, below the mean over findings."""
    rows = [_row(name, artifacts) for name in artifacts.question.names]
    estimated = sum(row["auroc"].value is not None for row in rows)
    facts = {
        "overall": artifacts.metric("macro_auroc"),
        "estimated": count("estimated", estimated, "findings", artifacts.part),
        "all": count("findings", len(rows), "findings", artifacts.part),
    }
    words = {
        "unit": artifacts.unit,
        "short": artifacts.short("auroc"),
        "unknown": any(row["unknown"].value for row in rows),
        "validation": any(row["validation"].value is not None for row in rows),
    }
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def _row(name: str, artifacts: Artifacts) -> dict[str, Any]:
    metric = {key: artifacts.metric(key, target=name) for key in _SHOWN}
    known = metric["auroc"].cases or 0
    of_unit = artifacts.metric("macro_auroc").cases or 0
    having = metric["auroc"].positive_patients or 0
    return {
        "label": name,
        **metric,
        "validation": artifacts.metric("auroc", part=VALIDATION, target=name),
        "with_it": _count("with_it", having, "patients", artifacts),
        "known": _count("known", metric["auroc"].patients or 0, "patients", artifacts),
        "unknown": _count("unknown", max(of_unit - known, 0), f"{artifacts.unit}s", artifacts),
    }


def confusion_of(name: str, artifacts: Artifacts) -> Confusion | None:
    """The four counts of a finding on the reported part, reference in rows, absent first."""
    found = (
        each
        for each in artifacts.of_unit(artifacts.metrics.confusion)
        if each.class_ == name and each.group is None and each.part == artifacts.part
    )
    return next(found, None)


def _count(name: str, number: int, unit: str, artifacts: Artifacts) -> Fact:
    return count(name, number, unit, artifacts.part)
