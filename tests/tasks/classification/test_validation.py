"""The measures after an epoch, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.tasks.classification.validation import measured

LOG3 = math.log(3)


def test_loss_and_accuracy_weigh_as_told() -> None:
    # Shares of the target: 3/4, 1/4, 1/4; weights 1, 1 (class 0) and 2 (class 1).
    logits = np.array([[LOG3, 0.0], [0.0, LOG3], [LOG3, 0.0]])
    result = measured(logits, np.array([0, 0, 1]), np.array([1.0, 2.0]))
    assert result.loss == pytest.approx((math.log(4 / 3) + math.log(4) + 2 * math.log(4)) / 4)
    assert result.accuracy == pytest.approx(1 / 3)


def test_the_area_counts_ordered_pairs() -> None:
    # Scores of class 1: negatives 0 and 2, positives 1 and 3: three of four pairs are in order.
    logits = np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 1.0], [0.0, 3.0]])
    assert measured(logits, np.array([0, 0, 1, 1]), np.ones(2)).auroc == pytest.approx(0.75)


def test_of_three_classes_the_area_is_the_mean_of_each_against_the_rest() -> None:
    logits = np.eye(3)[[0, 1, 1]] * 5
    # Class 0 scores its case above both others: 1. Class 1 above one, level with one: 3/4. Class 2
    # scores all three cases alike: 1/2.
    result = measured(logits, np.array([0, 1, 2]), np.ones(3))
    assert result.auroc == pytest.approx((1.0 + 0.75 + 0.5) / 3)


def test_a_single_class_has_no_area() -> None:
    assert measured(np.zeros((3, 2)), np.array([1, 1, 1]), np.ones(2)).auroc is None


def test_infinite_logits_give_a_loss_that_is_not_finite() -> None:
    with np.errstate(invalid="ignore"):
        result = measured(np.array([[np.inf, 0.0], [0.0, 0.0]]), np.array([0, 1]), np.ones(2))
    assert not math.isfinite(result.loss)
