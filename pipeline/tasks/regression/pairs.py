"""Units (patients, or cases of patients) of which two models predicted the number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.contracts.cohort import PERSON, TARGET
from pipeline.contracts.predictions import PREDICTED
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.sample import codes
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.contract import Table, Unit
from pipeline.tasks.regression.quantity import Quantity

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Pairs:
    """Units that both models answered, by name: `truth` and what each model says, shape (units,).

    `patient` is a code 0..patients-1 of each unit.
    """

    names: tuple[str, ...]
    patient: Integers
    truth: Floats
    reference: Floats
    candidate: Floats

    @property
    def patients(self) -> int:
        """How many patients the units belong to."""
        return int(np.unique(self.patient).size)

    def chosen(self, keep: Flags) -> Pairs:
        """The units that `keep` (one flag a unit) marks; patients get new codes."""
        return Pairs(
            names=tuple(name for name, kept in zip(self.names, keep, strict=True) if kept),
            patient=codes(self.patient[keep]),
            truth=self.truth[keep],
            reference=self.reference[keep],
            candidate=self.candidate[keep],
        )

    def rows(self) -> tuple[Measurements, Measurements]:
        """The reference's and the candidate's numbers beside the truth."""
        return (
            Measurements(self.truth, self.reference, self.patient),
            Measurements(self.truth, self.candidate, self.patient),
        )


def pair(
    cohort: pd.DataFrame, reference: Table, *, candidate: Table, question: Quantity, unit: Unit
) -> Pairs | None:
    """The pairs of all labelled cases of `cohort` that both models answered, sorted by name; None of none.

    A patient has the mean of the numbers of the patient's cases.
    """
    cases = common_cases(cohort, reference.predictions, candidate.predictions)
    if cases.empty:
        return None
    truth = np.array([float(value) for value in cases[TARGET]])
    patient = codes(list(cases[PERSON]))
    first, second = (Measurements(truth, _numbers(table, cases), patient) for table in (reference, candidate))
    if unit == "case":
        return Pairs(tuple(cases["case_id"]), patient, truth, first.prediction, second.prediction)
    first, second = first.per_patient(), second.per_patient()
    names = tuple(sorted(set(cases[PERSON])))
    return Pairs(names, first.patient, first.reference, first.prediction, second.prediction)


def common_cases(cohort: pd.DataFrame, *predictions: pd.DataFrame) -> pd.DataFrame:
    """The labelled rows of `cohort` that every table of predictions answered, sorted by case_id."""
    answered = set.intersection(
        *(set(table.loc[table["status"] == "ok", "case_id"]) for table in predictions)
    )
    kept = cohort["case_id"].isin(answered) & (cohort[TARGET] != "")
    return cohort[kept].sort_values("case_id")


def _numbers(table: Table, cases: pd.DataFrame) -> Floats:
    said = table.predictions.set_index("case_id").loc[list(cases["case_id"]), PREDICTED]
    return np.asarray(said.astype(np.float64).to_numpy())
