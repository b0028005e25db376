"""Numbers of several findings, each on the rows in which it is known, against scikit-learn and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from pipeline.config import Evaluate
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.multilabel import joint
from pipeline.tasks.multilabel.groups import group_difference, group_metric
from pipeline.tasks.multilabel.measuring import measure, mistakes
from pipeline.tasks.multilabel.view import View, score_of_patients, truth_of_patients

NAMES = ("edema", "mass", "drain")
EXAMPLES = Path(__file__).parents[2] / "statistics/evaluation_examples.json"
PLAN = Evaluate(resamples=200)


def view(truth: Any, score: Any, patient: Any = None, names: tuple[str, ...] = NAMES, **more: Any) -> View:
    truth, score = np.asarray(truth, dtype=np.int64), np.asarray(score, dtype=np.float64)
    codes = np.arange(len(truth)) if patient is None else np.asarray(patient)
    unit = "patient" if patient is None else "case"
    return View("test", unit, names, truth, score, codes, PLAN, (0.5,) * len(names), **more)


def drawn(rows: int = 80, seed: int = 3) -> tuple[Integers, Floats]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(-1, 2, (rows, 3))
    return truth, np.clip(generator.normal(0.35, 0.2, (rows, 3)) + 0.25 * (truth == 1), 0, 1)


def metric(measured: Any, name: str, of: str | None = None) -> dict[str, Any]:
    return next(m for m in measured.metrics if m["id"] == name and m["class"] == of and not m["target"])


def test_each_finding_is_measured_where_it_is_known_and_the_mean_is_unweighted() -> None:
    truth, score = drawn()
    measured = measure(view(truth, score))
    areas = []
    for index, name in enumerate(NAMES):
        known = truth[:, index] >= 0
        areas.append(roc_auc_score(truth[known, index], score[known, index]))
        of_finding = metric(measured, "auroc", name)
        assert of_finding["value"] == pytest.approx(areas[-1])
        assert of_finding["patients"] == known.sum()
        assert of_finding["positive_patients"] == (truth[:, index] == 1).sum()
    macro = metric(measured, "macro_auroc")
    assert macro["value"] == pytest.approx(np.mean(areas))
    assert macro["low"] < macro["value"] < macro["high"]
    assert macro["patients"] == len(truth)


def test_decisions_are_pooled_over_known_findings() -> None:
    truth, score = drawn()
    measured = measure(view(truth, score))
    known, called = truth >= 0, score >= 0.5
    assert metric(measured, "micro_f1")["value"] == pytest.approx(f1_score(truth[known], called[known]))
    right = [(row[mask] == said[mask]).all() for row, said, mask in zip(truth, called, known, strict=True)]
    assert metric(measured, "exact_match")["value"] == pytest.approx(np.mean(right))
    wrong = (truth[known] == 1) != called[known]
    assert metric(measured, "hamming_loss")["value"] == pytest.approx(wrong.mean())


def worked_examples() -> list[dict[str, Any]]:
    lines = (line.strip().rstrip(",") for line in EXAMPLES.read_text().splitlines())
    return [json.loads(line) for line in lines if '"quantity": "multiclass"' in line]


@pytest.mark.parametrize("example", worked_examples(), ids=lambda example: example["id"])
def test_a_finding_that_nobody_has_is_no_part_of_the_mean(example: dict[str, Any]) -> None:
    # The classes of the worked examples, each asked for as a finding of its own.
    y, score = np.array(example["input"]["y"]), np.array(example["input"]["prob"])
    classes = score.shape[1]
    truth = (y[:, None] == np.arange(classes)).astype(np.int64)
    seen = view(truth, score, names=tuple(map(str, range(classes))))
    present = [index for index in range(classes) if 0 < truth[:, index].sum() < len(y)]
    means = joint.means(seen, present)(np.ones(len(y)))
    assert means["macro_auroc"] == pytest.approx(example["expect"]["auc_macro"])
    assert len(present) == example["expect"]["classes_in_macro"]
    for index in present:
        area = joint.area(seen, index)(np.ones(len(y)))
        assert area == pytest.approx(example["expect"]["auc_ovr"][str(index)])


def test_a_mean_over_some_findings_says_over_how_many() -> None:
    truth, score = drawn()
    truth[:, 2] = np.where(np.arange(len(truth)) < 3, 1, 0)
    measured = measure(view(truth, score))
    assert "mean over 2 of 3 findings" in metric(measured, "macro_auroc")["flag"]
    assert metric(measured, "auroc", "drain")["value"] is None
    assert metric(measured, "auroc", "drain")["reason"] == "not estimable (3 patients with the finding)"


def test_without_a_finding_that_can_be_estimated_there_is_no_mean() -> None:
    measured = measure(view([[1, -1, 0], [0, 1, 1], [1, 0, 0]], np.full((3, 3), 0.4)))
    assert metric(measured, "macro_auroc")["value"] is None
    assert metric(measured, "macro_auroc")["reason"] == "no finding has enough patients with and without it"
    assert metric(measured, "exact_match")["value"] == 0.0


def test_a_resample_without_one_side_of_a_finding_has_no_number_of_it_and_no_mean() -> None:
    truth, score = drawn(rows=20)
    seen = view(truth, score)
    weights = np.where(truth[:, 1] == 1, 0.0, 1.0)
    assert np.isnan(joint.area(seen, 1)(weights))
    assert np.isfinite(joint.area(seen, 0)(weights))
    assert np.isnan(joint.means(seen, [0, 1, 2])(weights)["macro_auroc"])


def test_a_patient_has_a_finding_in_any_scan_and_is_unknown_where_all_are() -> None:
    truth = np.array([[0, -1], [1, -1], [0, 1]])
    score = np.array([[0.2, 0.9], [0.6, 0.8], [0.3, 0.4]])
    patient = np.array([0, 0, 1])
    assert truth_of_patients(truth, patient).tolist() == [[1, -1], [0, 1]]
    assert score_of_patients(score, truth, patient, "max").tolist() == [[0.6, 0.9], [0.3, 0.4]]
    assert score_of_patients(score, truth, patient, "mean")[0].tolist() == pytest.approx([0.4, 0.85])


def test_scans_in_which_a_finding_is_unknown_lend_a_patient_no_score_of_it() -> None:
    truth, score = np.array([[1], [-1]]), np.array([[0.3], [0.9]])
    assert score_of_patients(score, truth, np.array([0, 0]), "max").tolist() == [[0.3]]


def test_mistakes_that_come_together_are_counted_by_pairs() -> None:
    truth = [[1, 1, 0], [1, 0, -1], [0, 0, 0], [1, -1, 0]]
    score = [[0.1, 0.1, 0.9], [0.1, 0.9, 0.9], [0.9, 0.1, 0.9], [0.9, 0.9, 0.1]]
    counted = mistakes(view(truth, score))
    assert counted["missed"] == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert counted["false_alarms"] == [[1, 0, 1], [0, 1, 0], [1, 0, 2]]
    assert counted["instead"] == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]


def test_a_subgroup_is_compared_over_the_findings_that_both_sides_can_judge() -> None:
    truth, score = drawn(rows=200)
    rows = np.arange(200) < 90
    seen = view(truth, score)
    inside = group_metric(seen, rows, "site=A")
    difference = group_difference(seen, rows, "site=A")
    areas = [
        np.mean([
            roc_auc_score(truth[some & (truth[:, i] >= 0), i], score[some & (truth[:, i] >= 0), i])
            for i in range(3)
        ])
        for some in (rows, ~rows)
    ]  # fmt: skip
    assert inside["value"] == pytest.approx(areas[0])
    assert difference["difference"] == pytest.approx(areas[0] - areas[1])
    assert difference["low"] < difference["difference"] < difference["high"]
    assert 0 < difference["p"] <= 1
