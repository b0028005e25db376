"""Who is in which part: the table of the data, with the differences between training and test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.contracts.cohort import GROUP
from pipeline.contracts.population import Group, Part
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, FEWEST_SHOWN, Fact, count, small_count
from pipeline.page.section import Section
from pipeline.records import ALL_PARTS

KEY, TITLE = "population", "The data, part by part"
NOTABLE_DIFFERENCE = 0.1  # Austin 2009, Stat Med 28:3083
_NO_DIFFERENCE = "a part has no patients, or all of one part and none of the other are in it"


def build(artifacts: Artifacts) -> Section:
    """One table: a row per characteristic and category, a column per part."""
    stored, groups = artifacts.population.parts, artifacts.population.groups
    parts = {part: stored[part] for part in ALL_PARTS if part in stored}
    sizes = {
        "Patients": {name: _size("patients", name, part.patients) for name, part in parts.items()},
        "Cases": {name: _size("cases", name, part.cases) for name, part in parts.items()},
        "Cases per patient, median (largest)": {
            name: _per_patient(name, part) for name, part in parts.items()
        },
    }
    rows = [{"heading": "", "label": label, "share": False, **cells} for label, cells in sizes.items()]
    rows += [_group(group, parts) for group in groups]
    grouped = any(group.of.startswith(GROUP) for group in groups)
    return Section(KEY, TITLE, tables={"rows": rows}, words={"parts": list(parts), "grouped": grouped})


def _size(noun: str, part: str, number: int) -> Fact:
    return count(f"{noun}_{part}", number, noun, part)


def _per_patient(name: str, part: Part) -> Fact:
    told = None if part.median_cases is None else f"{part.median_cases:g} ({part.most_cases})"
    return Fact(
        f"cases_per_patient_{name}", told, unit="median (largest)", method="count", part=name,
        patients=part.patients, reason=DESCRIBED,
    )  # fmt: skip


def _group(group: Group, parts: Mapping[str, Part]) -> dict[str, Any]:
    """A row: patients with at least one such case. Few of them are hidden, unless they are told by truth."""
    small = group.of.startswith(GROUP)
    cell = small_count if small else _shown_count
    return {
        "heading": group.heading,
        "label": group.category or "unknown",
        "share": True,
        **{part: cell(f"{group.of}_{group.category}_{part}", group.patients[part], part) for part in parts},
        **{f"{part}_share": _share(group, part, parts[part].patients, small=small) for part in parts},
        "difference": _difference(group, parts["test"].patients + parts["train"].patients, small=small),
    }


def _shown_count(name: str, patients: int, part: str) -> Fact:
    return count(name, patients, "patients", part)


def _share(group: Group, part: str, patients: int, *, small: bool) -> Fact:
    share = group.shares[part]
    if share is None or (small and 0 < group.patients[part] < FEWEST_SHOWN):
        return Fact("share", None, part=part, patients=patients, reason="hidden or empty")
    return Fact(
        "share",
        share,
        unit="share of patients",
        method="count",
        part=part,
        patients=patients,
        reason=DESCRIBED,
    )


def _difference(group: Group, patients: int, *, small: bool) -> Fact:
    name = f"difference_{group.of}_{group.category}"
    if small and any(0 < group.patients[part] < FEWEST_SHOWN for part in ("train", "test")):
        return Fact(name, None, reason=f"a group of fewer than {FEWEST_SHOWN} patients")
    value = group.difference
    return Fact(
        name,
        value,
        unit="standard deviations, test minus train",
        method="standardised difference",
        patients=patients,
        reason=DESCRIBED
        if value is not None
        else "a part without patients, or all of one part and none of the other",
        flag="notable" if value is not None and abs(value) > NOTABLE_DIFFERENCE else "",
    )
