"""Units (patients, or cases of patients) that two models scored: what every comparison is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.statistics.vectors import Flags, Floats, Integers


@dataclass(frozen=True)
class Scores:
    """What one model says: `probability` of shape (units, classes), `decided` class index per unit."""

    probability: Floats
    decided: Integers


@dataclass(frozen=True)
class Pairs:
    """Units (patients, or cases of patients) that both models scored.

    `patient` is a code 0..patients-1 of each unit, `truth` its class index; `positive` is the index of
    the positive class, None where the classes have equal standing.
    """

    names: tuple[str, ...]
    patient: Integers
    truth: Integers
    positive: int | None
    reference: Scores
    candidate: Scores

    @property
    def patients(self) -> int:
        """How many patients the units belong to."""
        return int(np.unique(self.patient).size)

    def patients_of_classes(self) -> list[int]:
        """How many patients have a unit of each class."""
        return [int(count) for count in self.membership().sum(axis=0)]

    def chosen(self, keep: Flags) -> Pairs:
        """The units that `keep` (one flag a unit) marks; patients get new codes."""
        return Pairs(
            names=tuple(name for name, kept in zip(self.names, keep, strict=True) if kept),
            patient=np.unique(self.patient[keep], return_inverse=True)[1].astype(np.int64),
            truth=self.truth[keep],
            positive=self.positive,
            reference=Scores(self.reference.probability[keep], self.reference.decided[keep]),
            candidate=Scores(self.candidate.probability[keep], self.candidate.decided[keep]),
        )

    def membership(self) -> Flags:
        """Whether a patient has a unit of a class, shape (patients, classes)."""
        member = np.zeros((self.patients, self.reference.probability.shape[1]), dtype=np.bool_)
        member[self.patient, self.truth] = True
        return member
