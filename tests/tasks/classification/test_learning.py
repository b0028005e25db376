"""The loss and the weights of classes, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline import backend

backend.prepare()
pytest.importorskip("keras")

from pipeline.tasks.classification.learning import balanced_weights, cross_entropy, even_weights  # noqa: E402 - needs Keras's environment


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
