"""What is measured at a time: the rows of one part at one unit, with all structures of each row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.config import Evaluate
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.sample import codes
from pipeline.statistics.small_sample import FULL, LEAST
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.contract import Unit
from pipeline.tasks.measured import Json
from pipeline.tasks.segmentation.definitions import METRICS
from pipeline.tasks.segmentation.scored import Scored


@dataclass(frozen=True)
class View:
    """The rows of one part, or of one subgroup of it, at one unit; `plan` says how numbers are made.

    `scored` has numbers of the shape (rows, structures); `patient` (a code) and `failed` (whether a
    prediction failed) have the shape (rows,).
    """

    part: str
    unit: Unit
    names: tuple[str, ...]
    scored: Scored
    patient: Integers
    failed: Flags
    plan: Evaluate
    group: str | None = None

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.patient.size)

    @property
    def patients(self) -> int:
        """How many patients the rows belong to."""
        return int(np.unique(self.patient).size)

    def within(self, rows: Flags, group: str) -> View:
        """The view of a subgroup; patients get new codes."""
        return replace(
            self,
            scored=self.scored.where(rows),
            patient=codes(self.patient[rows]),
            failed=self.failed[rows],
            group=group,
        )

    def numbers(self, measure: str, structure: str | None) -> tuple[Floats, Integers]:
        """A measure's known numbers, of one structure or over all, and the patient of each, shape (rows,)."""
        scored = (
            self.scored.over_structures()
            if structure is None
            else self.scored.of_structure(self.names.index(structure))
        )
        values: Floats = getattr(scored, measure)
        known = ~np.isnan(values)
        return values[known], codes(self.patient[known])

    def metric(
        self, name: str, estimate: Estimate, *, structure: str | None, counted: tuple[int, int]
    ) -> Json:
        """A metric as it stands in metrics.json, of so many rows and patients (`counted`)."""
        rows, patients = counted
        return {
            "id": name,
            "rule": METRICS[name].rule,
            "part": self.part,
            "unit": self.unit,
            "group": self.group,
            "class": structure,
            "target": None,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "level": self.plan.level,
            "method": estimate.method,
            "cases": rows,
            "patients": patients,
            "positive_patients": None,
            "numerator": estimate.numerator,
            "denominator": estimate.denominator,
            "flag": estimate.flag,
            "reason": estimate.reason,
        }


def judged(estimate: Estimate, patients: int) -> Estimate:
    """The estimate, withheld of fewer than five patients and flagged of fewer than ten."""
    if patients < LEAST:
        return missing(f"not estimable ({patients} patients)", estimate.method)
    return flagged(estimate, f"small sample ({patients} patients)") if patients < FULL else estimate


def flagged(estimate: Estimate, remark: str) -> Estimate:
    """The estimate with a remark more."""
    return replace(estimate, flag="; ".join(filter(None, (estimate.flag, remark))))
