from __future__ import annotations

import numpy as np
import pytest

from pipeline.statistics.sample import Sample, codes, has_one_class, patients_of_one_class, patients_with_any


def binary(truth: list[int], score: list[float], patient: list[int]) -> Sample:
    positive = np.array(score)
    return Sample(np.array(truth), np.column_stack([1 - positive, positive]), np.array(patient))


def test_codes_follow_the_sorted_identities() -> None:
    assert codes(["b", "a", "b", "c"]).tolist() == [1, 0, 1, 2]


def test_a_patient_is_positive_when_any_case_is_and_has_the_largest_score() -> None:
    found = patients_with_any(binary([0, 1, 0], [0.2, 0.4, 0.9], [0, 0, 1]), "max")
    assert found.truth.tolist() == [1, 0]
    assert found.probability == pytest.approx(np.array([[0.6, 0.4], [0.1, 0.9]]))
    assert not found.repeated


def test_the_mean_score_weighs_the_cases_of_a_patient_alike() -> None:
    found = patients_with_any(binary([0, 1, 0], [0.2, 0.4, 0.9], [0, 0, 1]), "mean")
    assert found.probability[:, 1] == pytest.approx([0.3, 0.9])


def test_a_patient_with_cases_of_several_classes_is_left_out() -> None:
    probability = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.6, 0.0, 0.4]])
    sample = Sample(np.array([0, 1, 0, 0]), probability, np.array([0, 0, 1, 1]))
    assert has_one_class(sample).tolist() == [False, True]
    found = patients_of_one_class(sample, "max")
    assert found.truth.tolist() == [0]
    # The largest of each class, 0.6, 0.3 and 0.4, scaled to one.
    assert found.probability == pytest.approx(np.array([[0.6, 0.3, 0.4]]) / 1.3)


def test_a_selection_of_rows_renumbers_its_patients() -> None:
    sample = binary([0, 1, 0], [0.2, 0.4, 0.9], [0, 1, 2])
    found = sample.where(np.array([True, False, True]))
    assert found.patient.tolist() == [0, 1]
    assert found.patients == 2


def test_a_patient_with_cases_of_both_classes_is_a_member_of_both() -> None:
    sample = binary([0, 1, 0], [0.2, 0.4, 0.9], [0, 0, 1])
    assert sample.membership().tolist() == [[True, True], [True, False]]
    assert sample.repeated
