"""What validation fixes of a segmentation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from pipeline.config import Evaluate
from pipeline.tasks.segmentation.choices import choose
from pipeline.tasks.segmentation.structures import Structures

ONE = Structures(("lung",))


@dataclass
class Case:
    """A row of voxels: the truth, and what was marked."""

    true: str
    marked: str

    def truth(self, name: str) -> np.ndarray:
        return np.array([letter == "x" for letter in self.true])

    def predicted(self) -> np.ndarray:
        return np.array([letter == "x" for letter in self.marked], np.uint8)


def chosen(*cases: Case, patients: list[str] | None = None):
    marked = np.empty(len(cases), dtype=object)
    marked[:] = cases
    names = patients or [f"P{number}" for number in range(len(cases))]
    return choose(["1"] * len(cases), marked, names, question=ONE, plan=Evaluate(tolerance_mm=2.0))


STRAY = [
    Case("xxxxxx" + "." * 6, "xxxxxx.." + "x" * (number % 2 + 1) + "." * (3 - number % 2))
    for number in range(8)
]


def test_stray_pieces_go_where_that_helps_patients_with_an_interval() -> None:
    choices = chosen(*STRAY)
    gains = [1 - 2 * 6 / (12 + number % 2 + 1) for number in range(8)]
    low, high = ttest_1samp(gains, 0).confidence_interval(0.95)
    cleaning = choices.cleaning["lung"]
    assert cleaning.applied
    assert (cleaning.gain, cleaning.low, cleaning.high) == pytest.approx((np.mean(gains), low, high))
    assert choices.fixed.largest == ("lung",)
    assert choices.to_json()["tolerance_mm"] == 2.0


def test_a_structure_of_two_pieces_keeps_both() -> None:
    assert not chosen(*[Case("xxx...xxx", "xxx...xx.")] * 8).cleaning["lung"].applied


def test_two_patients_settle_nothing_however_many_scans_they_have() -> None:
    cleaning = chosen(*STRAY, patients=["A", "B"] * 4).cleaning["lung"]
    assert (cleaning.applied, cleaning.patients, cleaning.gain) == (False, 2, None)
