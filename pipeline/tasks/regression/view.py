"""What is measured at a time: the rows of one part at one unit, and how its numbers are written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.config import Evaluate
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.small_sample import FULL, LEAST, Judgement
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.contract import Unit
from pipeline.tasks.measured import Json
from pipeline.tasks.regression.definitions import METRICS


@dataclass(frozen=True)
class View:
    """The rows of one part, or of one subgroup of it, at one unit; `plan` says how numbers are made.

    `held` is 1 where the interval holds the reference and 0 where it doesn't, `width` is that of the
    interval, shape (rows,) each, nan where a row has none.
    """

    part: str
    unit: Unit
    rows: Measurements
    held: Floats
    width: Floats
    plan: Evaluate
    group: str | None = None

    def within(self, rows: Flags, group: str) -> View:
        """The view of a subgroup."""
        return replace(
            self, rows=self.rows.where(rows), held=self.held[rows], width=self.width[rows], group=group
        )

    def judge(self) -> Judgement:
        """Whether numbers may be shown: of ten patients or more; of five to nine they are flagged."""
        patients = self.rows.patients
        if patients < LEAST:
            return Judgement(False, reason=f"not estimable ({patients} patients)")
        flag = f"small sample ({patients} patients)" if patients < FULL else None
        return Judgement(True, flag)

    def metric(self, name: str, estimate: Estimate) -> Json:
        """The metric as it stands in metrics.json; withheld or flagged where patients are few."""
        judged = self.judge()
        if not judged.estimable:
            estimate = missing(judged.reason or "", estimate.method)
        flags = [text for text in (judged.flag, estimate.flag) if text]
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
            "cases": int(self.rows.reference.size),
            "patients": self.rows.patients,
            "positive_patients": None,
            "numerator": estimate.numerator,
            "denominator": estimate.denominator,
            "flag": "; ".join(flags) or None,
            "reason": estimate.reason,
        }


def withheld(view: View, names: Sequence[str]) -> list[Json]:
    """The metrics without numbers, each with the reason that the view has."""
    return [view.metric(name, missing("not estimable")) for name in names]
