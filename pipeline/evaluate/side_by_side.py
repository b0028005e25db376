"""Several models on the same rows: what each pair differs by, on the very same patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from pipeline.statistics.multiple import holm
from pipeline.tasks.contract import View
from pipeline.tasks.measured import Json
from pipeline.tasks.registry import Task

MODELS = "pairs of models"
"""How the family of differences between models ends, which tells it from that of subgroups."""


def compare(views: Mapping[str, Sequence[View]], task: Task) -> list[Json]:
    """The differences b - a of every pair of models, as they stand in metrics.json.

    `views` has for each model the same views in the same order. P values are corrected by Holm over the
    pairs of one metric.
    """
    entries = [
        {"a": a, "b": b, **entry}
        for (a, of_a), (b, of_b) in combinations(views.items(), 2)
        for view_a, view_b in zip(of_a, of_b, strict=True)
        for entry in task.measures.model_differences(view_a, view_b)
    ]
    _correct(entries, pairs=len(views) * (len(views) - 1) // 2)
    return entries


def _correct(entries: list[Json], *, pairs: int) -> None:
    """Adds to every difference its family and its p corrected within it: the pairs of one metric."""
    families: dict[tuple[str, str, str], list[Json]] = defaultdict(list)
    for entry in entries:
        entry |= {"p_holm": None, "family": f"{pairs} {MODELS}"}
        if entry["p"] is not None:
            families[entry["metric"], entry["part"], entry["unit"]].append(entry)
    for family in families.values():
        for entry, p in zip(family, holm([entry["p"] for entry in family]), strict=True):
            entry["p_holm"] = p
