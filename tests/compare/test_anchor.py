"""The anchor: the best champion so far."""

from __future__ import annotations

import numpy as np

from pipeline.compare.anchor import anchor_among
from pipeline.tasks.classification.pairs import Pairs, Scores
from pipeline.tasks.registry import task_of

VERDICT = task_of("classification").verdict
TRUTH = np.array([1, 1, 1, 0, 0, 0, 0, 0])
CANDIDATE = np.linspace(0.9, 0.1, 8)


def pairs(wrong):
    """A reference that orders all patients right but for `wrong` pairs with the first negative."""
    reference = np.array([0.9, 0.8, 0.7, 0.1, 0.1, 0.1, 0.1, 0.1])
    reference[3] = [0.1, 0.75, 0.85][wrong]

    def scores(positive):
        return Scores(np.column_stack([1 - positive, positive]), (positive > 0.5).astype(np.int64))

    return Pairs(tuple("abcdefgh"), np.arange(8), TRUTH, 1, scores(reference), scores(CANDIDATE))


def anchor(former, present):
    found = anchor_among(
        VERDICT, {name: lambda p=p: p for name, p in former.items()}, present, alpha=0.01, seed=1
    )
    return found and found[0]


def test_the_best_former_champion_is_the_anchor():
    assert anchor({"0001": pairs(1), "0002": pairs(0), "0003": pairs(2)}, pairs(2)) == "0002"


def test_of_equals_the_earliest_is_the_anchor():
    assert anchor({"0002": pairs(0), "0001": pairs(0)}, pairs(1)) == "0001"


def test_the_present_champion_needs_no_anchor_when_nobody_was_better():
    assert anchor({}, pairs(1)) is None
    assert anchor({"0001": pairs(1)}, pairs(1)) is None
    assert anchor({"0001": pairs(2)}, pairs(1)) is None


def test_a_former_champion_that_cannot_be_measured_is_passed_over():
    one_class = pairs(0).chosen(TRUTH == 0)
    assert anchor({"0001": None, "0002": one_class, "0003": pairs(0)}, pairs(1)) == "0003"
    assert anchor({"0001": pairs(1)}, None) == "0001"
