"""Differences of models on the same patients, against other programs' numbers and counting by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pipeline.config import Evaluate
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, read
from pipeline.report import run_table

Json = dict[str, Any]


def measured(folder: Path, frame: pd.DataFrame) -> Json:
    frame.to_csv(folder / "table.csv", index=False)
    score(read(folder / "table.csv", Columns()), folder / "out", Evaluate(resamples=400))
    found: Json = json.loads((folder / "out/metrics.json").read_text())
    return found


def models(seed: int, patients: int = 60, cases: int = 1) -> pd.DataFrame:
    """Two models, `weak` and `strong`; a patient's cases are of one class."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), cases)
    truth = patient % 2
    scores = {
        name: 1 / (1 + np.exp(-(truth - 0.5) * gain - generator.normal(size=truth.size)))
        for name, gain in (("weak", 0.5), ("strong", 3.0))
    }
    frame = pd.DataFrame({"case_id": np.arange(truth.size), "patient_id": patient, "truth": truth})
    return frame.assign(**{f"score_{name}_1": values.round(6) for name, values in scores.items()})


def difference(found: Json, metric: str, unit: str = "patient") -> Json:
    [entry] = [
        entry
        for entry in found["comparisons"]
        if (entry["metric"], entry["unit"], entry["a"]) == (metric, unit, "weak")
    ]
    return entry


def test_the_difference_of_areas_is_that_of_scikit_learn_with_delongs_interval(tmp_path: Path) -> None:
    frame = models(seed=2)
    entry = difference(measured(tmp_path, frame), "auroc")
    areas = [roc_auc_score(frame["truth"], frame[f"score_{name}_1"]) for name in ("weak", "strong")]
    assert entry["difference"] == pytest.approx(areas[1] - areas[0], abs=1e-12)
    assert (entry["a"], entry["b"], entry["method"], entry["rule"]) == (
        "weak",
        "strong",
        "paired DeLong",
        "paired areas",
    )
    assert 0 < entry["low"] < entry["difference"] < entry["high"]
    assert 0 < entry["p"] == entry["p_holm"] < 0.05


def test_decisions_are_tested_by_mcnemar_on_the_patients_whom_one_decides_otherwise(tmp_path: Path) -> None:
    # 30 patients of each class; weak alone is right on 2, strong alone on 9, both on the other 49.
    truth = np.arange(60) % 2
    right = truth.astype(float)
    weak, strong = right.copy(), right.copy()
    weak[:9], strong[9:11] = 1 - right[:9], 1 - right[9:11]
    frame = pd.DataFrame({"case_id": np.arange(60), "patient_id": np.arange(60), "truth": truth})
    frame = frame.assign(score_weak_1=weak, score_strong_1=strong)
    entry = difference(measured(tmp_path, frame), "accuracy")
    assert (entry["only_a_right"], entry["only_b_right"]) == (2, 9)
    assert entry["difference"] == pytest.approx(7 / 60)
    assert entry["p"] == pytest.approx(0.065430, abs=1e-6)  # 2 (C(11,0) + C(11,1) + C(11,2)) / 2^11
    assert entry["low"] < 7 / 60 < entry["high"]
    assert (entry["method"], entry["rule"]) == ("McNemar, exact", "McNemar")


def test_equal_models_differ_by_nothing_without_an_interval_of_no_width(tmp_path: Path) -> None:
    frame = models(seed=3)
    found = measured(tmp_path, frame.assign(score_strong_1=frame["score_weak_1"]))
    for metric in ("auroc", "accuracy"):
        entry = difference(found, metric)
        assert (entry["difference"], entry["low"], entry["high"]) == (0, None, None)
        assert entry["reason"]


def test_where_patients_recur_their_cases_are_resampled_together(tmp_path: Path) -> None:
    frame = models(seed=4, patients=40, cases=3)
    found = measured(tmp_path, frame)
    entry = difference(found, "auroc", unit="case")
    areas = [roc_auc_score(frame["truth"], frame[f"score_{name}_1"]) for name in ("weak", "strong")]
    assert entry["difference"] == pytest.approx(areas[1] - areas[0], abs=1e-12)
    assert (entry["method"], entry["patients"]) == ("resampled patients", 40)
    assert difference(found, "accuracy", unit="case")["only_a_right"] is None
    assert difference(found, "auroc")["method"] == "paired DeLong"


def test_too_few_patients_give_no_difference(tmp_path: Path) -> None:
    entry = difference(measured(tmp_path, models(seed=5, patients=8)), "auroc")
    assert (entry["difference"], entry["p"]) == (None, None)
    assert entry["reason"] == "not estimable (4 patients with the finding)"


def test_p_values_of_three_models_are_corrected_over_their_three_pairs(tmp_path: Path) -> None:
    frame = models(seed=6)
    found = measured(
        tmp_path, frame.assign(score_other_1=frame["score_weak_1"].sample(frac=1, random_state=1).to_numpy())
    )
    family = [entry for entry in found["comparisons"] if entry["metric"] == "auroc"]
    assert {entry["family"] for entry in family} == {"3 pairs of models"}
    smallest = min(family, key=lambda entry: entry["p"])
    assert smallest["p_holm"] == pytest.approx(3 * smallest["p"])


def test_every_model_has_its_numbers_in_the_file_and_on_the_page(tmp_path: Path) -> None:
    frame = models(seed=7)
    found = measured(tmp_path, frame)
    assert (found["model"], [other["model"] for other in found["models"]]) == ("weak", ["strong"])
    area = roc_auc_score(frame["truth"], frame["score_strong_1"])
    [strong] = [
        metric for metric in found["models"][0]["metrics"] if metric["id"] == "auroc" and not metric["group"]
    ]
    assert strong["value"] == pytest.approx(area)
    run_table(read(tmp_path / "table.csv", Columns()), tmp_path / "out")
    page = (tmp_path / "out/report.html").read_text()
    assert "The models side by side" in page
    assert f"{area:.3f}" in page
    assert f"{difference(found, 'auroc')['difference']:.3f}" in page
