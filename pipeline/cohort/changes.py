"""Labels that are no longer those the champion was made with."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.cohort.findings import Finding
from pipeline.cohort.outputs import Row
from pipeline.workspace import Workspace


def champion_labels(workspace: Workspace) -> dict[str, str]:
    """The label of each scan of the champion's cohort; empty when there is no champion."""
    if not workspace.champion.exists():
        return {}
    generation = json.loads(workspace.champion.read_text())["generation"]
    with (workspace.generations / generation / "cohort.csv").open(newline="") as stream:
        return {row["case_id"]: row["target"] for row in csv.DictReader(stream)}


def changed_labels(before: Mapping[str, str], rows: Sequence[Row]) -> list[Finding]:
    """The scans whose label is no longer the one of `before`, with counts from old to new and by part."""
    changed = [row for row in rows if before.get(row.case_id, row.target) != row.target]
    if not changed:
        return []
    moves = Counter(f"{before[row.case_id]} -> {row.target}" for row in changed)
    parts = Counter(row.part for row in changed)
    detail = f"labels changed since the champion: {_counted(moves)} (in {_counted(parts)})"
    return [Finding("label_changed", len(changed), detail, tuple(row.case_id for row in changed))]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{word} {count}" for word, count in sorted(counts.items()))
