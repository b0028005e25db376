"""Units (patients, or cases of patients) whose structures two models outlined."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.config import Evaluate
from pipeline.contracts.cohort import PERSON, TARGET
from pipeline.statistics.sample import codes
from pipeline.statistics.vectors import Flags
from pipeline.tasks.contract import Table, Unit
from pipeline.tasks.segmentation.predictions import scored
from pipeline.tasks.segmentation.scored import both_known
from pipeline.tasks.segmentation.structures import Structures
from pipeline.tasks.segmentation.view import View
from pipeline.tasks.segmentation.views import at_unit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Pairs:
    """Units that both models answered, by name, as each of them sees these rows."""

    names: tuple[str, ...]
    reference: View
    candidate: View

    @property
    def patients(self) -> int:
        """How many patients the units belong to."""
        return self.reference.patients

    @property
    def measured(self) -> int:
        """How many patients have a structure, so that an overlap can be said of them."""
        return int(np.unique(self.reference.numbers("dice", None)[1]).size)

    def chosen(self, keep: Flags) -> Pairs:
        """The units that `keep` (one flag a unit) marks."""
        return Pairs(
            tuple(name for name, kept in zip(self.names, keep, strict=True) if kept),
            self.reference.within(keep, ""),
            self.candidate.within(keep, ""),
        )


def pair(
    cohort: pd.DataFrame, reference: Table, *, candidate: Table, question: Structures, unit: Unit
) -> Pairs | None:
    """The pairs of all cases of `cohort` with a mask that both models were asked about; None of none."""
    cases = common_cases(cohort, reference.predictions, candidate.predictions)
    if cases.empty:
        return None
    names = tuple(cases["case_id"]) if unit == "case" else tuple(sorted(set(cases[PERSON])))
    first, second = (_of_cases(table, cases, question.names) for table in (reference, candidate))
    before, after = both_known(first.scored, second.scored)
    return Pairs(
        names, at_unit(replace(first, scored=before), unit), at_unit(replace(second, scored=after), unit)
    )


def common_cases(cohort: pd.DataFrame, *predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows of `cohort` with a mask that every table of predictions has, sorted by case_id.

    A prediction that failed is one that missed what was there.
    """
    asked = set.intersection(*(set(table["case_id"]) for table in predictions))
    kept = cohort["case_id"].isin(asked) & (cohort[TARGET] != "")
    return cohort[kept].sort_values("case_id")


def _of_cases(table: Table, cases: pd.DataFrame, names: tuple[str, ...]) -> View:
    rows = table.predictions.set_index("case_id").loc[list(cases["case_id"])]
    failed = np.asarray(rows["status"] != "ok", dtype=np.bool_)
    patient = codes(list(cases[PERSON]))
    return View("test", "case", names, scored(rows, names), patient, failed, Evaluate())
