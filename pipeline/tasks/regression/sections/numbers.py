"""All numbers of the reported part, and how far the errors of single patients reach."""

from __future__ import annotations

from typing import Final

from pipeline.page.artifacts import VALIDATION, Artifacts
from pipeline.page.section import Section

KEY, TITLE = "numbers", "In numbers"
SHOWN: Final = ("mae", "rmse", "mae_ratio", "bias", "sd", "limit_low", "limit_high", "r2", "icc")


def build(artifacts: Artifacts) -> Section:
    """A row a metric, with the same of the validation part beside it."""
    known = artifacts.task.measures.METRICS
    beside = {name: artifacts.metric(name, part=VALIDATION) for name in SHOWN}
    rows = [
        {
            "label": known[name].label,
            "reading": known[name].reading,
            "fact": artifacts.metric(name),
            "validation": beside[name],
        }
        for name in SHOWN
    ]
    has_validation = any(fact.value is not None for fact in beside.values())
    words = {"unit": artifacts.unit, "validation": has_validation}
    return Section(KEY, TITLE, tables={"rows": rows}, words=words)
