"""Who is in which part: the table of the data, how training and test differ, and from where scans come."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pipeline.contracts.cohort import GROUP, PERSON, TARGET
from pipeline.contracts.population import Group, Part, Population, Reach, Sources
from pipeline.records import ALL_PARTS, EXTERNAL, PARTS
from pipeline.statistics.standardised import of_shares
from pipeline.tasks.contract import Grouped
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd


_TELL_SOURCES: Final = ("site", "manufacturer")
"""The groups by which sources are told apart, the one that tells more first."""


def population(cases: pd.DataFrame, task: Task, question: Any, *, external_patients: int = 0) -> Population:
    """The parts and groups of a cohort with labels, a row a case: by truth, then by each `by_` column.

    `external_patients` is how many patients of another source were measured.
    """
    there = {*cases["part"], *PARTS}
    parts = {part: _part(cases[cases["part"] == part]) for part in ALL_PARTS if part in there}
    groups = []
    for place, truth in enumerate(task.page.population(list(cases[TARGET]), question)):
        groups += _groups(cases, f"{TARGET}_{place + 1}" if place else TARGET, truth, parts)
    for column in (column for column in cases.columns if column.startswith(GROUP)):
        heading = column.removeprefix(GROUP).replace("_", " ").capitalize()
        grouped = Grouped(heading, list(cases[column]), sorted(cases[column].unique()))
        groups += _groups(cases, column, grouped, parts)
    return Population(parts, tuple(groups), _sources(cases, external_patients))


def _sources(cases: pd.DataFrame, external_patients: int) -> Sources:
    """From how many sources the parts that were drawn come, as far as groups tell."""
    drawn = cases[cases["part"] != EXTERNAL]
    told = [name for name in _TELL_SOURCES if f"{GROUP}{name}" in drawn]
    words = {name: _words_by_part(drawn, f"{GROUP}{name}") for name in told}
    several = [name for name in told if len(set().union(*words[name].values())) > 1]
    of = next((name for name in (*several, *told) if any(words[name].values())), "")
    of_parts = words[of] if of else {}
    known = bool(of_parts.get("train") and of_parts.get("test"))
    new = len(of_parts["test"] - of_parts["train"]) if known else 0
    reach: Reach = "unknown"
    if external_patients:
        reach = "external"
    elif known:
        reach = "new_in_test" if new else "all_in_training" if several else "one_source"
    return Sources(reach, of, {part: len(each) for part, each in of_parts.items()}, new, external_patients)


def _words_by_part(cases: pd.DataFrame, column: str) -> dict[str, set[str]]:
    return {part: set(cases[cases["part"] == part][column]) - {""} for part in PARTS}


def _part(cases: pd.DataFrame) -> Part:
    sizes = cases.groupby(PERSON).size()
    if not len(sizes):
        return Part(0, 0)
    return Part(len(sizes), len(cases), float(sizes.median()), int(sizes.max()))


def _groups(cases: pd.DataFrame, of: str, grouped: Grouped, parts: Mapping[str, Part]) -> list[Group]:
    counted = cases.assign(category=list(grouped.of_cases)).groupby(["category", "part"])[PERSON].nunique()
    groups = []
    for category in grouped.order:
        patients = {part: int(counted.get((category, part), 0)) for part in parts}
        shares = {part: _share(patients[part], parts[part].patients) for part in parts}
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
