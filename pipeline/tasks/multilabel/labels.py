"""The question of several findings, and the truth of a case as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipeline.contracts import targets
from pipeline.contracts.cohort import Cohort
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.contracts.operating import Operating
from pipeline.statistics.vectors import Integers

YES, NO, UNKNOWN = "1", "0", ""
"""The cells of a finding's column."""

PRESENT, ABSENT, NOT_KNOWN = 1, 0, -1
"""The same as numbers."""

_NUMBER: Final = {YES: PRESENT, NO: ABSENT, UNKNOWN: NOT_KNOWN}


@dataclass(frozen=True)
class Labels:
    """The findings in the order of the network's outputs, and in that in which patients are drawn by them."""

    names: tuple[str, ...]
    rarest_first: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The question as it is handed on, by key."""
        return {"labels": list(self.names), "rarest_first": list(self.rarest_first)}


@dataclass(frozen=True)
class _Asked:
    """The question as it is handed on."""

    labels: tuple[str, ...]
    rarest_first: tuple[str, ...]


def read(record: Cohort | Metrics | ModelRecord | Operating) -> Labels:
    """The question that a record holds. Raises DamageError where it is none of several findings."""
    asked = record.question.opened(_Asked)
    return Labels(asked.labels, asked.rarest_first)


def of_names(names: Sequence[str]) -> Labels:
    """The question of a table whose columns have these names."""
    return Labels(tuple(names), tuple(names))


def matrix(values: Sequence[str], labels: int) -> Integers:
    """The truths of cases as numbers, shape (cases, labels): PRESENT, ABSENT or NOT_KNOWN.

    >>> matrix(["1||0", ""], 3).tolist()
    [[1, -1, 0], [-1, -1, -1]]
    """
    cells = [[_NUMBER[cell] for cell in targets.parted(value, labels)] for value in values]
    return np.array(cells, dtype=np.int64).reshape(len(cells), labels)


def value_of(cells: Sequence[str]) -> str:
    """The value of a case from the cells of its findings; empty where none is known."""
    return targets.joined(cells)


def cells_of(value: str, names: Sequence[str]) -> Mapping[str, str]:
    """The cell of each finding in a value."""
    return dict(zip(names, targets.parted(value, len(names)), strict=True))
