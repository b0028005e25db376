"""Patients of another source are asked in the one look, measured, and choose nothing."""

from __future__ import annotations

import shutil
from typing import Any

import pandas as pd
import pytest
from known_network import config_of, read

from pipeline import evaluate, ledger
from pipeline.workspace import Workspace

EXCHANGED = {"ill": "well", "well": "ill"}


def abroad(workspace: Workspace, *, told: dict[str, str] | None = None) -> None:
    """Makes every other test patient one of another source, with other labels if `told` exchanges them."""
    path = workspace.candidate / "cohort.csv"
    table = pd.read_csv(path, dtype=str)
    rows = table.index[table["case_id"].str[4:].astype(int) % 4 == 3]
    table.loc[rows, "part"] = "external"
    if told:
        table.loc[rows, "target"] = table.loc[rows, "target"].map(told)
    table.to_csv(path, index=False)


def metrics_of(workspace: Workspace, part: str) -> list[dict[str, Any]]:
    return [metric for metric in read(workspace, "metrics.json")["metrics"] if metric["part"] == part]


@pytest.fixture(scope="module")
def measured(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The project with patients of another source, evaluated; for reading alone."""
    root = tmp_path_factory.mktemp("abroad") / "project"
    shutil.copytree(prepared, root)
    abroad(workspace := Workspace(root, "study"))
    evaluate.run(config_of(root), workspace)
    return workspace


def test_the_part_has_every_number_with_what_it_rests_on_and_the_headline_is_of_the_test_part(
    measured: Workspace,
) -> None:
    external = {
        m["id"]: m for m in metrics_of(measured, "external") if m["unit"] == "patient" and not m["group"]
    }
    test = {m["id"]: m for m in metrics_of(measured, "test") if m["unit"] == "patient" and not m["group"]}
    assert external.keys() == test.keys()
    area, found = external["auroc"], external["sensitivity"]
    assert area["method"] and area["low"] < area["value"] < area["high"]
    assert (area["patients"], area["positive_patients"]) == (29, 10)  # case119 has no array
    assert found["denominator"] == 10
    half = (test["auroc"]["high"] - test["auroc"]["low"]) / 2
    assert read(measured, "metrics.json")["headline"]["half_width"] == pytest.approx(half)
    assert read(measured, "population.json")["sources"]["external_patients"] == 29


def test_rows_of_the_part_say_how_strange_they_are_and_one_look_is_written_down(measured: Workspace) -> None:
    table = pd.read_csv(measured.candidate / "predictions.csv").query("part == 'external' and status == 'ok'")
    assert len(table) == 29 and table["stranger"].notna().all()
    assert len(ledger.read(measured.ledger("looks"))) == 1


def test_other_labels_there_change_no_choice_and_no_number_of_the_other_parts(
    measured: Workspace, prepared: Any, tmp_path: Any
) -> None:
    shutil.copytree(prepared, tmp_path / "other")
    other = Workspace(tmp_path / "other", "study")
    abroad(other, told=EXCHANGED)
    evaluate.run(config_of(other.root), other)
    assert read(other, "operating.json") == read(measured, "operating.json")
    assert metrics_of(other, "test") == metrics_of(measured, "test")
    assert metrics_of(other, "validation") == metrics_of(measured, "validation")
    assert metrics_of(other, "external") != metrics_of(measured, "external")


def test_another_source_that_is_added_is_another_look(measured: Workspace, tmp_path: Any) -> None:
    shutil.copytree(measured.root, tmp_path / "project")
    measured = Workspace(tmp_path / "project", "study")
    first = ledger.read(measured.ledger("looks"))
    path = measured.candidate / "cohort.csv"
    table = pd.read_csv(path, dtype=str)
    table[table["part"] != "external"].to_csv(path, index=False)
    evaluate.run(config_of(measured.root), measured)
    assert len({look["cohort"] for look in (*first, *ledger.read(measured.ledger("looks")))}) == 2
