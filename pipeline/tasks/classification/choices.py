"""What is chosen on the validation part and then fixed: the temperature and the threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline import digests
from pipeline.config import Evaluate
from pipeline.contracts import metrics as contract
from pipeline.contracts.objects import plain
from pipeline.errors import DataError
from pipeline.statistics import conformal, thresholds
from pipeline.statistics.calibration import TEMPERATURE_BOUNDS, Temperature, fit_temperature
from pipeline.statistics.sample import Sample, codes
from pipeline.statistics.thresholds import Rule
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.classification.answers import Frozen, Sets, probabilities
from pipeline.tasks.classification.classes import Classes, finding
from pipeline.tasks.classification.definitions import METRICS
from pipeline.tasks.classification.predictions import Predictions
from pipeline.tasks.classification.rows import per_patient, sample_of
from pipeline.tasks.measured import Json

CHOSEN_ON: Final = "validation"
# JSON has no infinity; no probability reaches 2, so that nobody is flagged.
ABOVE_EVERY_SCORE: Final = 2.0


@dataclass(frozen=True)
class Threshold:
    """A threshold with the rule that chose it; `digest` names the validation rows it was chosen on."""

    value: float
    rule: Rule
    chosen_on: str
    digest: str | None

    @property
    def record(self) -> contract.Threshold:
        """The threshold as it is handed on."""
        has_target = self.rule.name in ("sensitivity", "specificity")
        above = self.value == ABOVE_EVERY_SCORE
        return contract.Threshold(
            threshold=self.value,
            rule=self.rule.name,
            target=self.rule.at_least if has_target else None,
            chosen_on=self.chosen_on,
            digest=self.digest,
            cost_fn=self.rule.cost_false_negative,
            cost_fp=self.rule.cost_false_positive,
            prevalence=self.rule.prevalence,
            reason="no validation score meets the rule: nobody is flagged" if above else None,
        )


# Where no validation rows are there to choose on: the larger of the two scores decides.
EVEN: Final = Threshold(0.5, Rule("fixed"), "fixed beforehand", None)


@dataclass(frozen=True)
class Choices:
    """What `cases` of `patients` of the validation part settled.

    There is no threshold where the largest score decides, and no temperature of a table from elsewhere.
    """

    temperature: Temperature | None
    threshold: Threshold | None
    cases: int
    patients: int
    sets: Sets | None = None

    @property
    def fixed(self) -> Frozen:
        """What every later answer is made with."""
        return Frozen(
            1.0 if self.temperature is None else self.temperature.value,
            None if self.threshold is None else self.threshold.value,
            sets=self.sets,
        )

    @property
    def thresholds(self) -> tuple[contract.Threshold, ...]:
        """The thresholds as they are handed on."""
        return () if self.threshold is None else (self.threshold.record,)

    def to_json(self) -> Json:
        """What is handed on of them, by key: with the temperature the log-loss before it and with it."""
        handed_on: Json = {"temperature": self.fixed.temperature, "thresholds": plain(self.thresholds)}
        if self.sets is not None:
            handed_on["sets"] = plain(self.sets)
        if self.temperature is not None:
            handed_on |= {
                "log_loss_before": self.temperature.nll_before,
                "log_loss_after": self.temperature.nll_after,
            }
        return handed_on


def choose(
    truth: Sequence[str], logits: Floats, patients: Sequence[str], *, question: Classes, plan: Evaluate
) -> Choices:
    """Temperature and threshold from the validation cases.

    `truth` has their classes by name, `logits` the shape (cases, classes).

    Raises DataError when they hold one class only.
    """
    indices = np.array([question.names.index(name) for name in truth], dtype=np.int64)
    _need_two_classes(indices)
    temperature = fit_temperature(logits, indices)
    probability = probabilities(logits, Frozen(temperature.value))
    sample = Sample(indices, probability, codes(list(patients)))
    chosen = None if question.finding is None else threshold(sample, rule_of(plan), plan)
    sets = _sets(sample, level=plan.sets)
    return Choices(temperature, chosen, sample.truth.size, sample.patients, sets)


def of_table(table: Predictions, plan: Evaluate) -> Choices:
    """The threshold of a table from elsewhere: chosen on its validation rows, else 0.5; none of many classes.

    Raises DataError when the validation rows hold one class only.
    """
    sample = sample_of(table, CHOSEN_ON)
    if finding(sample.classes) is None:
        chosen = None
    else:
        chosen = threshold(sample, rule_of(plan), plan) if sample.truth.size else EVEN
    sets = _sets(sample, level=plan.sets) if sample.truth.size else None
    return Choices(None, chosen, sample.truth.size, sample.patients, sets)


def threshold(sample: Sample, rule: Rule, plan: Evaluate) -> Threshold:
    """The threshold of the positive class at the headline unit, from the cases of the validation part.

    Raises DataError when they hold one class only.
    """
    chosen = per_patient(sample, plan.patient_score) if plan.unit == "patient" else sample
    _need_two_classes(chosen.truth)
    value = thresholds.choose(chosen.truth, chosen.probability[:, 1], rule)
    return Threshold(value if math.isfinite(value) else ABOVE_EVERY_SCORE, rule, CHOSEN_ON, _digest(sample))


def add_to_metrics(metrics: Json, choices: Choices) -> None:
    """Puts the choices where metrics.json has them."""
    metrics["thresholds"] = choices.thresholds
    metrics["choices"] = choices.to_json()
    if choices.temperature is not None:
        metrics["calibration"]["temperature"] = temperature_metric(choices, choices.temperature)


def temperature_metric(choices: Choices, temperature: Temperature) -> Json:
    """The temperature as a metric of metrics.json."""
    low, high = TEMPERATURE_BOUNDS
    return {
        "id": "temperature",
        "rule": METRICS["temperature"].rule,
        "part": CHOSEN_ON,
        "unit": "case",
        "cases": choices.cases,
        "patients": choices.patients,
        "level": None,
        "value": temperature.value,
        "low": None,
        "high": None,
        "method": "least log-loss",
        "flag": f"at the bound of {low:g} to {high:g}" if temperature.at_bound else None,
        "reason": "chosen, not estimated",
    }


def rule_of(plan: Evaluate) -> Rule:
    """The rule by which the YAML has a threshold chosen."""
    point = plan.operating_point
    return Rule(
        point.rule, point.at_least, point.cost_false_negative, point.cost_false_positive, point.prevalence
    )


def _sets(sample: Sample, *, level: float) -> Sets:
    """The sets that hold the class of `level` of new patients of each class, none of too few patients."""
    least = conformal.least_probabilities(sample, alpha=1 - level)
    patients = tuple(int(count) for count in sample.membership().sum(axis=0))
    return Sets(level, patients, () if least is None else tuple(float(each) for each in least))


def _need_two_classes(truth: Integers) -> None:
    if np.unique(truth).size < 2:
        raise DataError(
            "The validation part has labelled cases of one class only, so neither temperature nor threshold "
            "can be chosen. Enlarge `cohort.shares.validation`, or label more scans."
        )


def _digest(sample: Sample) -> str:
    rows = [sample.truth.tolist(), sample.probability.tolist(), sample.patient.tolist()]
    return digests.of_json(rows)
