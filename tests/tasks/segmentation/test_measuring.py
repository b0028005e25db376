"""The numbers of a part: worked by hand, against scipy, and the worked examples of empty masks."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from invented_masks import DIAGONAL, UNKNOWN, cells, drawn, frame, row
from scipy import special, stats

from pipeline.config import Evaluate
from pipeline.contracts.predictions import Origin
from pipeline.tasks.measured import Json, Measured
from pipeline.tasks.segmentation import measures
from pipeline.tasks.segmentation.predictions import Predictions, of_frame
from pipeline.tasks.segmentation.view import View

PLAN = Evaluate(resamples=200)
EXAMPLES = Path(__file__).parents[2] / "statistics/evaluation_examples.json"


def checked(table: pd.DataFrame) -> Predictions:
    names = tuple(name.removeprefix("truth_") for name in table if name.startswith("truth_"))
    return of_frame(table, names, Origin("table.csv", range(2, len(table) + 2)))


def views(table: pd.DataFrame, plan: Evaluate = PLAN) -> list[View]:
    return measures.views_of(checked(table), "test", plan, fixed=None)


def metric(measured: Measured, name: str, of: str | None = None) -> Json:
    return next(each for each in measured.metrics if (each["id"], each["class"]) == (name, of))


def test_a_mean_is_that_of_patients_over_the_structures_that_each_has() -> None:
    table = drawn(30)
    measured = measures.measure(views(table)[0])
    anterior = table["dice_anterior"].astype(float).to_numpy()
    posterior = pd.to_numeric(table["dice_posterior"]).to_numpy()
    of_patients = np.nanmean([anterior, posterior], axis=0)
    overall = metric(measured, "dice")
    assert overall["value"] == pytest.approx(of_patients.mean())
    assert overall["patients"] == 30
    alone = metric(measured, "dice", "posterior")
    assert alone["value"] == pytest.approx(np.nanmean(posterior))
    assert alone["patients"] == np.isfinite(posterior).sum() == 27


def test_the_interval_of_a_mean_overlap_is_students_on_the_logit_scale() -> None:
    table = drawn(30)
    dice = table["dice_anterior"].astype(float).to_numpy()
    middle, error = dice.mean(), stats.sem(dice)
    half = stats.t.ppf(0.975, 29) * error / (middle * (1 - middle))
    found = metric(measures.measure(views(table)[0]), "dice", "anterior")
    ends = special.expit(special.logit(middle) + np.array([-half, half]))
    assert [found["low"], found["high"]] == pytest.approx(ends)


def test_the_interval_of_a_mean_distance_is_students_on_the_log_scale() -> None:
    table = drawn(30)
    distance = table["hd95_mm_anterior"].astype(float).to_numpy()
    half = stats.t.ppf(0.975, 29) * stats.sem(distance) / distance.mean()
    found = metric(measures.measure(views(table)[0]), "hd95", "anterior")
    assert [found["low"], found["high"]] == pytest.approx(distance.mean() * np.exp([-half, half]))


def test_missed_and_invented_are_counted_apart_with_exact_intervals() -> None:
    table = drawn(40)
    measured = measures.measure(views(table)[0])
    posterior = table["truth_posterior"] == "1"
    missed = posterior & (table["predicted_posterior"] == "0")
    found = metric(measured, "missed", "posterior")
    exact = stats.binomtest(int(missed.sum()), int(posterior.sum())).proportion_ci()
    assert (found["low"], found["high"]) == pytest.approx((exact.low, exact.high))
    assert found["patients"] == posterior.sum() == 36
    invented = metric(measured, "invented", "posterior")
    assert (invented["value"], invented["patients"]) == (0.5, 4)
    assert "small sample (4 patients)" in invented["flag"]
    assert metric(measured, "invented", "anterior")["value"] is None
    assert metric(measured, "invented", "anterior")["reason"] == "no reference says so of any patient"


def test_a_missed_structure_has_the_worst_numbers_and_none_is_dropped() -> None:
    rows = [row(f"c{n}", f"p{n}", cells(0.8, hd95=2.0)) for n in range(9)]
    missed = row("c9", "p9", cells(0.0, 3.0, 0.0))
    measured = measures.measure(views(frame([*rows, missed]))[0])
    assert metric(measured, "dice")["value"] == pytest.approx(0.72)
    assert metric(measured, "hd95")["value"] == pytest.approx((9 * 2 + DIAGONAL) / 10)
    assert metric(measured, "nsd")["value"] == pytest.approx(0.9 * 0.64)


def test_volumes_agree_by_bland_and_altman_where_the_reference_holds_the_structure() -> None:
    table = drawn(30)
    held = table["truth_posterior"] == "1"
    pairs = (
        table[held][["volume_predicted_ml_posterior", "volume_truth_ml_posterior"]].astype(float).to_numpy()
    )
    differences = pairs[:, 0] - pairs[:, 1]
    measured = measures.measure(views(table)[0])
    bias = metric(measured, "volume_bias", "posterior")
    ends = stats.t.interval(0.95, held.sum() - 1, differences.mean(), stats.sem(differences))
    assert (bias["value"], bias["low"], bias["high"]) == pytest.approx((differences.mean(), *ends))
    low = metric(measured, "volume_limit_low", "posterior")
    assert low["value"] == pytest.approx(differences.mean() - 1.96 * differences.std(ddof=1))


def test_a_patient_with_several_scans_counts_once_and_their_cases_are_shown_too() -> None:
    table = drawn(12, cases=2)
    patients, cases = views(table)
    assert (patients.unit, cases.unit) == ("patient", "case")
    dice = table["dice_anterior"].astype(float).to_numpy().reshape(12, 2).mean(axis=1)
    by_patient, by_case = (metric(measures.measure(view), "dice", "anterior") for view in (patients, cases))
    assert by_patient["value"] == pytest.approx(dice.mean())
    assert (by_patient["cases"], by_patient["patients"]) == (12, 12)
    assert (by_case["cases"], by_case["patients"]) == (24, 12)
    # Equally many scans a patient: the error of the sums by patient is that of the patients' means.
    assert (by_case["low"], by_case["high"]) == pytest.approx((by_patient["low"], by_patient["high"]))


def test_a_structure_missed_in_one_scan_is_missed_in_the_patient() -> None:
    rows = [row(f"c{n}", f"p{n % 6}", cells(0.0, 3.0, 0.0) if n == 0 else cells(0.5)) for n in range(12)]
    patients = measures.measure(views(frame(rows))[0])
    assert metric(patients, "missed")["value"] == pytest.approx(1 / 6)
    assert metric(patients, "dice")["value"] == pytest.approx((5 * 0.5 + 0.25) / 6)


def test_failed_predictions_count_and_are_told() -> None:
    rows = [row(f"c{n}", f"p{n}", cells(0.8)) for n in range(9)]
    failed = row("c9", "p9", cells(0.0, 3.0, 0.0), status="failed")
    measured = measures.measure(views(frame([*rows, failed]))[0])
    assert metric(measured, "dice")["value"] == pytest.approx(0.72)
    assert metric(measured, "dice")["flag"] == "failed predictions count as missed (n = 1)"


def test_a_missed_structure_without_a_distance_withholds_their_mean_instead_of_being_left_out() -> None:
    rows = [row(f"c{n}", f"p{n}", cells(0.8)) for n in range(10)]
    rows[0] = row("c0", "p0", cells(0.0, 3.0, 0.0) | {"hd95_mm": ""})
    found = metric(measures.measure(views(frame(rows))[0]), "hd95")
    assert found["value"] is None
    assert found["reason"] == "not known of 1 of 10 patients who have it"


def test_no_structure_and_no_scan_of_a_patient_is_left_out_of_a_mean_for_want_of_its_distance() -> None:
    lacking = cells(0.0, 3.0, 0.0) | {"hd95_mm": ""}
    beside = [row(f"c{n}", f"p{n}", cells(0.8), lacking if n == 0 else cells(0.7)) for n in range(10)]
    found = metric(measures.measure(views(frame(beside))[0]), "hd95")
    assert found["reason"] == "not known of 1 of 10 patients who have it"
    before = [row(f"c{n}", f"p{n % 10}", lacking if n == 0 else cells(0.7)) for n in range(20)]
    found = metric(measures.measure(views(frame(before))[0]), "hd95", "anterior")
    assert found["reason"] == "not known of 1 of 10 patients who have it"


def test_scans_without_a_spacing_have_overlaps_and_no_distances() -> None:
    pixels = dict.fromkeys(("hd95_mm", "hd_mm", "nsd", "volume_truth_ml", "volume_predicted_ml"), "")
    rows = [row(f"c{n}", f"p{n}", cells(0.8 + n / 100) | pixels) for n in range(9)]
    rows.append(row("c9", "p9", cells(0.0, 3.0, 0.0) | pixels))
    measured = measures.measure(views(frame(rows))[0])
    assert metric(measured, "dice")["value"] == pytest.approx(0.756)
    for name in ("hd95", "nsd"):
        assert metric(measured, name)["value"] is None
    assert metric(measured, "nsd")["reason"] == "not known of 9 of 10 patients who have it"
    assert (
        metric(measured, "volume_bias", "anterior")["reason"] == "not known of 9 of 10 patients who have it"
    )


def test_a_prediction_that_failed_spares_nothing() -> None:
    rows = [row(f"c{n}", f"p{n}", cells(None), status="failed" if n == 0 else "ok") for n in range(10)]
    rows[0] |= {"predicted_anterior": "0"}
    measured = measures.measure(views(frame(rows).assign(predicted_anterior="0"))[0])
    assert (metric(measured, "invented")["patients"], metric(measured, "invented")["value"]) == (9, 0.0)


def test_no_interval_has_no_width() -> None:
    rows = [row(f"c{n}", f"p{n}", cells(0.8, 3.0, 3.5)) for n in range(20)]
    for each in measures.measure(views(frame(rows))[0]).metrics:
        assert each["low"] is None or each["low"] < each["high"], each["id"]
        assert each["low"] is not None or each["reason"], each["id"]


def test_too_few_patients_have_no_number_and_nine_are_flagged() -> None:
    def dice(patients: int) -> Json:
        rows = [row(f"c{n}", f"p{n}", cells(0.8 + n / 100)) for n in range(patients)]
        return metric(measures.measure(views(frame(rows))[0]), "dice")

    assert (dice(4)["value"], dice(4)["reason"]) == (None, "not estimable (4 patients)")
    assert dice(9)["flag"] == "small sample (9 patients)"
    assert dice(10)["flag"] is None


def test_a_structure_without_a_mask_counts_nowhere_and_is_told() -> None:
    rows = [row(f"c{n}", f"p{n}", cells(0.8), UNKNOWN if n < 3 else cells(0.6)) for n in range(12)]
    table = checked(frame(rows))
    measured = measures.measure(measures.views_of(table, "test", PLAN, fixed=None)[0])
    assert metric(measured, "dice", "posterior")["patients"] == 9
    assert metric(measured, "dice")["value"] == pytest.approx((3 * 0.8 + 9 * 0.7) / 12)
    assert measures.left_out(table, "test") == [
        {"part": "test", "unit": "case", "reason": "no mask of 'posterior'", "count": 3}
    ]


def test_a_subgroup_stands_beside_all_others() -> None:
    table = drawn(40)
    view = views(table)[0]
    values = measures.groups(checked(table), view)["by_site"]
    rows = values == "A"
    dice = np.nanmean(
        [pd.to_numeric(table[f"dice_{name}"]).to_numpy() for name in ("anterior", "posterior")], axis=0
    )
    inside = measures.group_metric(view, rows, "by_site=A")
    assert (inside["value"], inside["group"]) == (pytest.approx(dice[rows].mean()), "by_site=A")
    difference = measures.group_difference(view, rows, "by_site=A")
    assert difference["difference"] == pytest.approx(dice[rows].mean() - dice[~rows].mean())
    assert difference["low"] < difference["difference"] < difference["high"]
    few = np.arange(40) < 4
    assert measures.group_difference(view, few, "x")["reason"] == "one side is too small to judge"


def test_two_models_differ_by_the_means_of_their_patients() -> None:
    before, after = drawn(30), drawn(30, better_by=0.02)
    entries = measures.model_differences(views(before)[0], views(after)[0])
    assert [entry["metric"] for entry in entries] == ["dice", "nsd", "hd95"]
    gained = [metric(measures.measure(views(table)[0]), "dice")["value"] for table in (before, after)]
    assert entries[0]["difference"] == pytest.approx(gained[1] - gained[0])
    assert entries[0]["low"] > 0 > entries[2]["high"]


def worked_examples() -> list[dict[str, Any]]:
    lines = (line.strip().rstrip(",") for line in EXAMPLES.read_text().splitlines())
    return [json.loads(line) for line in lines if '"quantity": "segmentation_policy"' in line]


@pytest.mark.parametrize("example", worked_examples(), ids=lambda example: example["id"])
def test_the_worked_example_of_an_empty_mask_is_counted_as_published(example: dict[str, Any]) -> None:
    situation, far = example["input"]["situation"], example["input"]["diagonal_mm"]
    said = 0.5 if "prediction_not" in situation else 0.0
    structure = (
        cells(0.0, 3.0, 0.0)
        if "prediction_empty" in situation or "missing" in situation
        else cells(None, said=said)
    )
    structure = {name: f"{far}" if cell == f"{DIAGONAL:.9g}" else cell for name, cell in structure.items()}
    status = "failed" if situation == "prediction_missing" else "ok"
    scored = checked(frame([row("c", "p", structure, status=status)])).scored
    numbers = {"dice": scored.dice, "hd95": scored.hd95, "nsd": scored.nsd}
    for name, values in numbers.items():
        expected = {None: math.nan, "diagonal_mm": far}.get(example["expect"][name], example["expect"][name])
        assert values[0, 0] == pytest.approx(expected, nan_ok=True)
    counted = {
        "missed": scored.missed[0, 0] == 1,
        "false_positive": scored.invented[0, 0] == 1,
        "true_negative": scored.invented[0, 0] == 0,
    }
    assert [name for name, yes in counted.items() if yes] == [example["expect"]["counted_as"]]
