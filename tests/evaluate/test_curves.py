"""The curves of a measured table: bands, corners, bins, and where a model is worth its use."""

from __future__ import annotations

import pytest
from measured_tables import Write, measured, one
from statsmodels.stats.proportion import proportion_confint

from pipeline.config import Evaluate


def test_curves_of_the_test_part_come_with_bands_and_end_at_their_corners(write: Write) -> None:
    found = measured(write())
    roc = next(curve for curve in found["curves"]["roc"] if curve["part"] == "test")
    assert (roc["x"][0], roc["y"][0]) == (0.0, 0.0)
    assert (roc["x"][-1], roc["y"][-1]) == (1.0, 1.0)
    assert len({len(roc[axis]) for axis in ("x", "y", "low", "high")}) == 1
    pr = next(curve for curve in found["curves"]["pr"] if curve["part"] == "test")
    assert pr["x"] == sorted(pr["x"], reverse=True)
    # At a recall of one the precision is at least the prevalence.
    assert pr["y"][0] >= one(found, "prevalence")["value"]


def test_reliability_is_drawn_before_and_after_temperature_and_counts_every_case(write: Write) -> None:
    found = measured(write())
    stages = [c for c in found["curves"]["reliability"] if c["part"] == "test"]
    assert [curve["stage"] for curve in stages] == ["calibrated", "before_temperature"]
    for curve in stages:
        assert sum(point["n"] for point in curve["bins"]) == 80
        assert sum(curve["histogram"]["positive"]) == 40
        assert sum(curve["histogram"]["negative"]) == 40
        assert "fewer than 100" in curve["flag"]


def test_a_bin_of_recurring_patients_has_the_interval_of_its_patients(write: Write) -> None:
    found = measured(write(cases_a_patient=3), Evaluate(unit="case", resamples=200))
    bins = next(c for c in found["curves"]["reliability"] if c["part"] == "test")["bins"]
    assert any(point["patients"] < point["n"] for point in bins)
    for point in bins:
        patients = point["patients"]
        low, high = proportion_confint(point["observed"] * patients, patients, method="wilson")
        assert (point["low"], point["high"]) == pytest.approx((low, high), abs=1e-9)


def test_a_good_model_beats_acting_on_all_and_on_none_where_it_matters(write: Write) -> None:
    found = measured(write(patients=600))
    decision = next(curve for curve in found["curves"]["decision"] if curve["part"] == "test")
    assert any(low <= 0.5 <= high for low, high in decision["better"])
    middle = decision["x"].index(0.5)
    # At a threshold of 0.5 acting on all gains 2 prevalence - 1 = 0 of a half.
    assert decision["treat_all"][middle] == pytest.approx(0.0)
    assert decision["excess"][middle] == pytest.approx(decision["y"][middle])


def test_the_model_is_called_better_where_the_whole_interval_of_its_excess_is_above_zero(
    write: Write,
) -> None:
    found = measured(write(patients=80))
    decision = next(curve for curve in found["curves"]["decision"] if curve["part"] == "test")
    better = [any(low <= x <= high for low, high in decision["better"]) for x in decision["x"]]
    # Where the excess is the same whoever is drawn there is no interval, and nothing is called better.
    assert better == [low is not None and low > 0 for low in decision["excess_low"]]
    assert better != [high is not None and high > 0 for high in decision["excess_high"]]
