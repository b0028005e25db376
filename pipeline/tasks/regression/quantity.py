"""The question of a regression: which quantity is asked for, in which unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from pipeline.contracts.cohort import Cohort
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.statistics.vectors import Floats, Integers

STRATA: Final = 5
"""Patients are drawn into parts by fifths: each has its share of small and of large values."""

ORDINALS: Final = ("1st", "2nd", "3rd", "4th", "5th")


@dataclass(frozen=True)
class Quantity:
    """The name of the quantity, its unit (empty where none is told), and the limits of its strata.

    `edges` are the values that part the labelled scans in fifths, ascending.
    """

    name: str
    unit: str
    edges: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """The name as people read it: without underscores, and without the unit at its end.

        >>> Quantity("diameter_mm", "mm").label, Quantity("age", "years").label
        ('diameter', 'age')
        """
        words = self.name.replace("_", " ").strip()
        shorter = words.removesuffix(f" {self.unit}") if self.unit else words
        return shorter or words

    @property
    def in_unit(self) -> str:
        """What stands behind a number of it, with the space before; empty without a unit."""
        return f" {self.unit}" if self.unit else ""

    def strata(self, values: Floats) -> Integers:
        """The stratum 0.. of each value."""
        return np.searchsorted(np.array(self.edges), values, side="right").astype(np.int64)

    @property
    def stratum_names(self) -> tuple[str, ...]:
        """What the strata are called, from the smallest values to the largest."""
        ends = [f"{edge:.4g}" for edge in self.edges]
        if not ends:
            return ("any value",)
        between = [f"{low} to {high}" for low, high in pairwise(ends)]
        ranges = (f"below {ends[0]}", *between, f"from {ends[-1]}")
        return tuple(f"{ORDINALS[at]} fifth, {words}" for at, words in enumerate(ranges))

    def to_json(self) -> dict[str, Any]:
        """The question as it is handed on, by key."""
        return {"name": self.name, "unit": self.unit, "edges": list(self.edges)}


OF_TABLE: Final = Quantity("number", "")
"""What a table of predictions from elsewhere is about, for it doesn't say."""


def read(record: Cohort | Metrics | ModelRecord) -> Quantity:
    """The question that a record holds. Raises DamageError where it is none of a regression."""
    return record.question.opened(Quantity)


def quantity_of(counts: Mapping[str, int], name: str, unit: str) -> Quantity:
    """The quantity whose values, by their text, so many labelled scans have."""
    values = np.repeat([float(value) for value in counts], list(counts.values()))
    shares = np.arange(1, STRATA) / STRATA
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    return Quantity(name, unit, tuple(float(edge) for edge in edges[edges > values.min()]))
