"""What is measured at a time: the rows of one part at one unit, with all findings of each row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.config import Evaluate
from pipeline.statistics.estimate import Estimate
from pipeline.statistics.sample import PatientScore, Sample, codes
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.view import View as ViewOfOne
from pipeline.tasks.contract import Unit
from pipeline.tasks.measured import Json
from pipeline.tasks.multilabel.definitions import METRICS
from pipeline.tasks.multilabel.labels import NOT_KNOWN, PRESENT


@dataclass(frozen=True)
class View:
    """The rows of one part, or of one subgroup of it, at one unit; `plan` says how numbers are made.

    `truth` (PRESENT, ABSENT or NOT_KNOWN), `score` and `uncalibrated` (None where not known) have the shape
    (rows, findings), `patient` (rows,), `thresholds` one number for each finding.
    """

    part: str
    unit: Unit
    names: tuple[str, ...]
    truth: Integers
    score: Floats
    patient: Integers
    plan: Evaluate
    thresholds: tuple[float, ...]
    uncalibrated: Floats | None = None
    group: str | None = None

    @property
    def patients(self) -> int:
        """How many patients the rows belong to."""
        return int(np.unique(self.patient).size)

    @property
    def known(self) -> Flags:
        """Which findings of each row are known, shape (rows, findings)."""
        return np.asarray(self.truth != NOT_KNOWN)

    @property
    def flagged(self) -> Flags:
        """Which findings are said to be there, shape (rows, findings)."""
        return np.asarray(self.score >= np.array(self.thresholds))

    def within(self, rows: Flags, group: str) -> View:
        """The view of a subgroup; patients get new codes."""
        return replace(
            self,
            truth=self.truth[rows],
            score=self.score[rows],
            patient=codes(self.patient[rows]),
            uncalibrated=None,
            group=group,
        )

    def of_finding(self, index: int) -> ViewOfOne:
        """The rows in which a finding is known, as those of two classes; patients get new codes."""
        rows = self.known[:, index]
        before = None if self.uncalibrated is None else of_two_columns(self.uncalibrated[rows, index])
        return ViewOfOne(
            self.part,
            self.unit,
            two_classes(self.names[index]).names,
            sample_of(self.truth[:, index], self.score[:, index], self.patient),
            self.plan,
            self.thresholds[index],
            before,
            self.group,
        )

    def judged(self) -> list[int]:
        """The findings with enough patients who have it and who don't."""
        return [index for index in range(len(self.names)) if self.of_finding(index).judge().estimable]

    def metric(self, name: str, estimate: Estimate) -> Json:
        """A metric over the findings as it stands in metrics.json."""
        return {
            "id": name,
            "rule": METRICS[name].rule,
            "part": self.part,
            "unit": self.unit,
            "group": self.group,
            "class": None,
            "target": None,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "level": self.plan.level,
            "method": estimate.method,
            "cases": len(self.truth),
            "patients": self.patients,
            "positive_patients": None,
            "numerator": estimate.numerator,
            "denominator": estimate.denominator,
            "flag": estimate.flag,
            "reason": estimate.reason,
        }


def two_classes(name: str) -> Classes:
    """A finding as a question of two classes: absent and present."""
    return Classes((f"no {name}", name), name)


def of_two_columns(score: Floats) -> Floats:
    """The probabilities of a finding's absence and presence, shape (rows, 2)."""
    return np.column_stack([1 - score, score])


def sample_of(truth: Integers, score: Floats, patient: Integers) -> Sample:
    """The rows in which a finding is known, all of shape (rows,), as a sample of two classes."""
    known = truth != NOT_KNOWN
    return Sample(
        (truth[known] == PRESENT).astype(np.int64), of_two_columns(score[known]), codes(patient[known])
    )


def truth_of_patients(truth: Integers, patient: Integers) -> Integers:
    """The findings of each patient, shape (patients, findings): present in any scan, unknown if in all."""
    of_patient = np.full((int(patient.max()) + 1, truth.shape[1]), NOT_KNOWN, dtype=np.int64)
    np.maximum.at(of_patient, patient, truth)
    return of_patient


def score_of_patients(score: Floats, truth: Integers, patient: Integers, how: PatientScore) -> Floats:
    """The score of each finding of each patient, shape (patients, findings), over scans in which it is known.

    Where it is known in none, over all of them: nothing is measured by it.
    """
    known = truth != NOT_KNOWN
    any_known = truth_of_patients(truth, patient) != NOT_KNOWN
    counted = known | ~any_known[patient]
    shape = any_known.shape
    if how == "max":
        largest = np.full(shape, -np.inf)
        np.maximum.at(largest, patient, np.where(counted, score, -np.inf))
        return largest
    total, number = np.zeros(shape), np.zeros(shape)
    np.add.at(total, patient, np.where(counted, score, 0.0))
    np.add.at(number, patient, counted.astype(np.float64))
    return np.asarray(total / number)
