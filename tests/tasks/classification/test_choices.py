from __future__ import annotations

import numpy as np
import pytest

from pipeline.config import Evaluate
from pipeline.errors import DataError
from pipeline.statistics.sample import Sample
from pipeline.statistics.thresholds import Rule
from pipeline.tasks.classification import choices as operating
from pipeline.tasks.classification.answers import decide
from pipeline.tasks.classification.classes import of_names

BY_CASE, BY_PATIENT = Evaluate(unit="case"), Evaluate(unit="patient")
TWO = of_names(["no", "yes"])


def sample(truth: list[int], score: list[float], patient: list[int]) -> Sample:
    positive = np.array(score)
    return Sample(np.array(truth), np.column_stack([1 - positive, positive]), np.array(patient))


def test_the_threshold_is_chosen_at_the_headline_unit() -> None:
    # By case the positives score 0.2 and 0.9; by patient the only positive one scores 0.9.
    rows = sample([1, 1, 0, 0], [0.2, 0.9, 0.5, 0.1], [0, 0, 1, 2])
    by_case, by_patient = (
        operating.threshold(rows, Rule("sensitivity", 1.0), plan).value for plan in (BY_CASE, BY_PATIENT)
    )
    assert (by_case, by_patient) == (0.2, 0.9)


def test_a_threshold_above_every_score_flags_nobody_and_says_so() -> None:
    rows = sample([0, 1], [0.9, 0.1], [0, 1])
    found = operating.threshold(rows, Rule("specificity", 1.0), BY_CASE)
    assert found.record.reason == "no validation score meets the rule: nobody is flagged"
    assert decide(np.array([[0.0, 1.0]]), found.value).tolist() == [0]


def test_another_validation_part_has_another_digest() -> None:
    rule = Rule("youden")
    first, other = (operating.threshold(sample([0, 1], [0.1, s], [0, 1]), rule, BY_CASE) for s in (0.9, 0.8))
    assert first.digest != other.digest


def test_many_classes_have_a_temperature_and_no_threshold() -> None:
    generator = np.random.default_rng(1)
    truth = np.arange(90) % 3
    logits = 3 * np.eye(3)[truth] + generator.normal(size=(90, 3))
    names, patients = ["a", "b", "c"], [f"p{number:02d}" for number in range(90)]
    found = operating.choose(
        [names[index] for index in truth], logits, patients, question=of_names(names), plan=BY_PATIENT
    )
    assert found.fixed.threshold is None
    assert found.thresholds == ()
    assert 0.05 < found.fixed.temperature < 20


def test_a_validation_part_of_one_class_is_refused() -> None:
    with pytest.raises(DataError, match="one class only"):
        operating.choose(["yes"] * 5, np.zeros((5, 2)), list("abcde"), question=TWO, plan=BY_PATIENT)
