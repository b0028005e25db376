"""What is chosen on the validation part and then fixed: the recalibration, and the width of intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from pipeline import digests
from pipeline.config import Evaluate
from pipeline.contracts.unopened import Unopened
from pipeline.errors import DataError
from pipeline.statistics import agreement, conformal
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.conformal import Width
from pipeline.statistics.estimate import Estimate
from pipeline.statistics.sample import codes
from pipeline.statistics.small_sample import FULL
from pipeline.statistics.vectors import Floats
from pipeline.tasks.measured import Json
from pipeline.tasks.regression.answers import Frozen, Interval, predicted
from pipeline.tasks.regression.definitions import METRICS
from pipeline.tasks.regression.predictions import Predictions
from pipeline.tasks.regression.quantity import Quantity

CHOSEN_ON: Final = "validation"
SLOPES: Final = (0.25, 4.0)
"""Beyond them a slope says that next to nothing was learned: to apply it would blow up noise (a choice)."""
_FITTED: Final = ("slope", "intercept")


@dataclass(frozen=True)
class Choices:
    """What `cases` of `patients` of the validation part settled; `digest` names their rows.

    `fitted` are slope and intercept of the reference on the outputs, in force where `applied`, and `because`
    says why or why not; `level` is the share of new patients whom an interval should hold. There is nothing
    of it in a table from elsewhere.
    """

    fixed: Frozen
    fitted: dict[str, Estimate]
    applied: bool
    because: str
    level: float
    cases: int
    patients: int
    digest: str | None

    def to_json(self) -> Json:
        """What is handed on of them, by key: what is in force, and what it was chosen by."""
        fitted = {
            f"fitted_{name}": [self.fitted[name].value, self.fitted[name].low, self.fitted[name].high]
            for name in self.fitted
        }
        said = {"applied": self.applied, "because": self.because, "level": self.level, "digest": self.digest}
        return {**asdict(self.fixed), **fitted, **said, "cases": self.cases, "patients": self.patients}


def choose(
    truth: Sequence[str], logits: Floats, patients: Sequence[str], *, question: Quantity, plan: Evaluate
) -> Choices:
    """Recalibration and width of intervals from the validation cases; `logits` has the shape (cases, 1).

    The recalibration is in force only where the interval of its slope excludes 1: of few patients it would
    add the noise of its own estimate. Raises DataError without a case.
    """
    if not len(truth):
        raise DataError(
            "The validation part has no labelled case with an answer, so neither recalibration nor intervals "
            "can be had. Enlarge `cohort.shares.validation`, or label more scans."
        )
    reference = np.array([float(value) for value in truth])
    raw = Measurements(reference, predicted(logits, Frozen()), codes(list(patients)))
    fitted = agreement.recalibration(raw, level=plan.level)
    slope, intercept = fitted["slope"], fitted["intercept"]
    applied, because = _applied(slope, raw.patients)
    fixed = Frozen(slope.value or 1.0, intercept.value or 0.0) if applied else Frozen()
    said = Measurements(reference, predicted(logits, fixed), raw.patient)
    width = conformal.width(said, alpha=1 - plan.intervals)
    return Choices(
        Frozen(fixed.slope, fixed.intercept, None if width is None else _interval(width)),
        fitted,
        applied,
        because,
        plan.intervals,
        reference.size,
        raw.patients,
        digests.of_json([reference.tolist(), raw.prediction.tolist(), raw.patient.tolist()]),
    )


def of_table(table: Predictions, plan: Evaluate) -> Choices:
    """Nothing: the numbers and intervals of a table from elsewhere are measured as they stand."""
    rows = table.measurable(CHOSEN_ON)
    patients = len(set(table.frame["patient_id"][rows]))
    return Choices(Frozen(), {}, False, "", plan.intervals, int(rows.sum()), patients, None)


def add_to_metrics(metrics: Json, choices: Choices) -> None:
    """Puts the choices where metrics.json has them."""
    metrics["thresholds"] = ()
    metrics["choices"] = Unopened(choices.to_json())
    for name in _FITTED if choices.fitted else ():
        metrics["calibration"][f"fitted_{name}"] = _metric(name, choices)


def _metric(name: str, choices: Choices) -> Json:
    fitted, told = choices.fitted[name], f"fitted_{name}"
    flag = "in force: predictions are recalibrated by it" if choices.applied else "reported, not applied"
    return {
        "id": told,
        "rule": METRICS[told].rule,
        "part": CHOSEN_ON,
        "unit": "case",
        "cases": choices.cases,
        "patients": choices.patients,
        "level": None if fitted.low is None else 0.95,
        "value": fitted.value,
        "low": fitted.low,
        "high": fitted.high,
        "method": fitted.method,
        "flag": flag,
        "reason": fitted.reason,
    }


def _applied(slope: Estimate, patients: int) -> tuple[bool, str]:
    """Whether a recalibration is in force, and why."""
    low, high = SLOPES
    if slope.value is None or slope.low is None or slope.high is None:
        return False, slope.reason or "there is no interval of the slope"
    if patients < FULL:
        return False, f"{patients} validation patients are too few, {FULL} are needed"
    if slope.low <= 1 <= slope.high:
        return False, "the interval of the slope on the validation part holds 1"
    if not low <= slope.value <= high:
        return False, f"a slope beyond {low:g} to {high:g} says that the network has learned next to nothing"
    return True, "the interval of the slope on the validation part excludes 1"


def _interval(width: Width) -> Interval:
    line: dict[str, Any] = asdict(width.spread)
    return Interval(width.factor, patients=width.patients, **line)
