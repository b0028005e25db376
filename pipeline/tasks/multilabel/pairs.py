"""Units (patients, or cases of patients) in which two models looked for the same findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.config import Evaluate
from pipeline.contracts.cohort import PERSON, TARGET
from pipeline.contracts.predictions import SCORE
from pipeline.statistics.sample import codes
from pipeline.statistics.vectors import Flags, Integers
from pipeline.tasks.classification.units import common_cases
from pipeline.tasks.contract import Table, Unit
from pipeline.tasks.multilabel.answers import EVEN
from pipeline.tasks.multilabel.labels import Labels, matrix
from pipeline.tasks.multilabel.view import View, score_of_patients, truth_of_patients

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Pairs", "common_cases", "pair"]


@dataclass(frozen=True)
class Pairs:
    """Units that both models scored, by name, as each of them sees these rows."""

    names: tuple[str, ...]
    reference: View
    candidate: View

    @property
    def patients(self) -> int:
        """How many patients the units belong to."""
        return self.reference.patients

    def chosen(self, keep: Flags) -> Pairs:
        """The units that `keep` (one flag a unit) marks."""
        return Pairs(
            tuple(name for name, kept in zip(self.names, keep, strict=True) if kept),
            self.reference.within(keep, ""),
            self.candidate.within(keep, ""),
        )

    def rarer_sides(self) -> list[int]:
        """Of each finding how many patients are on its rarer side, with it or without."""
        views = (self.reference.of_finding(index) for index in range(len(self.reference.names)))
        return [min(view.patients_by_side()) for view in views]


def pair(
    cohort: pd.DataFrame, reference: Table, *, candidate: Table, question: Labels, unit: Unit
) -> Pairs | None:
    """The pairs of all cases of `cohort` of which a finding is known and both models scored; None of none."""
    cases = common_cases(cohort, reference.predictions, candidate.predictions)
    if cases.empty:
        return None
    truth, patient = matrix(list(cases[TARGET]), len(question.names)), codes(list(cases[PERSON]))
    names = tuple(cases["case_id"]) if unit == "case" else tuple(sorted(set(cases[PERSON])))
    first, second = (
        _view(table, cases, truth, patient, question=question, unit=unit) for table in (reference, candidate)
    )
    return Pairs(names, first, second)


def _view(
    table: Table, cases: pd.DataFrame, truth: Integers, patient: Integers, *, question: Labels, unit: Unit
) -> View:
    columns = [SCORE + name for name in question.names]
    rows = table.predictions.set_index("case_id").loc[list(cases["case_id"]), columns]
    score, fixed = np.asarray(rows.to_numpy(dtype=np.float64)), table.fixed
    if unit == "patient":
        score = score_of_patients(score, truth, patient, fixed.patient_score)
        truth = truth_of_patients(truth, patient)
        patient = np.arange(len(truth))
    thresholds = fixed.thresholds or (EVEN,) * len(columns)
    return View("test", unit, question.names, truth, score, patient, Evaluate(), thresholds)
