"""Who is in which part, as it was counted when the test part was opened: `population.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema


@dataclass(frozen=True)
class Part:
    """The size of a part, and how many cases its patients have; None where it has no patient."""

    patients: int
    cases: int
    median_cases: float | None = None
    most_cases: int | None = None


@dataclass(frozen=True)
class Group:
    """The patients with at least one case of a category, by part, and their share of the part's patients.

    `of` is what is told apart (`target`, or a column `by_...` of the cohort), `heading` the same in words.
    `difference` is that of the shares, test minus train, in standard deviations common to both (Austin 2009,
    Stat Med 28:3083); None where either part is empty, or has all of them and the other none.
    """

    of: str
    heading: str
    category: str
    patients: Mapping[str, int]
    shares: Mapping[str, float | None]
    difference: float | None = None


@dataclass(frozen=True)
class Population:
    """Every part by its name, and every group in the order in which it is told."""

    parts: Mapping[str, Part]
    groups: tuple[Group, ...]


FILE: Final = ObjectFile("population.json", Population, Schema("population", 1), rewritten_by("evaluate"))
