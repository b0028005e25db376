"""Whether new scans can be told from old ones: by a shift that is there, and not by one that isn't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import scoring
from pipeline.drift.domain import area, domain, nearest_typical, out_of_fold
from pipeline.records import Stored


def groups(shift: float, *, size: int = 80, dimensions: int = 16) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(4)
    old, new = generator.standard_normal((2, size, dimensions))
    new[:, 0] += shift
    return old, new


def test_groups_that_differ_are_told_apart_and_alike_ones_are_not() -> None:
    far, near = (area(out_of_fold(*groups(shift)), 80, level=0.95) for shift in (3.0, 0.0))
    assert far.value is not None
    assert near.low is not None
    assert near.high is not None
    assert far.value > 0.93
    assert near.low < 0.55
    assert near.high > 0.4
    assert (far.old_patients, far.new_patients) == (80, 80)


def test_no_scan_is_judged_by_a_fit_that_saw_it() -> None:
    # As many dimensions as scans: a fit that saw them would tell them apart whatever they are.
    old, new = groups(0.0, size=40, dimensions=200)
    found = area(out_of_fold(old, new), 40, level=0.95)
    assert found.value == pytest.approx(0.5, abs=0.17)


def test_the_same_scans_give_the_same_scores() -> None:
    np.testing.assert_array_equal(out_of_fold(*groups(1.0)), out_of_fold(*groups(1.0)))


@pytest.mark.parametrize(
    ("known", "follow_ups", "strangers", "told"),
    [
        (30, 15, 5, "5 new patients are too few, 10 are needed"),
        (30, 15, 0, "0 new patients are too few, 10 are needed"),
        (6, 0, 20, "6 training patients are too few, 10 are needed"),
    ],
)
def test_a_later_scan_of_a_known_patient_is_no_new_patients(
    known: int, follow_ups: int, strangers: int, told: str
) -> None:
    old = [(f"old{n:02d}", f"person{n:02d}", "train") for n in range(known)]
    new = [(f"new{n:02d}", f"person{n:02d}", "train") for n in range(follow_ups)]
    new += [(f"strange{n:02d}", f"other{n:02d}", "train") for n in range(strangers)]
    stored = Stored("shard-00000.npy", 0, 4, "<f2", (2, 1), 0)
    arrays = {name: stored for name, _, _ in (*old, *new)}
    scans = scoring.Scans(arrays, Path(), {}, {}, Path(), Path())
    columns = ["case_id", "person_id", "part"]
    scorer: Any = None  # of so few nothing is asked
    found = domain(
        scorer, scans,
        known=pd.DataFrame(old, columns=columns), new=pd.DataFrame(new, columns=columns), level=0.95,
    )  # fmt: skip
    assert found.reason == told


def test_the_nearest_typical_scan_is_nearest_in_standard_deviations_among_those_that_look_least_new() -> None:
    old = np.array([[0.0, 0.0, 7.0], [10.0, 0.0, 7.0], [0.0, 100.0, 7.0], [10.0, 100.0, 7.0]])
    score = np.array([-3.0, -2.0, -1.0, 5.0])  # the median is -1.5: the first two are typical
    # (9, 99) is nearest to the fourth, which looks new itself; of the typical ones to the second
    assert nearest_typical(old, score, np.array([[9.0, 99.0, 7.0], [1.0, 60.0, 9.0]])) == [1, 0]
    # in standard deviations (5 and 50) 4 of the first count more than 20 of the second
    typical = np.array([-1.0, -1.0, -1.0, -1.0])
    assert nearest_typical(old, typical, np.array([[4.0, 30.0, 7.0]])) == [0]
