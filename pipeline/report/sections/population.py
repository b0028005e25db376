"""Who is in which part: the table of the data, with the differences between training and test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, FEWEST_SHOWN, Fact, count, small_count
from pipeline.page.section import Section
from pipeline.records import PARTS
from pipeline.statistics.standardised import of_shares
from pipeline.tasks.contract import Grouped

if TYPE_CHECKING:
    import pandas as pd

KEY, TITLE = "population", "The data, part by part"
NOTABLE_DIFFERENCE = 0.1  # Austin 2009, Stat Med 28:3083


def build(artifacts: Artifacts) -> Section:
    """One table: a row per characteristic and category, a column per part."""
    cases = artifacts.cases
    groups = [column for column in cases.columns if column.startswith("by_")]
    rows = [_patients(cases), _cases(cases), _cases_per_patient(cases)]
    for place, truth in enumerate(artifacts.task.page.population(list(cases["target"]), artifacts.question)):
        column = f"target_{place + 1}" if place else "target"
        rows += _categories(cases.assign(**{column: truth.of_cases}), column, truth, small=False)
    for column in groups:
        heading = column.removeprefix("by_").replace("_", " ").capitalize()
        grouped = Grouped(heading, list(cases[column]), sorted(cases[column].unique()))
        rows += _categories(cases, column, grouped, small=True)
    return Section(KEY, TITLE, tables={"rows": rows}, words={"parts": list(PARTS), "grouped": bool(groups)})


def _patients(cases: pd.DataFrame) -> dict[str, Any]:
    cells = {
        part: count(f"patients_{part}", _in(cases, part)["patient_id"].nunique(), "patients", part)
        for part in PARTS
    }
    return {"heading": "", "label": "Patients", "share": False, **cells}


def _cases(cases: pd.DataFrame) -> dict[str, Any]:
    return {
        "heading": "",
        "label": "Cases",
        "share": False,
        **{part: count(f"cases_{part}", len(_in(cases, part)), "cases", part) for part in PARTS},
    }


def _cases_per_patient(cases: pd.DataFrame) -> dict[str, Any]:
    cells = {}
    for part in PARTS:
        sizes = _in(cases, part).groupby("patient_id").size()
        median = f"{sizes.median():g} ({sizes.max()})" if len(sizes) else None
        cells[part] = Fact(
            f"cases_per_patient_{part}", median, unit="median (largest)", method="count", part=part,
            patients=len(sizes), reason=DESCRIBED,
        )  # fmt: skip
    return {"heading": "", "label": "Cases per patient, median (largest)", "share": False, **cells}


def _categories(cases: pd.DataFrame, column: str, grouped: Grouped, *, small: bool) -> list[dict[str, Any]]:
    """A row for each category: patients with at least one such case. Small groups are hidden when asked."""
    rows = []
    for category in grouped.order:
        of_category = cases[cases[column] == category]
        numbers = {part: _in(of_category, part)["patient_id"].nunique() for part in PARTS}
        totals = {part: _in(cases, part)["patient_id"].nunique() for part in PARTS}
        cell = small_count if small else _shown_count
        rows.append(
            {
                "heading": grouped.heading,
                "label": category or "unknown",
                "share": True,
                **{part: cell(f"{column}_{category}_{part}", numbers[part], part) for part in PARTS},
                **{f"{part}_share": _share(numbers[part], totals[part], part, small=small) for part in PARTS},
                "difference": _difference(numbers, totals, f"{column}_{category}", small=small),
            }
        )
    return rows


def _shown_count(name: str, patients: int, part: str) -> Fact:
    return count(name, patients, "patients", part)


def _share(number: int, total: int, part: str, *, small: bool) -> Fact:
    if total == 0 or (small and 0 < number < FEWEST_SHOWN):
        return Fact("share", None, part=part, patients=total, reason="hidden or empty")
    return Fact(
        "share",
        number / total,
        unit="share of patients",
        method="count",
        part=part,
        patients=total,
        reason=DESCRIBED,
    )


def _difference(numbers: dict[str, int], totals: dict[str, int], name: str, *, small: bool) -> Fact:
    hidden = small and any(0 < numbers[part] < FEWEST_SHOWN for part in ("train", "test"))
    if hidden or not totals["train"] or not totals["test"]:
        return Fact(f"difference_{name}", None, reason=f"a group of fewer than {FEWEST_SHOWN} patients")
    difference = of_shares(numbers["test"] / totals["test"], numbers["train"] / totals["train"])
    value = difference if math.isfinite(difference) else None
    return Fact(
        f"difference_{name}",
        value,
        unit="standard deviations, test minus train",
        method="standardised difference",
        patients=totals["test"] + totals["train"],
        reason=DESCRIBED,
        flag="notable" if value is not None and abs(value) > NOTABLE_DIFFERENCE else "",
    )


def _in(cases: pd.DataFrame, part: str) -> pd.DataFrame:
    return cases[cases["part"] == part]
