from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from pipeline.statistics import multiclass


def labels(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 4, size=300)
    return truth, np.where(generator.random(300) < 0.6, truth, generator.integers(0, 4, size=300))


def test_the_matrix_and_what_follows_agree_with_scikit_learn() -> None:
    truth, predicted = labels(1)
    matrix = multiclass.confusion_matrix(truth, predicted, 4)
    assert (matrix == metrics.confusion_matrix(truth, predicted)).all()
    assert multiclass.recalls(matrix) == pytest.approx(metrics.recall_score(truth, predicted, average=None))
    assert multiclass.f1_scores(matrix) == pytest.approx(metrics.f1_score(truth, predicted, average=None))
    assert multiclass.matthews(matrix) == pytest.approx(metrics.matthews_corrcoef(truth, predicted))
    for weights, disagreement in (
        (None, multiclass.nominal(4)),
        ("quadratic", (np.arange(4)[:, None] - np.arange(4)) ** 2),
    ):
        expected = metrics.cohen_kappa_score(truth, predicted, weights=weights)
        assert multiclass.kappa(matrix, disagreement) == pytest.approx(expected)


def test_an_absent_class_has_no_f1_and_is_not_in_the_mean() -> None:
    truth, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2])
    matrix = multiclass.confusion_matrix(truth, predicted, 3)
    scores = multiclass.f1_scores(matrix)
    assert math.isnan(scores[2])
    members = multiclass.in_macro(truth, 3)
    assert members.tolist() == [True, True, False]
    # F1 of class 0: 2 / 3, of class 1: 2 / 4.
    assert multiclass.macro(scores, members) == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_a_universal_class_is_not_in_the_mean() -> None:
    members = multiclass.in_macro(np.zeros(5, dtype=int), 2)
    assert not members.any()
    assert math.isnan(multiclass.macro(np.ones(2), members))
