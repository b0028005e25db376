"""What is chosen on the validation part and then fixed: the temperature and the threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipeline import digests, scoring
from pipeline.contracts import operating as contract
from pipeline.contracts.predictions import nine_digits
from pipeline.errors import DataError
from pipeline.statistics import thresholds
from pipeline.statistics.calibration import TEMPERATURE_BOUNDS, Temperature, fit_temperature
from pipeline.statistics.sample import PatientScore, Sample
from pipeline.statistics.thresholds import Rule
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.registry import Task
from pipeline.tasks.view import Json

CHOSEN_ON = "validation"
# JSON has no infinity; no probability reaches 2, so that nobody is flagged.
ABOVE_EVERY_SCORE = 2.0


@dataclass(frozen=True)
class Threshold:
    """A threshold with the rule that chose it; `digest` names the validation rows it was chosen on."""

    value: float
    rule: Rule
    chosen_on: str
    digest: str | None

    @property
    def told(self) -> contract.Threshold:
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


@dataclass(frozen=True)
class Choices:
    """What `cases` of `patients` of the validation part settled.

    There is no threshold where the largest score decides.
    """

    temperature: Temperature
    threshold: Threshold | None
    cases: int
    patients: int

    @property
    def threshold_value(self) -> float | None:
        """The threshold as a number."""
        return None if self.threshold is None else self.threshold.value

    @property
    def thresholds(self) -> tuple[contract.Threshold, ...]:
        """The thresholds as they are handed on."""
        return () if self.threshold is None else (self.threshold.told,)


@dataclass(frozen=True)
class Labelled:
    """The validation cases: class index (cases,), logits (cases, classes), patient code (cases,)."""

    truth: Integers
    logits: Floats
    patient: Integers


def choose(cases: Labelled, rule: Rule, task: Task, *, unit: str, patient_score: PatientScore) -> Choices:
    """Temperature and threshold from the validation cases.

    Raises DataError when they hold one class only.
    """
    _need_two_classes(cases.truth)
    temperature = fit_temperature(cases.logits, cases.truth)
    sample = Sample(cases.truth, probabilities(cases.logits, temperature.value), cases.patient)
    chosen = (
        threshold(sample, rule, task, unit=unit, patient_score=patient_score) if task.thresholded else None
    )
    return Choices(temperature, chosen, sample.truth.size, sample.patients)


def threshold(sample: Sample, rule: Rule, task: Task, *, unit: str, patient_score: PatientScore) -> Threshold:
    """The threshold of the positive class at the headline unit, from the cases of the validation part.

    Raises DataError when they hold one class only.
    """
    chosen = task.patients(sample, patient_score) if unit == "patient" else sample
    _need_two_classes(chosen.truth)
    value = thresholds.choose(chosen.truth, chosen.probability[:, 1], rule)
    return Threshold(value if math.isfinite(value) else ABOVE_EVERY_SCORE, rule, CHOSEN_ON, _digest(sample))


def decide(probability: Floats, value: float | None) -> Integers:
    """The class index of each row: the positive one at or above the threshold, else the largest score."""
    if value is None:
        return np.asarray(np.nan_to_num(probability).argmax(axis=1), dtype=np.int64)
    return (probability[:, 1] >= value).astype(np.int64)


def probabilities(logits: Floats, value: float) -> Floats:
    """The probabilities at a temperature, to the nine digits with which the table of predictions is written.

    Shapes (cases, classes); nan rows stay nan.
    """
    return nine_digits(scoring.probabilities(logits, value))


def temperature_metric(choices: Choices) -> Json:
    """The temperature as it stands in metrics.json."""
    found = choices.temperature
    low, high = TEMPERATURE_BOUNDS
    return {
        "id": "temperature",
        "rule": "T14",
        "part": CHOSEN_ON,
        "unit": "case",
        "cases": choices.cases,
        "patients": choices.patients,
        "level": None,
        "value": found.value,
        "low": None,
        "high": None,
        "method": "minimum_log_loss",
        "nll_before": found.nll_before,
        "nll_after": found.nll_after,
        "flag": f"at the bound of {low:g} to {high:g}" if found.at_bound else None,
        "reason": "chosen, not estimated",
    }


def _need_two_classes(truth: Integers) -> None:
    if np.unique(truth).size < 2:
        raise DataError(
            "The validation part has labelled cases of one class only, so neither temperature nor threshold "
            "can be chosen. Enlarge `cohort.shares.validation`, or label more scans."
        )


def _digest(sample: Sample) -> str:
    rows = [sample.truth.tolist(), sample.probability.tolist(), sample.patient.tolist()]
    return digests.of_json(rows)
