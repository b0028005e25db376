"""Who is in which part, as it was counted when the test part was opened: `population.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

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


Reach = Literal["unknown", "one_source", "all_in_training", "new_in_test", "external"]
"""How far a result reaches: nothing known of the sources of training or of the test part, all scans from one
as far as is known, all sources of the test part in training, too, one of them not, or patients of another
source measured as a part of their own."""


@dataclass(frozen=True)
class Sources:
    """Where scans come from; `of` is what tells sources apart ("site", "manufacturer"), "" where nothing is.

    `numbers` are those of the sources of each part, `not_in_training` how many of the test part's training
    doesn't have, `external_patients` how many patients of another source were measured.
    """

    reach: Reach
    of: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)
    not_in_training: int = 0
    external_patients: int = 0


@dataclass(frozen=True)
class Population:
    """Every part by its name, every group in the order in which it is told, and from where the scans come.

    `sources` is None where a version wrote it that did not count them.
    """

    parts: Mapping[str, Part]
    groups: tuple[Group, ...]
    sources: Sources | None = None


FILE: Final = ObjectFile("population.json", Population, Schema("population", 1), rewritten_by("evaluate"))
