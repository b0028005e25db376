from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests

from pipeline.config import Evaluate
from pipeline.evaluate import measure
from pipeline.tasks.classification import predictions
from pipeline.tasks.classification.answers import Frozen
from pipeline.tasks.classification.views import SEVERAL, of_patients
from pipeline.tasks.registry import task_of

Write = Callable[..., Path]


def measured(path: Path, unit: str = "patient") -> dict[str, Any]:
    table = predictions.read(path)
    plan = Evaluate(unit=unit, resamples=300)
    return measure.measure(
        table,
        task_of("classification"),
        plan,
        fixed=Frozen(threshold=0.5 if len(table.classes) == 2 else None),
    )


def of_groups(found: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {m["group"]: m for m in found["metrics"] if m["id"] == name and m["group"]}


def test_a_subgroup_has_the_area_of_its_own_patients(write: Write) -> None:
    path = write(patients=240)
    groups = of_groups(measured(path), "auroc")
    frame = pd.read_csv(path).query("part == 'test' and by_sex == 'F'")
    expected = roc_auc_score(frame["truth"] == "yes", frame["score_yes"])
    assert groups["by_sex=F"]["value"] == pytest.approx(expected)
    assert groups["by_sex=F"]["patients"] == len(frame)


def test_p_values_are_corrected_over_all_subgroups_of_the_part(write: Write) -> None:
    def with_site(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(by_site=[f"s{index % 3}" for index in frame.index // 8])

    comparisons = measured(write(patients=400, change=with_site))["comparisons"]
    assert len(comparisons) == 5
    expected = multipletests([entry["p"] for entry in comparisons], method="holm")[1]
    assert [entry["p_holm"] for entry in comparisons] == pytest.approx(list(expected))


def test_a_subgroup_in_which_the_scores_mean_nothing_is_found(write: Write) -> None:
    def spoiled(frame: pd.DataFrame) -> pd.DataFrame:
        rows = frame.index[frame["by_sex"] == "M"]
        noise = np.random.default_rng(5).random(rows.size)
        frame.loc[rows, "score_yes"], frame.loc[rows, "score_no"] = noise, 1 - noise
        return frame

    comparisons = {
        entry["a"]: entry for entry in measured(write(patients=400, change=spoiled))["comparisons"]
    }
    assert comparisons["by_sex=M"]["high"] < 0
    assert comparisons["by_sex=M"]["p_holm"] < 0.01
    assert comparisons["by_sex=F"]["low"] > 0


def test_a_subgroup_with_too_few_patients_is_named_without_a_number(write: Write) -> None:
    def small(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame["part"] == "test", "by_sex"] = "F"
        frame.loc[frame.index[frame["part"] == "test"][:6], "by_sex"] = "M"
        return frame

    found = measured(write(change=small))
    metric = of_groups(found, "auroc")["by_sex=M"]
    assert metric["value"] is None
    assert "not estimable" in metric["reason"]
    entry = next(c for c in found["comparisons"] if c["a"] == "by_sex=M")
    assert (entry["p"], entry["p_holm"]) == (None, None)
    assert entry["reason"] == "one side is too small to judge"


def test_an_unknown_value_is_a_subgroup_of_its_own(write: Write) -> None:
    def unknown(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(by_sex=frame["by_sex"].where(frame["by_sex"] == "F", ""))

    assert "by_sex=unknown" in of_groups(measured(write(change=unknown)), "auroc")


def test_a_patient_with_cases_of_several_values_is_told_apart() -> None:
    values = np.array(["AP", "LAT", "AP", "AP"], dtype=object)
    found = of_patients(values, np.array([0, 0, 1, 1]))
    assert found.tolist() == [SEVERAL, "AP"]


def test_groups_that_share_patients_are_compared_by_resampling(write: Write) -> None:
    def by_view(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(by_view=np.where(frame.index % 2 == 0, "AP", "LAT"))

    found = measured(write(cases_a_patient=2, change=by_view), unit="case")
    methods = {entry["a"]: entry["method"] for entry in found["comparisons"]}
    assert methods["by_view=AP"] == "resampled patients"
    assert methods["by_sex=F"] == "Obuchowski, two groups"


def test_many_classes_compare_their_mean_area(write: Write) -> None:
    found = measured(write(("a", "b", "c"), 300))
    groups = of_groups(found, "macro_auroc")
    difference = next(c for c in found["comparisons"] if c["a"] == "by_sex=F")
    expected = groups["by_sex=F"]["value"] - groups["by_sex=M"]["value"]
    assert difference["difference"] == pytest.approx(expected)
    assert difference["metric"] == "macro_auroc"
