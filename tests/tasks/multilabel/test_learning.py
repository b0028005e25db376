"""The loss of several findings: by hand, with unknown ones passed over, and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from pipeline.config import Train
from pipeline.errors import DataError
from pipeline.tasks.multilabel import learning
from pipeline.tasks.multilabel.labels import Labels
from pipeline.tasks.multilabel.network import averaged, evidence

QUESTION = Labels(("edema", "mass"), ("mass", "edema"))
EVEN, BALANCED = Train(class_weights="none"), Train(class_weights="balanced")


def test_unknown_findings_count_nothing_in_the_loss_of_a_case() -> None:
    targets = learning.targets(["1|0", "1|", "|"], QUESTION)
    assert targets.tolist() == [[1, 0], [1, -1], [-1, -1]]
    logits = np.array([[0.0, math.log(3)], [math.log(3), 50.0], [9.0, -9.0]])
    losses = np.asarray(learning.loss(EVEN, targets)(targets, logits))
    # -log 1/2 and -log(1 - 3/4), their mean; -log 3/4 alone; nothing
    assert losses == pytest.approx([(math.log(2) + math.log(4)) / 2, math.log(4 / 3), 0.0], abs=1e-6)


def test_the_loss_of_known_findings_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    targets = generator.integers(0, 2, (40, 1)).astype(np.int8)
    logits = generator.normal(0, 2, (40, 1))
    losses = np.asarray(learning.loss(EVEN, targets)(targets, logits))
    assert losses.mean() == pytest.approx(log_loss(targets[:, 0], 1 / (1 + np.exp(-logits[:, 0]))), rel=1e-5)


def test_both_sides_of_a_finding_weigh_the_same_whatever_is_known_of_another() -> None:
    train = np.array([[1, 1], [0, -1], [0, 0], [0, 1]], dtype=np.int8)
    of_absent, of_present = learning.balanced_sides(train)
    assert of_present.tolist() == [2.0, 0.75]  # 4 / (2 * 1), 3 / (2 * 2)
    assert of_absent == pytest.approx([4 / 6, 1.5])
    losses = np.asarray(learning.loss(BALANCED, train)(train[:1], np.zeros((1, 2))))
    assert losses == pytest.approx([math.log(2) * (2.0 + 0.75) / 2])


def test_validation_measures_each_finding_where_it_is_known() -> None:
    generator = np.random.default_rng(2)
    targets = generator.integers(-1, 2, (60, 2)).astype(np.int8)
    logits = generator.normal(0, 1, (60, 2)) + targets
    loss = learning.loss(EVEN, targets)
    validation = learning.validated(logits, targets, np.ones(60), loss)
    areas = [
        roc_auc_score(column[column >= 0], score[column >= 0])
        for column, score in zip(targets.T, logits.T, strict=True)
    ]
    assert validation.numbers["macro_auroc"] == pytest.approx(np.mean(areas))
    assert validation.loss == pytest.approx(float(np.asarray(loss(targets, logits)).mean()))
    assert learning.in_words({"macro_auroc": None}) == ""


def test_a_finding_that_training_knows_one_side_of_is_refused() -> None:
    both = learning.targets(["1|1", "0|0"], QUESTION)
    learning.require(both, learning.targets(["1|0", "0|0"], QUESTION), QUESTION)
    with pytest.raises(DataError, match="with and without 'mass'"):
        learning.require(learning.targets(["1|0", "0|"], QUESTION), both, QUESTION)
    with pytest.raises(DataError, match=r"validation part .* any of the findings"):
        learning.require(both, learning.targets(["1|0", "1|0"], QUESTION), QUESTION)


def test_networks_answer_together_by_the_mean_of_their_probabilities() -> None:
    one, other = np.array([[math.log(3), -60.0]]), np.array([[0.0, -60.0]])
    logit = np.asarray(averaged([one, other], QUESTION))
    assert 1 / (1 + np.exp(-logit[0, 0])) == pytest.approx((0.75 + 0.5) / 2)
    assert logit[0, 1] == pytest.approx(-60.0)
    assert evidence(3, 1).tolist() == [[0.0, 1.0, 0.0]]
