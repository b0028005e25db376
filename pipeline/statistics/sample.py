"""The rows that statistics are made of, at the level of cases or of patients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.statistics.vectors import Flags, Floats, Integers

PatientScore = Literal["max", "mean"]


@dataclass(frozen=True)
class Sample:
    """Rows with known truth: class index (rows,), probabilities (rows, classes), patient code (rows,).

    Patient codes run from 0 to patients - 1, and every code occurs.
    """

    truth: Integers
    probability: Floats
    patient: Integers

    @property
    def patients(self) -> int:
        """The number of patients."""
        return int(self.patient.max()) + 1 if self.patient.size else 0

    @property
    def classes(self) -> int:
        """The number of classes, present or not."""
        return int(self.probability.shape[1])

    @property
    def repeated(self) -> bool:
        """Whether some patient has more than one row, so that the rows are not independent."""
        return self.patients < self.truth.size

    def membership(self) -> Flags:
        """Whether a patient has a row of a class, shape (patients, classes)."""
        member = np.zeros((self.patients, self.classes), dtype=np.bool_)
        member[self.patient, self.truth] = True
        return member

    def where(self, rows: Flags) -> Sample:
        """The rows that are true in `rows`, with patient codes renumbered."""
        return Sample(self.truth[rows], self.probability[rows], codes(self.patient[rows]))


def codes(identities: Integers | list[str]) -> Integers:
    """A code 0..n-1 for each identity, in sorted order of the identities."""
    return np.unique(np.asarray(identities), return_inverse=True)[1].astype(np.int64)


def patients_with_any(sample: Sample, how: PatientScore) -> Sample:
    """One row a patient of a binary sample: positive when any case is, its score by `how`."""
    score = _REDUCE[how](sample, sample.probability[:, 1:])[:, 0]
    truth = sample.membership()[:, 1].astype(np.int64)
    return Sample(truth, np.column_stack([1 - score, score]), np.arange(sample.patients))


def patients_of_one_class(sample: Sample, how: PatientScore) -> Sample:
    """One row a patient of a multiclass sample; patients with cases of several classes are left out.

    "max" takes the largest probability of each class and scales them to add up to one.
    """
    clear = has_one_class(sample)
    score = _REDUCE[how](sample, sample.probability)
    score = score / score.sum(axis=1, keepdims=True)
    truth = sample.membership().argmax(axis=1)
    return Sample(truth[clear], score[clear], np.arange(int(clear.sum())))


def has_one_class(sample: Sample) -> Flags:
    """Whether all cases of a patient are of one class, shape (patients,)."""
    return np.asarray(sample.membership().sum(axis=1) == 1)


def _largest(sample: Sample, score: Floats) -> Floats:
    reduced = np.full((sample.patients, score.shape[1]), -np.inf)
    np.maximum.at(reduced, sample.patient, score)
    return reduced


def _mean(sample: Sample, score: Floats) -> Floats:
    reduced = np.zeros((sample.patients, score.shape[1]))
    np.add.at(reduced, sample.patient, score)
    return np.asarray(reduced / np.bincount(sample.patient)[:, None])


_REDUCE: dict[PatientScore, Callable[[Sample, Floats], Floats]] = {"max": _largest, "mean": _mean}
