"""What validation fixes: a recalibration only where it is shown to be needed, and honest intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Evaluate
from pipeline.contracts.operating import Operating
from pipeline.contracts.unopened import Unopened
from pipeline.tasks.contract import Pictured
from pipeline.tasks.regression import answers
from pipeline.tasks.regression.choices import Choices, choose
from pipeline.tasks.regression.quantity import Quantity

AGE = Quantity("age", "years", (50.0, 60.0))


def _chosen(slope: float, patients: int = 60, *, noise: float = 2.0, plan: Evaluate | None = None) -> Choices:
    """Of outputs whose true numbers lie on a line of that slope through (60, 60)."""
    generator = np.random.default_rng(0)
    said = generator.normal(60, 8, patients)
    truth = 60 + slope * (said - 60) + generator.normal(0, noise, patients)
    names = [f"p{n}" for n in range(patients)]
    return choose(
        [f"{value:.3f}" for value in truth], said[:, None], names, question=AGE, plan=plan or Evaluate()
    )


def test_a_slope_whose_interval_holds_one_is_reported_and_left_alone() -> None:
    chosen = _chosen(1.0)
    assert not chosen.applied
    assert (chosen.fixed.slope, chosen.fixed.intercept) == (1.0, 0.0)
    assert chosen.fitted["slope"].value == pytest.approx(1.0, abs=0.1)
    assert chosen.because == "the interval of the slope on the validation part holds 1"


def test_a_slope_whose_interval_excludes_one_is_applied_to_later_answers() -> None:
    chosen = _chosen(0.6)
    assert chosen.applied
    assert chosen.fixed.slope == pytest.approx(0.6, abs=0.05)
    assert answers.scores(np.array([[60.0], [80.0]]), chosen.fixed)[:, 0] == pytest.approx(
        [60.0, 72.0], abs=1.5
    )


def test_a_slope_that_would_blow_up_noise_is_not_applied() -> None:
    chosen = _chosen(40.0)
    assert not chosen.applied
    assert chosen.because == "a slope beyond 0.25 to 4 says that the network has learned next to nothing"


def test_fewer_than_ten_patients_neither_recalibrate_nor_give_intervals() -> None:
    chosen = _chosen(0.3, patients=9, noise=0.1)
    assert not chosen.applied
    assert chosen.because == "9 validation patients are too few, 10 are needed"
    assert chosen.fixed.interval is None


def test_intervals_hold_the_share_of_validation_patients_that_was_asked_for() -> None:
    for share in (0.8, 0.9):
        chosen = _chosen(1.0, plan=Evaluate(intervals=share))
        assert chosen.fixed.interval is not None
        assert chosen.level == share
    narrow, wide = (_chosen(1.0, plan=Evaluate(intervals=share)).fixed.interval for share in (0.8, 0.9))
    assert narrow is not None
    assert wide is not None
    assert narrow.factor < wide.factor


def test_what_was_settled_is_read_back_from_operating_json() -> None:
    chosen = _chosen(0.6)
    operating = Operating(Unopened(AGE.to_json()), Unopened(chosen.to_json()), "max", "patient")
    assert answers.frozen(operating) == chosen.fixed


def test_the_table_has_numbers_in_the_unit_with_their_interval_and_reasons() -> None:
    chosen = _chosen(1.0)
    cases = pd.DataFrame(
        {
            "case_id": ["a", "b"],
            "patient_id": ["p", "q"],
            "part": "test",
            "truth": ["61.5", ""],
            "by_sex": ["F", "M"],
        }
    )
    table = answers.table(
        cases, np.array([[61.0], [np.nan]]), ["", "no array"], question=AGE, fixed=chosen.fixed
    )
    assert list(table.columns) == [
        "case_id", "patient_id", "part", "truth", "predicted", "low", "high", "output", "status", "reason", "by_sex",
    ]  # fmt: skip
    first, second = table.to_dict("records")
    assert (first["predicted"], first["status"]) == ("61", "ok")
    assert float(first["low"]) < 61 < float(first["high"])
    assert (second["predicted"], second["low"], second["status"], second["reason"]) == (
        "",
        "",
        "failed",
        "no array",
    )
    assert answers.outputs(table[:1], AGE).tolist() == [[61.0]]


def test_errors_are_told_by_their_side_and_ordered_by_their_size() -> None:
    assert answers.pictured({"truth": "50", "predicted": "58.5"}, AGE) == (
        Pictured("too_high", "50", "58.5", 8.5),
    )
    assert answers.pictured({"truth": "50", "predicted": "41"}, AGE) == (
        Pictured("too_low", "50", "41", 9.0),
    )
    assert answers.decided(np.zeros((3, 1)), answers.Frozen()) is None
