"""Of a cross-validation each fold has its own number, and together they are told as what they are."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Evaluate
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, read
from pipeline.records import Summary

Json = dict[str, Any]
Write = Callable[..., Path]
PLAN = Evaluate(resamples=200)
MEASURES = ("mean", "sd", "lowest", "highest")


def scored(path: Path) -> tuple[Json, Summary]:
    """metrics.json of the table, and what the terminal says."""
    summary = score(read(path, Columns()), path.parent / "out", PLAN)
    found: Json = json.loads((path.parent / "out" / "metrics.json").read_text(encoding="utf-8"))
    return found, summary


def with_folds(folds: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Patients to folds, two by two, so that each fold has both classes."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        patient = frame["patient_id"].str.removeprefix("patient").astype(int)
        return frame.drop(columns="part").assign(fold=patient // 2 % folds)

    return change


def area(frame: pd.DataFrame) -> float:
    """The share of pairs of an ill and a well patient in which the ill one has the higher score."""
    ill, well = (frame.loc[frame["truth"] == name, "score_yes"].to_numpy() for name in ("yes", "no"))
    return float(np.mean(ill[:, None] > well[None, :]))


def test_each_fold_has_its_area_and_their_spread_is_that_of_the_areas(write: Write) -> None:
    path = write(patients=120, parts=("external",), change=with_folds(4))
    frame = pd.read_csv(path)
    areas = [area(rows) for _, rows in frame.groupby("fold")]
    [folds] = scored(path)[0]["folds"]
    assert [metric["value"] for metric in folds["metrics"]] == pytest.approx(areas, abs=1e-12)
    assert [metric["group"] for metric in folds["metrics"]] == ["fold=0", "fold=1", "fold=2", "fold=3"]
    assert [metric["patients"] for metric in folds["metrics"]] == [30, 30, 30, 30]
    wanted = (statistics.mean(areas), statistics.stdev(areas), min(areas), max(areas))
    assert [folds[name] for name in MEASURES] == pytest.approx(wanted, abs=1e-12)


def test_several_cases_of_a_patient_have_one_vote_in_the_fold(write: Write) -> None:
    path = write(patients=60, cases_a_patient=2, parts=("external",), change=with_folds(3))
    frame = pd.read_csv(path)
    patients = frame.groupby(["fold", "patient_id", "truth"], as_index=False)["score_yes"].max()
    [folds] = scored(path)[0]["folds"]
    areas = [area(rows) for _, rows in patients.groupby("fold")]
    assert [metric["value"] for metric in folds["metrics"]] == pytest.approx(areas, abs=1e-12)


def test_all_other_numbers_are_those_of_the_table_without_folds(write: Write) -> None:
    with_them, _ = scored(
        write(parts=("test",), change=lambda frame: with_folds(4)(frame).assign(part="test"))
    )
    without, _ = scored(write(parts=("test",)))
    for key in ("metrics", "comparisons", "curves", "confusion", "thresholds"):
        assert with_them[key] == without[key]
    assert without["folds"] == []


def test_the_terminal_tells_the_spread_and_of_what_the_numbers_are(write: Write) -> None:
    _, summary = scored(write(patients=120, parts=("external",), change=with_folds(4)))
    [line] = [line for line in summary.lines if "folds" in line]
    assert line.startswith("out-of-fold: auroc of 4 of 4 folds from 0.")
    assert "of a way to train, not of one network" in line


def test_folds_of_too_few_patients_have_no_number_and_no_spread(write: Write) -> None:
    found, summary = scored(write(patients=40, parts=("external",), change=with_folds(20)))
    [folds] = found["folds"]
    assert {metric["value"] for metric in folds["metrics"]} == {None}
    assert [folds[name] for name in MEASURES] == [None] * 4
    assert "out-of-fold: auroc of 0 of 20 folds, too few to show a spread" in summary.lines


def test_a_measured_number_has_the_mean_error_of_each_fold(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    truth = generator.uniform(5, 30, size=60)
    frame = pd.DataFrame(
        {"case_id": [f"c{at}" for at in range(60)], "patient_id": [f"p{at}" for at in range(60)]}
    )
    frame = frame.assign(truth=truth, predicted=truth + generator.normal(size=60), fold=np.arange(60) % 3)
    frame.to_csv(tmp_path / "table.csv", index=False)
    [folds] = scored(tmp_path / "table.csv")[0]["folds"]
    errors = (frame["predicted"] - frame["truth"]).abs().groupby(frame["fold"]).mean()
    assert folds["metric"] == "mae"
    assert [metric["value"] for metric in folds["metrics"]] == pytest.approx(list(errors), abs=1e-9)
