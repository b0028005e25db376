"""What is measured at a time: the rows of one part at one unit, and how its numbers are written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.config import Evaluate
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.sample import Sample
from pipeline.statistics.small_sample import Judgement, judge
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.classification.answers import Sets
from pipeline.tasks.classification.classes import finding
from pipeline.tasks.classification.definitions import rule_of
from pipeline.tasks.contract import Unit
from pipeline.tasks.measured import Json


@dataclass(frozen=True)
class View:
    """The rows of one part, or of one subgroup of it, at one unit; `plan` says how numbers are made.

    `threshold` is that of the positive class, None where the largest score decides. `uncalibrated`
    holds the probabilities before temperature, shape (rows, classes), where they are known. There are no
    `sets` in a table from elsewhere.
    """

    part: str
    unit: Unit
    classes: tuple[str, ...]
    sample: Sample
    plan: Evaluate
    threshold: float | None = None
    uncalibrated: Floats | None = None
    group: str | None = None
    sets: Sets | None = None

    def within(self, rows: Flags, group: str) -> View:
        """The view of a subgroup."""
        return replace(self, sample=self.sample.where(rows), uncalibrated=None, group=group)

    def patients_by_side(self, of: int | None = None) -> tuple[int, int]:
        """How many patients have a row of class `of`, and how many one of another class.

        Without `of`: the positive of two classes, or the most frequent of many.
        """
        member = self.sample.membership()
        of = self._default_class(member) if of is None else of
        others = np.delete(member, of, axis=1).any(axis=1)
        return int(member[:, of].sum()), int(others.sum())

    def judge(self, of: int | None = None) -> Judgement:
        """Whether numbers on class `of` against the others may be shown."""
        return judge(*self.patients_by_side(of))

    def metric(
        self, name: str, estimate: Estimate, *, of: int | None = None, target: str | None = None
    ) -> Json:
        """The metric as it stands in metrics.json; withheld or flagged where patients are few."""
        judged = self.judge(of)
        if not judged.estimable:
            estimate = missing(judged.reason or "", estimate.method)
        flags = [text for text in (judged.flag, estimate.flag) if text]
        named = of is not None or finding(len(self.classes)) is not None
        return {
            "id": name,
            "rule": rule_of(name),
            "part": self.part,
            "unit": self.unit,
            "group": self.group,
            "class": None if of is None else self.classes[of],
            "target": target,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "level": self.plan.level,
            "method": estimate.method,
            "cases": int(self.sample.truth.size),
            "patients": self.sample.patients,
            "positive_patients": self.patients_by_side(of)[0] if named else None,
            "numerator": estimate.numerator,
            "denominator": estimate.denominator,
            "flag": "; ".join(flags) or None,
            "reason": estimate.reason,
        }

    def _default_class(self, member: Flags) -> int:
        finding_class = finding(len(self.classes))
        return int(member.sum(axis=0).argmax()) if finding_class is None else finding_class


def withheld(view: View, names: Sequence[str]) -> list[Json]:
    """The metrics without numbers, each with the reason that the view has."""
    return [view.metric(name, missing("not estimable")) for name in names]
