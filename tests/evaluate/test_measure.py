from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from measured_tables import Write, measured, one
from sklearn import metrics as reference

from pipeline.config import Evaluate
from pipeline.tasks.classification.definitions import RULES


def test_the_numbers_of_two_classes_are_those_of_scikit_learn(write: Write) -> None:
    path = write()
    found = measured(path)
    frame = pd.read_csv(path).query("part == 'test'")
    truth, score = (frame["truth"] == "yes").astype(int), frame["score_yes"]
    expected = {
        "auroc": reference.roc_auc_score(truth, score),
        "auprc": reference.average_precision_score(truth, score),
        "accuracy": reference.accuracy_score(truth, score >= 0.5),
        "sensitivity": reference.recall_score(truth, score >= 0.5),
        "specificity": reference.recall_score(1 - truth, score < 0.5),
        "ppv": reference.precision_score(truth, score >= 0.5),
        "npv": reference.precision_score(1 - truth, score < 0.5),
        "f1": reference.f1_score(truth, score >= 0.5),
        "mcc": reference.matthews_corrcoef(truth, score >= 0.5),
        "brier": reference.brier_score_loss(truth, score),
        # Half of the patients are positive: always saying so costs 0.25.
        "brier_skill": 1 - reference.brier_score_loss(truth, score) / 0.25,
        "log_loss": reference.log_loss(truth, score),
        "o_over_e": truth.sum() / score.sum(),
    }
    for name, value in expected.items():
        assert one(found, name)["value"] == pytest.approx(value, abs=1e-9), name


def test_the_numbers_of_three_classes_are_those_of_scikit_learn(write: Write) -> None:
    path = write(("a", "b", "c"), 240)
    found = measured(path)
    frame = pd.read_csv(path).query("part == 'test'")
    score = frame[["score_a", "score_b", "score_c"]].to_numpy()
    truth = frame["truth"].map({"a": 0, "b": 1, "c": 2}).to_numpy()
    predicted = score.argmax(axis=1)
    expected = {
        "macro_auroc": reference.roc_auc_score(truth, score, multi_class="ovr", average="macro"),
        "macro_f1": reference.f1_score(truth, predicted, average="macro"),
        "accuracy": reference.accuracy_score(truth, predicted),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, predicted),
        "kappa": reference.cohen_kappa_score(truth, predicted),
        "mcc": reference.matthews_corrcoef(truth, predicted),
        "log_loss": reference.log_loss(truth, score),
    }
    for name, value in expected.items():
        assert one(found, name)["value"] == pytest.approx(value, abs=1e-7), name
    of_b = one(found, "auroc", **{"class": "b"})
    assert of_b["value"] == pytest.approx(reference.roc_auc_score(truth == 1, score[:, 1]))


@pytest.mark.parametrize("classes", [("no", "yes"), ("a", "b", "c")])
@pytest.mark.parametrize("cases_a_patient", [1, 2])
def test_every_number_has_an_interval_or_a_reason(
    write: Write, classes: tuple[str, ...], cases_a_patient: int
) -> None:
    found = measured(write(classes, 180, cases_a_patient))
    json.dumps(found, allow_nan=False)
    for metric in found["metrics"]:
        has_interval = metric["low"] is not None and metric["high"] is not None
        assert has_interval or metric["reason"], metric
        assert (metric["value"] is not None) or metric["reason"]
        assert metric["rule"] in RULES
        assert metric["method"]
        assert 0 < metric["patients"] <= metric["cases"]
        if has_interval:
            assert metric["low"] <= metric["high"]
            is_null_range = metric["id"] == "ece_null_mean"
            assert is_null_range or metric["low"] - 1e-9 <= metric["value"] <= metric["high"] + 1e-9


