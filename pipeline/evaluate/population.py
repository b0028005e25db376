"""Who is in which part: the table of the data, with the differences between training and test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.contracts.cohort import GROUP, PERSON, TARGET
from pipeline.contracts.population import Group, Part, Population
from pipeline.records import PARTS
from pipeline.statistics.standardised import of_shares
from pipeline.tasks.contract import Grouped
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd


def population(cases: pd.DataFrame, task: Task, question: Any) -> Population:
    """The parts and groups of a cohort with labels, a row a case: by truth, then by each `by_` column."""
    parts = {part: _part(cases[cases["part"] == part]) for part in PARTS}
    groups = []
    for place, truth in enumerate(task.page.population(list(cases[TARGET]), question)):
        groups += _groups(cases, f"{TARGET}_{place + 1}" if place else TARGET, truth, parts)
    for column in (column for column in cases.columns if column.startswith(GROUP)):
        heading = column.removeprefix(GROUP).replace("_", " ").capitalize()
        grouped = Grouped(heading, list(cases[column]), sorted(cases[column].unique()))
        groups += _groups(cases, column, grouped, parts)
    return Population(parts, tuple(groups))


def _part(cases: pd.DataFrame) -> Part:
    sizes = cases.groupby(PERSON).size()
    if not len(sizes):
        return Part(0, 0)
    return Part(len(sizes), len(cases), float(sizes.median()), int(sizes.max()))


def _groups(cases: pd.DataFrame, of: str, grouped: Grouped, parts: Mapping[str, Part]) -> list[Group]:
    counted = cases.assign(category=list(grouped.of_cases)).groupby(["category", "part"])[PERSON].nunique()
    groups = []
    for category in grouped.order:
        patients = {part: int(counted.get((category, part), 0)) for part in PARTS}
        shares = {part: _share(patients[part], parts[part].patients) for part in PARTS}
        difference = _difference(shares["test"], shares["train"])
        groups.append(Group(of, grouped.heading, category, patients, shares, difference))
    return groups


def _share(patients: int, of: int) -> float | None:
    return patients / of if of else None


def _difference(test: float | None, train: float | None) -> float | None:
    if test is None or train is None:
        return None
    difference = of_shares(test, train)
    return difference if math.isfinite(difference) else None
