"""What was missed and what was invented: counts of patients, which no mean of overlaps tells."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, count
from pipeline.page.section import Section
from pipeline.tasks.segmentation.predictions import scored
from pipeline.tasks.segmentation.sections.tested import view_of

KEY, TITLE = "presence", "Missed and invented"
_NAMED: Final = 12  # cases: what a person would look up one by one


def build(artifacts: Artifacts) -> Section:
    """A row a structure with its counts and exact intervals, and the pseudonyms of those cases."""
    over = [("Any structure", "")] if len(artifacts.question.names) > 1 else []
    named = [(name, name) for name in artifacts.question.names]
    rows = [_row(label, target, artifacts) for label, target in (*over, *named)]
    view = view_of(artifacts)
    failed = count("failed_counted", 0 if view is None else int(view.failed.sum()), f"{artifacts.unit}s")
    words = {
        "unit": artifacts.unit,
        "cases": {kind: _cases(kind, artifacts) for kind in ("missed", "invented")},
        "most": _NAMED,
    }
    return Section(KEY, TITLE, {"failed": failed}, {"rows": rows}, words=words)


def counted(share: Fact, name: str, artifacts: Artifacts) -> Fact:
    """How many rows a share is of its rows; 0 where there is none."""
    number = round((share.value if isinstance(share.value, float) else 0.0) * (share.cases or 0))
    return count(name, number, f"{artifacts.unit}s", artifacts.part)


def _row(label: str, target: str, artifacts: Artifacts) -> dict[str, Any]:
    row: dict[str, Any] = {"label": label}
    for name in ("missed", "invented"):
        share = artifacts.metric(name, target=target)
        row |= {name: share, f"{name}_count": counted(share, f"{name}_count", artifacts)}
        row[f"{name}_of"] = count(f"{name}_of", share.cases or 0, f"{artifacts.unit}s", artifacts.part)
    if target:
        row["volume"] = artifacts.metric("invented_ml", target=target)
    return row


def _cases(kind: str, artifacts: Artifacts) -> list[dict[str, str]]:
    """The pseudonyms of the cases in which a structure is missed, or invented, and which one."""
    rows, names = artifacts.tested, artifacts.question.names
    numbers = scored(rows, names).missed if kind == "missed" else scored(rows, names).invented
    return [
        {"case_id": str(case_id), "structures": ", ".join(np.array(names)[of_case == 1])}
        for case_id, of_case in zip(rows["case_id"], numbers, strict=True)
        if (of_case == 1).any()
    ]
