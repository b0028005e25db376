"""The question of a classification: which classes there are, and which of two is looked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.contracts.cohort import Cohort
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord


@dataclass(frozen=True)
class Classes:
    """The names in the order of the network's outputs; of two the second is `positive`, else it is None."""

    names: tuple[str, ...]
    positive: str | None

    @property
    def scored(self) -> tuple[int, ...]:
        """The classes whose scores tell everything: of two the positive one, for the other has the rest."""
        return scored(len(self.names))

    @property
    def finding(self) -> int | None:
        """The class that is looked for, None where all have equal standing."""
        return finding(len(self.names))

    def vote(self, values: Collection[str]) -> set[str]:
        """What a patient with scans of these classes is evaluated as: of two the positive, else the only."""
        classes = set(values)
        if self.finding is not None:
            return {max(classes, key=self.names.index)}
        return classes if len(classes) == 1 else set()

    def note_on_mixed(self, patients: int) -> str:
        """How that many patients with scans of several classes are counted, after numbers of patients."""
        counted_as = "none of them" if self.finding is None else f"'{self.positive}'"
        return f"; {patients} with scans of several count as {counted_as}, for `evaluate.unit` is patient"

    def to_json(self) -> dict[str, Any]:
        """The question as it is handed on, by key."""
        return {"classes": list(self.names), "positive": self.positive}


@dataclass(frozen=True)
class _Asked:
    """The question as it is handed on."""

    classes: tuple[str, ...]
    positive: str | None


def read(record: Cohort | Metrics | ModelRecord) -> Classes:
    """The question that a record holds. Raises DamageError where it is none of a classification."""
    asked = record.question.opened(_Asked)
    return Classes(asked.classes, asked.positive)


def of_names(names: Sequence[str]) -> Classes:
    """The question of a table whose score columns have these names."""
    positive = finding(len(names))
    return Classes(tuple(names), None if positive is None else names[positive])


def finding(classes: int) -> int | None:
    """The class that is looked for among so many: the second of two."""
    return 1 if classes == 2 else None


def scored(classes: int) -> tuple[int, ...]:
    """Which of so many classes have a score of their own."""
    positive = finding(classes)
    return tuple(range(classes)) if positive is None else (positive,)
