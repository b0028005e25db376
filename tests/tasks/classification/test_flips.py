"""Flips between champion and candidate."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.contracts.comparison import Flip
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.classification.flips import flips
from pipeline.tasks.classification.pairs import Pairs, Scores


def test_flips_are_counted_and_listed_with_mcnemars_test():
    truth = np.array([1] * 6 + [0] * 6)
    was = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1])  # right: 4 of 6 and 5 of 6
    now = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1])  # loses p2, p3, p9; gains p4
    scores = [Scores(np.column_stack([1 - d, d]).astype(float), d) for d in (was, now)]
    pairs = Pairs(tuple(f"p{i}" for i in range(12)), np.arange(12), truth, 1, *scores)
    counted = flips(pairs, of_names(["normal", "pneumonia"]))
    assert (counted.negative, counted.positive, counted.both_right, counted.both_wrong) == (3, 1, 6, 2)
    assert counted.negative_rate == 0.25
    # exact two-sided binomial of 1 in 4: 2 (1 + 4) / 16
    assert counted.mcnemar_p == pytest.approx(0.625)
    assert [flip.name for flip in counted.negative_list] == ["p2", "p3", "p9"]
    assert counted.negative_list[2] == Flip("p9", "normal", "normal", "pneumonia", "pneumonia", 0.0, 1.0)
    assert [flip.name for flip in counted.positive_list] == ["p4"]
