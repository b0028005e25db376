"""Loss, weights of classes and the measures after an epoch, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline import backend

backend.prepare()
pytest.importorskip("keras")

from pipeline.tasks.classification.learning import (  # noqa: E402 - needs Keras's environment
    balanced_weights,
    cross_entropy,
    even_weights,
    validated,
)

LOSS = cross_entropy(label_smoothing=0.0)


def test_the_loss_is_minus_the_logarithm_of_the_target_class_share() -> None:
    # Shares of logits (0, log 3) are 1/4 and 3/4.
    logits = np.array([[0.0, math.log(3)], [0.0, math.log(3)]], np.float32)
    losses = np.asarray(cross_entropy(label_smoothing=0.0)(np.array([0, 1]), logits))
    np.testing.assert_allclose(losses, [math.log(4), math.log(4 / 3)], rtol=1e-6)


def test_smoothing_spreads_its_share_over_all_classes() -> None:
    # 0.2 spread over two classes: 0.9 on the target and 0.1 on the other.
    logits = np.array([[0.0, math.log(3)]], np.float32)
    losses = np.asarray(cross_entropy(label_smoothing=0.2)(np.array([1]), logits))
    np.testing.assert_allclose(losses, [0.9 * math.log(4 / 3) + 0.1 * math.log(4)], rtol=1e-6)


def test_huge_logits_keep_a_finite_loss() -> None:
    losses = np.asarray(
        cross_entropy(label_smoothing=0.0)(np.array([0]), np.array([[-1e4, 1e4]], np.float32))
    )
    np.testing.assert_allclose(losses, [2e4])


def test_balanced_weights_make_three_to_one_weigh_the_same() -> None:
    targets = np.array([0, 0, 0, 1])
    # 4 / (2 * 3) and 4 / (2 * 1); the mean over cases is (3 * 2/3 + 2) / 4 = 1.
    np.testing.assert_allclose(balanced_weights(targets, 2), [2 / 3, 2])
    assert balanced_weights(targets, 2)[targets].mean() == pytest.approx(1.0)


def test_even_weights_are_one() -> None:
    np.testing.assert_array_equal(even_weights(np.array([0, 0, 1]), 2), [1, 1])


def test_loss_and_accuracy_weigh_as_told() -> None:
    # Shares of the target: 3/4, 1/4, 1/4; weights 1, 1 (class 0) and 2 (class 1).
    logits = np.array([[math.log(3), 0.0], [0.0, math.log(3)], [math.log(3), 0.0]])
    result = validated(logits, np.array([0, 0, 1]), np.array([1.0, 1.0, 2.0]), LOSS)
    assert result.loss == pytest.approx((math.log(4 / 3) + math.log(4) + 2 * math.log(4)) / 4)
    assert result.numbers["accuracy"] == pytest.approx(1 / 3)


def test_the_area_counts_ordered_pairs() -> None:
    # Scores of class 1: negatives 0 and 2, positives 1 and 3: three of four pairs are in order.
    logits = np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 1.0], [0.0, 3.0]])
    assert validated(logits, np.array([0, 0, 1, 1]), np.ones(4), LOSS).numbers["auroc"] == pytest.approx(0.75)


def test_of_three_classes_the_area_is_the_mean_of_each_against_the_rest() -> None:
    logits = np.eye(3)[[0, 1, 1]] * 5
    # Class 0 scores its case above both others: 1. Class 1 above one, level with one: 3/4. Class 2
    # scores all three cases alike: 1/2.
    result = validated(logits, np.array([0, 1, 2]), np.ones(3), LOSS)
    assert result.numbers["auroc"] == pytest.approx((1.0 + 0.75 + 0.5) / 3)


def test_a_single_class_has_no_area() -> None:
    assert validated(np.zeros((3, 2)), np.array([1, 1, 1]), np.ones(3), LOSS).numbers["auroc"] is None


def test_infinite_logits_give_a_loss_that_is_not_finite() -> None:
    with np.errstate(invalid="ignore"):
        result = validated(np.array([[np.inf, 0.0], [0.0, 0.0]]), np.array([0, 1]), np.ones(2), LOSS)
    assert not math.isfinite(result.loss)