@pytest.mark.parametrize("classes", [("no", "yes"), ("a", "b", "c")])
@pytest.mark.parametrize("cases_a_patient", [1, 2])
@pytest.mark.parametrize("right", [True, False], ids=["always right", "always wrong"])
def test_where_no_resample_differs_nothing_has_an_interval_without_width(
    write: Write, classes: tuple[str, ...], cases_a_patient: int, right: bool
) -> None:
    def alike(frame: pd.DataFrame) -> pd.DataFrame:
        """Probabilities of 0 and 1: of the truth, or of the class after it."""
        following = dict(zip(classes, [*classes[1:], classes[0]], strict=True))
        said = frame["truth"] if right else frame["truth"].map(following)
        return frame.assign(**{f"score_{name}": (said == name).astype(float) for name in classes})

    plan = Evaluate(prevalences=(0.1,), resamples=200)
    found = measured(write(classes, 120, cases_a_patient, change=alike), plan)
    for metric in found["metrics"]:
        assert metric["low"] is None or metric["high"] - metric["low"] > 1e-9, metric
        assert metric["low"] is not None or metric["reason"], metric
    with_interval = {m["id"] for m in found["metrics"] if m["low"] is not None}
    assert {"auroc", "accuracy", "specificity"} <= with_interval
    if right:
        assert not {"f1", "mcc", "kappa", "balanced_accuracy"} & with_interval


def test_one_case_a_patient_is_measured_once_and_several_at_both_units(write: Write) -> None:
    single, several = measured(write()), measured(write(cases_a_patient=3))
    assert {m["unit"] for m in single["metrics"]} == {"patient"}
    assert {m["unit"] for m in several["metrics"]} == {"patient", "case"}
    first = next(m for m in several["metrics"] if m["id"] == "auroc" and m["part"] == "test")
    assert (first["unit"], first["method"], first["rule"]) == ("patient", "DeLong, logit interval", "AUROC")
    by_case = one(several, "auroc", unit="case")
    assert (by_case["method"], by_case["rule"]) == ("Obuchowski, logit interval", "AUROC")
    assert one(several, "sensitivity", unit="case")["method"] == "resampled patients"
    assert one(several, "calibration_slope", unit="case")["method"] == "Wald, variance by patient"


def test_the_headline_unit_stands_first_and_alone_has_curves(write: Write) -> None:
    found = measured(write(cases_a_patient=2), Evaluate(unit="case", resamples=200))
    assert found["metrics"][0]["unit"] == "case"
    assert found["confusion"][0]["unit"] == "case"
    assert {curve["unit"] for curves in found["curves"].values() for curve in curves} == {"case"}


def test_a_sensitivity_of_one_in_recurring_patients_keeps_a_width(write: Write) -> None:
    found = measured(write(cases_a_patient=2), threshold=0.0)
    sensitivity = one(found, "sensitivity", unit="case")
    # 40 of 40 positive test patients by Wilson, not 80 of 80 cases: 40 / (40 + 1.96^2) = 0.912.
    assert (sensitivity["value"], sensitivity["method"]) == (1.0, "Wilson")
    assert sensitivity["low"] == pytest.approx(40 / (40 + 1.959964**2), abs=1e-6)


def test_too_few_patients_of_a_class_withhold_every_number_and_curve(write: Write) -> None:
    def rare(frame: pd.DataFrame) -> pd.DataFrame:
        positives = frame.index[(frame["truth"] == "yes") & (frame["part"] == "test")]
        return frame.drop(positives[4:])

    found = measured(write(change=rare))
    of_test = [m for m in found["metrics"] if m["part"] == "test"]
    assert of_test
    assert {m["value"] for m in of_test} == {None}
    assert one(found, "auroc")["reason"] == "not estimable (4 patients with the finding)"
    assert found["curves"] == {}


