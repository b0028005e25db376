"""The numbers of a part, worked by hand on small tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Evaluate
from pipeline.contracts.predictions import Origin
from pipeline.tasks.measured import Json
from pipeline.tasks.regression import measures
from pipeline.tasks.regression.answers import Frozen
from pipeline.tasks.regression.predictions import Predictions, checked
from pipeline.tasks.regression.view import View

PLAN = Evaluate(resamples=200)


def _table(rows: list[tuple[str, float, float, float, float]], **columns: list[str]) -> Predictions:
    """Rows of patient, truth, predicted, low and high; nan is an empty cell."""
    patient, *numbers = zip(*rows, strict=True)
    named = dict(zip(("truth", "predicted", "low", "high"), numbers, strict=True))
    cells: dict[str, Any] = {
        name: ["" if np.isnan(value) else f"{value:g}" for value in values] for name, values in named.items()
    }
    frame = pd.DataFrame(
        {
            "case_id": [f"c{n}" for n in range(len(rows))],
            "patient_id": patient,
            "part": "test",
            **cells,
            **columns,
        },
        dtype=str,
    )
    return checked(frame, Origin("table.csv", range(2, len(rows) + 2)))


def _views(table: Predictions, plan: Evaluate = PLAN) -> list[View]:
    return list(measures.views_of(table, "test", plan, fixed=Frozen()))


def _by_id(metrics: list[Json]) -> dict[str, Json]:
    return {metric["id"]: metric for metric in metrics}


def _single(patients: int) -> list[tuple[str, float, float, float, float]]:
    """Patients measured 10, 11, ... whose predictions err by +1 and -2 in turn, with intervals of 1.5 either way."""
    said = [10 + n + (1 if n % 2 else -2) for n in range(patients)]
    return [(f"p{n:02d}", 10 + n, value, value - 1.5, value + 1.5) for n, value in enumerate(said)]


def test_errors_are_those_of_the_rows_in_the_unit() -> None:
    [view] = _views(_table(_single(12)))
    found = _by_id(measures.measure(view).metrics)
    assert found["mae"]["value"] == pytest.approx(1.5)
    assert found["bias"]["value"] == pytest.approx(-0.5)
    assert found["rmse"]["value"] == pytest.approx(np.sqrt(2.5))
    assert (found["coverage"]["value"], found["interval_width"]["value"]) == (0.5, pytest.approx(3.0))
    assert found["coverage"]["method"] == "Wilson"
    assert found["interval_width"]["reason"].endswith("give one number: no interval")
    assert all(metric["patients"] == 12 for metric in found.values())


def test_a_patient_has_the_mean_of_the_scans_and_an_interval_that_must_hold_for_each() -> None:
    rows = _single(12)
    rows.append(("p01", 11, 15, 13, 17))  # a second scan, 4 too high and outside its interval
    patient, case = _views(_table(rows))
    assert (patient.unit, case.unit) == ("patient", "case")
    assert patient.rows.difference[1] == pytest.approx((1 + 4) / 2)
    assert patient.held[1] == 0
    assert _by_id(measures.measure(case).metrics)["coverage"]["value"] == pytest.approx(6 / 13)
    assert _by_id(measures.measure(patient).metrics)["coverage"]["value"] == pytest.approx(5 / 12)


def test_fewer_than_five_patients_give_no_number_and_fewer_than_ten_are_flagged() -> None:
    [few] = _views(_table(_single(4)))
    assert {metric["value"] for metric in measures.measure(few).metrics} == {None}
    assert measures.measure(few).metrics[0]["reason"] == "not estimable (4 patients)"
    [some] = _views(_table(_single(7)))
    found = _by_id(measures.measure(some).metrics)
    assert found["mae"]["flag"] == "small sample (7 patients)"
    assert found["calibration_slope"]["reason"] == "not estimable with 7 patients, 10 are needed"


def test_without_intervals_there_is_no_coverage_and_the_reason_is_given() -> None:
    table = _table(_single(12))
    bare = Predictions(table.frame, table.predicted, np.full(12, np.nan), np.full(12, np.nan))
    [view] = _views(bare)
    found = _by_id(measures.measure(view).metrics)
    assert (found["coverage"]["value"], found["coverage"]["reason"]) == (None, "there are no intervals")


def test_the_curve_has_groups_of_ten_patients_at_least() -> None:
    assert measures.measure(_views(_table(_single(29)))[0]).curves == {}
    [curve] = measures.measure(_views(_table(_single(47)))[0]).curves["calibration"]
    assert [point["patients"] for point in curve["points"]] == [12, 12, 12, 11]
    means = [point["mean"] for point in curve["points"]]
    assert means == sorted(means)
    assert all(point["low"] < point["observed"] < point["high"] for point in curve["points"])


def test_a_group_that_errs_more_differs_from_the_others_by_its_error() -> None:
    rows = _single(40)
    site = ["far" if n < 15 else "near" for n in range(40)]
    rows = [
        (name, truth, said + (20 if at == "far" else 0), low, high)
        for (name, truth, said, low, high), at in zip(rows, site, strict=True)
    ]
    rows = [(name, truth, said, said - 1, said + 1) for name, truth, said, _, _ in rows]
    table = _table(rows, by_site=site)
    [view] = _views(table)
    values = measures.groups(table, view)["by_site"]
    inside = measures.group_metric(view, values == "far", "by_site=far")
    difference = measures.group_difference(view, values == "far", "by_site=far")
    assert inside["value"] == pytest.approx(np.mean([abs(20 + e) for e in [-2, 1] * 7 + [-2]]))
    assert difference["difference"] == pytest.approx(inside["value"] - 1.48)
    assert difference["low"] > 0
    assert difference["p"] < 0.05


@pytest.mark.filterwarnings("error")
def test_of_patients_with_several_scans_and_no_intervals_none_is_held_without_a_warning() -> None:
    rows = [(*row[:3], np.nan, np.nan) for row in [*_single(12), ("p01", 11, 15, 13, 17)]]
    patient, _ = _views(_table(rows))
    assert np.isnan(patient.held).all()
