"""The interval that each prediction has: how wide it is, and whether it holds what was promised."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, recorded, setting
from pipeline.page.section import Section, not_available
from pipeline.page.wording import percent
from pipeline.tasks.regression.settled import settled

KEY, TITLE = "intervals", "How sure is a single number?"
MOST_DRAWN = 150
"""Intervals: more can't be told apart in one chart, so every so-manieth is drawn."""


def build(artifacts: Artifacts) -> Section:
    """Promised and observed coverage, mean width, and the intervals of the reported scans."""
    coverage, width = artifacts.metric("coverage"), artifacts.metric("interval_width")
    if coverage.value is None:
        return not_available(KEY, TITLE, _why_none(artifacts, coverage))
    told = settled(artifacts.metrics)
    facts = {
        "coverage": coverage,
        "interval_width": width,
        "level": setting("level", told.level if told.interval else None),
        "patients": recorded(
            "validation_patients", told.interval.patients if told.interval else None, "patients"
        ),
    }
    return Section(KEY, TITLE, facts, charts={KEY: _chart(artifacts)}, words={"unit": artifacts.unit})


def _why_none(artifacts: Artifacts, coverage: Fact) -> str:
    if artifacts.table:
        return "the table has no columns `low` and `high`"
    if coverage.reason.startswith("not estimable"):
        return coverage.reason
    told = settled(artifacts.metrics)
    return (
        f"{told.patients} validation patients are too few for an interval that is to hold "
        f"{percent(told.level)} of new patients"
    )


def _chart(artifacts: Artifacts) -> dict[str, Any]:
    rows = artifacts.tested
    truth, said, low, high = (
        rows[name].astype(np.float64).to_numpy() for name in ("truth", "predicted", "low", "high")
    )
    order = np.argsort(said, kind="stable")
    order = order[:: -(-len(order) // MOST_DRAWN)]
    numbers = {"truth": truth, "prediction": said, "low": low, "high": high}
    return {
        **{name: values[order].tolist() for name, values in numbers.items()},
        "quantity": artifacts.question.label,
        "in_unit": artifacts.question.in_unit,
        "method": "split conformal",
        "cases": len(order),
        "of_cases": len(rows),
        "patients": int(rows["patient_id"].nunique()),
    }