def test_few_patients_of_a_class_are_flagged(write: Write) -> None:
    def few(frame: pd.DataFrame) -> pd.DataFrame:
        positives = frame.index[(frame["truth"] == "yes") & (frame["part"] == "test")]
        return frame.drop(positives[8:])

    found = measured(write(change=few))
    auroc = one(found, "auroc")
    assert auroc["value"] is not None
    assert "small sample (8 patients with the finding)" in auroc["flag"]
    slope = one(found, "calibration_slope")
    assert slope["value"] is None
    assert "10 are needed" in slope["reason"]


def test_a_rare_class_leaves_the_mean_and_this_is_said(write: Write) -> None:
    def rare(frame: pd.DataFrame) -> pd.DataFrame:
        members = frame.index[(frame["truth"] == "c") & (frame["part"] == "test")]
        return frame.drop(members[3:])

    found = measured(write(("a", "b", "c"), 180, change=rare))
    assert "2 of 3 classes" in one(found, "macro_auroc")["flag"]
    assert one(found, "auroc", **{"class": "c"})["reason"] == "not estimable (3 patients with the finding)"
    assert one(found, "auroc", **{"class": "a"})["value"] is not None


def test_failed_and_unlabelled_cases_are_counted_not_measured(write: Write) -> None:
    def spoiled(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.assign(status="ok", reason="")
        test = frame.index[frame["part"] == "test"]
        frame.loc[test[0], ["status", "reason"]] = ["failed", "no array"]
        frame.loc[test[0], ["score_no", "score_yes", "logit_no", "logit_yes"]] = np.nan
        frame.loc[test[0:3], "truth"] = ""  # the failed one counts once
        return frame

    found = measured(write(change=spoiled))
    assert one(found, "auroc")["patients"] == 77
    counts = {entry["reason"]: entry["count"] for entry in found["left_out"]}
    assert counts == {"the prediction failed": 1, "no label": 2}


def test_patients_of_several_classes_are_counted_where_classes_have_equal_standing(write: Write) -> None:
    def mixed(frame: pd.DataFrame) -> pd.DataFrame:
        first_of_test = frame.index[frame["part"] == "test"][0]
        frame.loc[first_of_test, "truth"] = "b" if frame.loc[first_of_test, "truth"] == "a" else "a"
        return frame

    found = measured(write(("a", "b", "c"), 180, 2, change=mixed))
    [entry] = found["left_out"]
    assert (entry["unit"], entry["count"]) == ("patient", 1)
    assert one(found, "accuracy", unit="patient")["patients"] == 89


def test_predictive_values_are_given_at_every_stated_prevalence(write: Write) -> None:
    for cases, method in ((1, "logit interval"), (2, "resampled patients")):
        plan = Evaluate(prevalences=(0.05, 0.2), resamples=200, unit="case")
        found = measured(write(cases_a_patient=cases), plan)
        ppv = one(found, "ppv_at_prevalence", target="prevalence 0.05")
        sensitivity, specificity = (one(found, name)["value"] for name in ("sensitivity", "specificity"))
        bayes = sensitivity * 0.05 / (sensitivity * 0.05 + (1 - specificity) * 0.95)
        assert ppv["value"] == pytest.approx(bayes)
        assert ppv["method"] == method
        assert one(found, "npv_at_prevalence", target="prevalence 0.2")["value"] is not None


def test_the_same_table_gives_the_same_numbers(write: Write) -> None:
    path = write(cases_a_patient=2)
    assert measured(path) == measured(path)


def test_the_order_of_the_rows_changes_nothing(write: Write) -> None:
    found = measured(write())
    turned = measured(write(change=lambda frame: frame.iloc[::-1]))
    for first, second in zip(found["metrics"], turned["metrics"], strict=True):
        assert first["id"] == second["id"]
        assert first["value"] == pytest.approx(second["value"], abs=1e-12)


def test_the_headline_calibration_is_that_of_the_first_part_measured(write: Write) -> None:
    found = measured(write())
    assert found["calibration"]["slope"] == one(found, "calibration_slope")
    assert math.isfinite(found["calibration"]["ece_null_mean"]["value"])
