from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.statistics.sample import Sample
from pipeline.statistics.thresholds import Rule
from pipeline.tasks.classification import choices as operating
from pipeline.tasks.registry import BINARY, MULTICLASS


def sample(truth: list[int], score: list[float], patient: list[int]) -> Sample:
    positive = np.array(score)
    return Sample(np.array(truth), np.column_stack([1 - positive, positive]), np.array(patient))


def test_the_threshold_is_chosen_at_the_headline_unit() -> None:
    # By case the positives score 0.2 and 0.9; by patient the only positive one scores 0.9.
    rows = sample([1, 1, 0, 0], [0.2, 0.9, 0.5, 0.1], [0, 0, 1, 2])
    by_case, by_patient = (
        operating.threshold(rows, Rule("sensitivity", 1.0), BINARY, unit=unit, patient_score="max").value
        for unit in ("case", "patient")
    )
    assert (by_case, by_patient) == (0.2, 0.9)


def test_a_threshold_above_every_score_flags_nobody_and_says_so() -> None:
    rows = sample([0, 1], [0.9, 0.1], [0, 1])
    found = operating.threshold(rows, Rule("specificity", 1.0), BINARY, unit="case", patient_score="max")
    assert found.told.reason == "no validation score meets the rule: nobody is flagged"
    assert operating.decide(np.array([[0.0, 1.0]]), found.value).tolist() == [0]


def test_another_validation_part_has_another_digest() -> None:
    rule = Rule("youden")
    first, other = (
        operating.threshold(sample([0, 1], [0.1, s], [0, 1]), rule, BINARY, unit="case", patient_score="max")
        for s in (0.9, 0.8)
    )
    assert first.digest != other.digest


def test_many_classes_have_a_temperature_and_no_threshold() -> None:
    generator = np.random.default_rng(1)
    truth = np.arange(90) % 3
    logits = 3 * np.eye(3)[truth] + generator.normal(size=(90, 3))
    cases = operating.Labelled(truth, logits, np.arange(90))
    found = operating.choose(cases, Rule("sensitivity"), MULTICLASS, unit="patient", patient_score="max")
    assert found.threshold_value is None
    assert found.thresholds_json() == []
    assert 0.05 < found.temperature.value < 20


def test_a_validation_part_of_one_class_is_refused() -> None:
    cases = operating.Labelled(np.ones(5, dtype=int), np.zeros((5, 2)), np.arange(5))
    with pytest.raises(DataError, match="one class only"):
        operating.choose(cases, Rule("sensitivity"), BINARY, unit="patient", patient_score="max")


def test_probabilities_are_those_that_the_table_gives_back() -> None:
    found = operating.probabilities(np.array([[0.0, 1.0], [np.nan, np.nan]]), 2.0)
    # 1 / (1 + exp(-1 / 2)) = 0.62245933120185...
    assert found[0, 1] == 0.622459331
    assert float(f"{found[0, 0]:.9g}") == found[0, 0]
    assert np.isnan(found[1]).all()


def test_a_score_at_the_threshold_is_positive() -> None:
    assert operating.decide(np.array([[0.5, 0.5], [0.6, 0.4]]), 0.5).tolist() == [1, 0]
    assert operating.decide(np.array([[0.2, 0.5, 0.3]]), None).tolist() == [1]
