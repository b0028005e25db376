"""The stage as a whole, with a network small enough to know: its logit is the mean of the image."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from known_network import PATIENTS, RECIPE, YAML, config_of, read

from pipeline import digests, evaluate, foreign, ledger
from pipeline.config import Evaluate
from pipeline.errors import DamageError, GateError
from pipeline.evaluate.score import score
from pipeline.stages import output_digests
from pipeline.tasks.classification import predictions
from pipeline.workspace import Workspace
from pipeline.writing import write_json


def outputs(workspace: Workspace) -> dict[str, bytes]:
    names = (
        "predictions.csv",
        "metrics.json",
        "operating.json",
        "rule.json",
        "insights.json",
        "insights.npz",
    )
    return {name: (workspace.candidate / name).read_bytes() for name in names}


def test_every_case_of_the_cohort_has_a_row_and_the_lost_one_a_reason(evaluated: Workspace) -> None:
    table = predictions.read(evaluated.candidate / "predictions.csv").frame
    assert list(table["case_id"]) == [f"case{index:03d}" for index in range(PATIENTS)]
    [lost] = table[table["status"] == "failed"].to_dict("records")
    assert (lost["case_id"], lost["reason"]) == ("case119", "no array under this model's recipe")
    assert lost["predicted"] == lost["score_ill"] == ""


def test_scores_are_the_logits_at_the_temperature_of_the_validation_part(evaluated: Workspace) -> None:
    table = pd.read_csv(evaluated.candidate / "predictions.csv").query("status == 'ok'")
    operating = read(evaluated, "operating.json")
    gap = (table["logit_ill"] - table["logit_well"]) / operating["choices"]["temperature"]
    np.testing.assert_allclose(table["score_ill"], 1 / (1 + np.exp(-gap)), atol=1e-8)
    threshold = operating["choices"]["thresholds"][0]["threshold"]
    assert ((table["score_ill"] >= threshold) == (table["predicted"] == "ill")).all()
    validation = table.query("part == 'validation' and truth == 'ill'")["score_ill"]
    # 95 % of 10 ill validation patients are all ten: the smallest of their scores.
    assert threshold == validation.min()


def test_the_table_alone_gives_the_same_metrics(evaluated: Workspace, tmp_path: Path) -> None:
    plan = Evaluate(resamples=200, prevalences=(0.05,))
    score(foreign.read(evaluated.candidate / "predictions.csv", foreign.Columns()), tmp_path, plan)
    again = json.loads((tmp_path / "metrics.json").read_text())
    found = read(evaluated, "metrics.json")
    for key in ("metrics", "confusion", "curves", "comparisons", "bootstrap"):
        assert again[key] == found[key]


def test_one_look_is_written_down_with_the_digests_of_what_was_looked_at(evaluated: Workspace) -> None:
    [look] = ledger.read(evaluated.ledger("looks"))
    assert look["model"] == read(evaluated, "model.json")["model_sha256"]
    assert look["rule"] == digests.of_json(read(evaluated, "rule.json"))
    assert look["champion"] is None
    assert read(evaluated, "metrics.json")["created_utc"] == look["created"]


def test_metrics_name_the_digests_of_their_sources(evaluated: Workspace) -> None:
    found = read(evaluated, "metrics.json")["digests"]
    assert set(found) == {"code", "cohort", "config", "labels", "model", "predictions"}
    assert found["predictions"] == digests.of_file(evaluated.candidate / "predictions.csv")
    assert all(found.values())


def test_evaluating_again_spends_no_look_and_changes_no_byte(evaluated: Workspace) -> None:
    before = outputs(evaluated)
    summary = evaluate.run(config_of(evaluated.root), evaluated)
    assert outputs(evaluated) == before
    assert not summary.changed
    assert len(ledger.read(evaluated.ledger("looks"))) == 1


def test_test_labels_move_neither_temperature_nor_threshold(evaluated: Workspace, project: Workspace) -> None:
    path = project.candidate / "cohort.csv"
    frame = pd.read_csv(path)
    test = frame["part"] == "test"
    frame.loc[test, "target"] = np.random.default_rng(2).permutation(frame.loc[test, "target"])
    frame.to_csv(path, index=False)
    evaluate.run(config_of(project.root), project)
    assert read(project, "operating.json") == read(evaluated, "operating.json")
    assert read(project, "metrics.json")["metrics"] != read(evaluated, "metrics.json")["metrics"]


def test_a_spent_budget_refuses_before_anything_is_written(project: Workspace) -> None:
    put_champion(project)
    config = config_of(project.root)
    spent = [
        {
            "model": f"m{n}",
            "cohort": "c",
            "rule": "r",
            "champion": "0001",
            "budget": config.compare.look_budget,
        }
        for n in range(config.compare.look_budget)
    ]
    ledger.append(project.ledger("looks"), *spent)
    with pytest.raises(GateError, match="looks at the test part against generation 0001 are spent"):
        evaluate.run(config, project)
    assert not (project.candidate / "predictions.csv").exists()
    assert not (project.candidate / "operating.json").exists()


def put_champion(workspace: Workspace) -> None:
    (workspace.generations / "0001").mkdir(parents=True)
    shutil.copy(workspace.candidate / "model.json", workspace.generations / "0001")
    fields = dict.fromkeys(("approver", "reason", "created"), "x")
    write_json(
        (workspace.reports / "champion.json"), {**fields, "generation": "0001", "model_sha256": "another"}
    )


def test_a_rule_changed_after_the_look_is_refused(evaluated: Workspace, tmp_path: Path) -> None:
    shutil.copytree(evaluated.root, tmp_path / "project")
    path = tmp_path / "project" / "configs" / "study.yaml"
    path.write_text(YAML.replace("resamples: 200", "resamples: 200, unit: case"))
    with pytest.raises(GateError, match="The rule"):
        evaluate.run(config_of(tmp_path / "project"), Workspace(tmp_path / "project", "study"))


def test_a_kill_after_the_look_costs_no_second_look_and_no_byte(
    project: Workspace, evaluated: Workspace, scanloom: Callable[..., Any]
) -> None:
    write_json(project.stamp("train"), {"stage": "train", "outputs": output_digests("train", project)})
    killed = scanloom(
        "evaluate",
        "configs/study.yaml",
        cwd=project.root,
        SCANLOOM_CRASH_AT=f"written:{project.ledger('looks').name}",
    )
    assert killed.returncode < 0
    assert not (project.candidate / "predictions.csv").exists()
    evaluate.run(config_of(project.root), project)
    assert len(ledger.read(project.ledger("looks"))) == 1
    assert outputs(project)["predictions.csv"] == outputs(evaluated)["predictions.csv"]


def test_a_damaged_array_is_an_error_not_a_wrong_score(project: Workspace) -> None:
    path = project.normalized / "shard-00000.npy"
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamageError, match="The stored array of case case000"):
        evaluate.run(config_of(project.root), project)


def test_each_held_scan_says_how_unlike_the_training_part_it_is(evaluated: Workspace) -> None:
    from pipeline.contracts.strangers import FILE

    known = FILE.read(evaluated.candidate)
    table = pd.read_csv(evaluated.candidate / "predictions.csv").query("status == 'ok'")
    held = table[table["part"] != "train"]
    assert known.limit is not None, known.reason
    assert held["stranger"].notna().all()
    assert table[table["part"] == "train"]["stranger"].isna().all()
    # The limit is the conformal rank of the validation patients: all but one or two of thirty lie within.
    validation = held[held["part"] == "validation"].groupby("patient_id")["stranger"].max()
    assert 1 <= (validation >= 0.9995).sum() <= 2


def test_the_oddest_scans_are_shown_in_the_unit_and_window_of_the_other_pictures(
    evaluated: Workspace,
) -> None:
    from pipeline.contracts.insights import InUnit
    from pipeline.contracts.strangers import ODDEST
    from pipeline.evaluate import strangers
    from pipeline.strangers import Judged

    cases = pd.read_csv(evaluated.candidate / "cohort.csv", dtype=str).fillna("")
    odd = (cases["case_id"] == "case002").to_numpy()  # of the test part
    found = Judged(np.where(odd, 2.5, 0.5), tuple(np.where(odd, "left and right look exchanged", "")))
    values = np.arange(64, dtype=np.float32).reshape(8, 8, 1)
    config = config_of(evaluated.root)
    reviewed = config.ingest.model_copy(update={"pixel_text": "reviewed"})
    strangers.show(
        cases, found, evaluated, config.model_copy(update={"ingest": reviewed}),
        recipe_id=RECIPE, in_unit=lambda case: InUnit(values, "HU", (0.0, 63.0)),
    )  # fmt: skip
    [shown] = ODDEST.read(evaluated.candidate).scans
    assert (shown.case_id, shown.score, shown.why) == ("case002", 2.5, "left and right look exchanged")
    assert shown.shown is not None
    assert (shown.shown.window, shown.shown.unit, shown.shown.rows) == ((0.0, 63.0), "HU", 8)
    grey = np.frombuffer(b64decode(shown.shown.grey), np.uint8)
    np.testing.assert_array_equal(grey, np.rint(np.arange(64) / 63 * 255))
