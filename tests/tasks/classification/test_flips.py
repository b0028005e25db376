"""Flips between champion and candidate."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.contracts.comparison import Flip
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.classification.flips import flips
from pipeline.tasks.classification.pairs import Pairs, Scores

NAMES = of_names(["normal", "pneumonia"])


def pairs_of(truth: list[int], was: list[int], now: list[int], patient: list[int] | None = None) -> Pairs:
    decided = np.array(was), np.array(now)
    scores = [Scores(np.column_stack([1 - d, d]).astype(float), d) for d in decided]
    codes = np.arange(len(truth)) if patient is None else np.array(patient)
    return Pairs(tuple(f"p{i}" for i in range(len(truth))), codes, np.array(truth), 1, *scores)


TRUTH = [1] * 6 + [0] * 6
WAS = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]  # right: 4 of 6 and 5 of 6
NOW = [1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1]  # loses p2, p3, p9; gains p4


def test_flips_are_counted_and_listed_with_mcnemars_test() -> None:
    counted = flips(pairs_of(TRUTH, WAS, NOW), NAMES, level=0.95)
    assert (counted.negative, counted.positive, counted.both_right, counted.both_wrong) == (3, 1, 6, 2)
    assert counted.negative_rate == 0.25
    # exact two-sided binomial of 1 in 4: 2 (1 + 4) / 16
    assert counted.mcnemar_p == pytest.approx(0.625)
    assert [flip.name for flip in counted.negative_list] == ["p2", "p3", "p9"]
    assert counted.negative_list[2] == Flip(
        "p9", "normal", "normal", "pneumonia", "pneumonia", 0.0, 1.0, "score_pneumonia"
    )  # fmt: skip
    assert [flip.name for flip in counted.positive_list] == ["p4"]


def test_flips_are_counted_by_true_class_with_exact_intervals() -> None:
    counted = flips(pairs_of(TRUTH, WAS, NOW), NAMES, level=0.95)
    normal, pneumonia = counted.classes
    assert (normal.name, normal.patients, normal.negative, normal.positive) == ("normal", 6, 1, 0)
    assert (pneumonia.name, pneumonia.negative, pneumonia.positive) == ("pneumonia", 2, 1)
    # 0 of 6 has the lower end 0 and the upper end 1 - 0.025 ** (1 / 6)
    assert (normal.positive_low, normal.positive_high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 6)))
    # at the lower end of 1 in 6 there is 2.5 % of 1 or more: 1 - (1 - p) ** 6
    assert normal.negative_low == pytest.approx(1 - 0.975 ** (1 / 6))


def test_a_patient_with_a_scan_for_the_worse_counts_once_and_as_worse() -> None:
    counted = flips(pairs_of([1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]), NAMES, level=0.95)
    assert (counted.units, counted.negative, counted.positive) == (4, 2, 1)
    assert counted.sides is not None
    assert (counted.sides.patients, counted.sides.negative, counted.sides.positive) == (2, 1, 1)


def test_those_whose_score_moved_furthest_are_listed_first() -> None:
    pairs = pairs_of([1, 1], [1, 1], [0, 0])
    pairs.candidate.probability[:] = [[0.6, 0.4], [0.9, 0.1]]
    assert [flip.name for flip in flips(pairs, NAMES, level=0.95).negative_list] == ["p1", "p0"]
