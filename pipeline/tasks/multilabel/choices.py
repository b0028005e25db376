"""What is chosen on the validation part and then fixed: a temperature and a threshold for each finding.

A finding is chosen for as one of two classes is, on the cases where it is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.config import Evaluate
from pipeline.contracts import metrics as contract
from pipeline.contracts.objects import plain
from pipeline.errors import DataError
from pipeline.statistics.sample import codes
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.classification import choices as of_one
from pipeline.tasks.classification.choices import CHOSEN_ON, EVEN
from pipeline.tasks.measured import Json
from pipeline.tasks.multilabel.answers import Frozen, of_two
from pipeline.tasks.multilabel.labels import NOT_KNOWN, Labels, matrix
from pipeline.tasks.multilabel.predictions import Predictions
from pipeline.tasks.multilabel.view import sample_of, truth_of_patients, two_classes

_SIDES: Final = 2


@dataclass(frozen=True)
class Choice:
    """What was chosen for a finding; without a choice of its own it has a `reason`."""

    chosen: of_one.Choices
    reason: str | None = None

    @property
    def threshold(self) -> contract.Threshold:
        """The threshold as it is handed on."""
        record = (self.chosen.threshold or EVEN).record
        return record if self.reason is None else replace(record, reason=self.reason)


@dataclass(frozen=True)
class Choices:
    """What the validation part settled, by finding."""

    of_finding: Mapping[str, Choice]

    @property
    def fixed(self) -> Frozen:
        """What every later answer is made with."""
        return Frozen(
            tuple(choice.chosen.fixed.temperature for choice in self.of_finding.values()),
            tuple(float(choice.threshold.threshold) for choice in self.of_finding.values()),
        )

    @property
    def thresholds(self) -> tuple[contract.Threshold, ...]:
        """The thresholds as they are handed on, each with its finding."""
        return tuple(replace(choice.threshold, class_=name) for name, choice in self.of_finding.items())

    def to_json(self) -> Json:
        """What is handed on of them, by finding."""
        return {
            "labels": {
                name: choice.chosen.to_json()
                | {"thresholds": plain((choice.threshold,)), "reason": choice.reason}
                for name, choice in self.of_finding.items()
            }
        }


def choose(
    truth: Sequence[str], logits: Floats, patients: Sequence[str], *, question: Labels, plan: Evaluate
) -> Choices:
    """Temperatures and thresholds from the validation cases; `logits` has the shape (cases, findings).

    A finding that all of them have, or none, keeps temperature 1 and threshold 0.5. Raises DataError where
    that is so of every finding.
    """
    cells, of_patient = matrix(truth, len(question.names)), codes(list(patients))
    choices = {
        name: _choice(cells[:, index], logits[:, index], of_patient, name=name, plan=plan)
        for index, name in enumerate(question.names)
    }
    if all(choice.reason for choice in choices.values()):
        raise DataError(
            "The validation part doesn't have labelled cases both with and without any of the findings, so "
            "neither temperatures nor thresholds can be chosen. Enlarge `cohort.shares.validation`, or label "
            "more scans."
        )
    return Choices(choices)


def of_table(table: Predictions, plan: Evaluate) -> Choices:
    """The thresholds of a table from elsewhere: chosen on its validation rows, else 0.5."""
    rows = table.measurable(CHOSEN_ON)
    truth, patient = table.truth(rows), codes(list(table.frame["patient_id"][rows]))
    choices = {}
    for index, name in enumerate(table.names):
        sample = sample_of(truth[:, index], table.probability[rows, index], patient)
        one_sided = _one_sided(truth[:, index], patient, plan) if sample.truth.size else None
        threshold = (
            of_one.threshold(sample, of_one.rule_of(plan), plan)
            if sample.truth.size and not one_sided
            else EVEN
        )
        chosen = of_one.Choices(None, threshold, sample.truth.size, sample.patients)
        choices[name] = Choice(chosen, one_sided)
    return Choices(choices)


def add_to_metrics(metrics: Json, choices: Choices) -> None:
    """Puts the choices where metrics.json has them."""
    metrics["thresholds"] = choices.thresholds
    metrics["choices"] = choices.to_json()
    for name, choice in choices.of_finding.items():
        temperature = choice.chosen.temperature
        if temperature is not None:
            stored = of_one.temperature_metric(choice.chosen, temperature) | {"class": name}
            metrics["calibration"][f"temperature_{name}"] = stored


def _choice(cells: Integers, logit: Floats, patient: Integers, *, name: str, plan: Evaluate) -> Choice:
    known = cells != NOT_KNOWN
    one_sided = _one_sided(cells, patient, plan)
    if one_sided:
        count = int(known.sum())
        return Choice(of_one.Choices(None, EVEN, count, len(set(patient[known].tolist()))), one_sided)
    question = two_classes(name)
    chosen = of_one.choose(
        [question.names[int(cell)] for cell in cells[known]],
        of_two(logit[known]),
        [f"{code:09d}" for code in patient[known]],
        question=question,
        plan=plan,
    )
    return Choice(chosen)


def _one_sided(cells: Integers, patient: Integers, plan: Evaluate) -> str | None:
    """Why nothing can be chosen for a finding, None where it can: with one vote a patient has one side."""
    known = cells[cells != NOT_KNOWN]
    by_vote = known
    if plan.unit == "patient" and known.size:
        sides = truth_of_patients(cells[:, None], patient)[:, 0]
        by_vote = sides[sides != NOT_KNOWN]
    if len(set(by_vote.tolist())) == _SIDES:
        return None
    whose = "unknown in all" if not known.size else "in all" if by_vote.max() == 1 else "in none of the"
    return f"the finding is {whose} validation {plan.unit}s, so nothing was chosen"
