"""For whom the model works less well: each subgroup beside all others, by the task's own metric."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.statistics.multiple import holm
from pipeline.tasks.contract import Labels, View
from pipeline.tasks.measured import Json
from pipeline.tasks.registry import Task

UNKNOWN = "unknown"


def compare(view: View, groups: Mapping[str, Labels], task: Task) -> tuple[list[Json], list[Json]]:
    """The metric of every subgroup of the view, and its difference from all others.

    `groups` has for each column the value of each row of the view. The p values are corrected over all
    subgroups of the view together. A column in which all are alike compares nobody.
    """
    metrics, comparisons = [], []
    for column, values in groups.items():
        distinct = sorted(set(values))
        for value in distinct if len(distinct) > 1 else ():
            rows = np.asarray(values == value, dtype=np.bool_)
            label = f"{column}={value or UNKNOWN}"
            metrics.append(task.measures.group_metric(view, rows, label))
            comparisons.append(task.measures.group_difference(view, rows, label))
    _correct(comparisons)
    return metrics, comparisons


def _correct(comparisons: list[Json]) -> None:
    """Adds to every comparison its family's size and its p corrected within the family."""
    tested = [entry for entry in comparisons if entry["p"] is not None]
    for entry in comparisons:
        entry |= {"p_holm": None, "family": f"{len(tested)} subgroups of the {entry['part']} part"}
    for entry, p in zip(tested, holm([entry["p"] for entry in tested]), strict=True):
        entry["p_holm"] = p
