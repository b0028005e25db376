"""The stage as a whole, with a network small enough to know: its logit is the mean of the image."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import handed_on
import numpy as np
import pandas as pd
import pytest

from pipeline import backend, digests, evaluate, foreign, ledger
from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.config import Config, Evaluate, load
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import first_fit, model_record
from pipeline.errors import DamageError, GateError
from pipeline.evaluate.score import score
from pipeline.provenance import cores
from pipeline.records import Case, Geometry
from pipeline.stages import output_digests
from pipeline.tasks.classification import predictions
from pipeline.workspace import Workspace
from pipeline.writing import write_json

RECIPE = "recipe"
PATIENTS = 120
SIDE = 8
YAML = """
ingest: {raw: raw}
cohort: {labels: labels.csv, target: target, positive: ill}
normalize: [{z_score: {}}]
evaluate: {resamples: 200, prevalences: [0.05]}
report: {title: Study}
"""


def part_of(index: int) -> str:
    return ("train", "validation", "test", "test")[index % 4]


def save_network(path: Path) -> None:
    backend.start(cores())
    import keras

    scan = keras.Input((SIDE, SIDE, 1))
    maps = keras.layers.Conv2D(1, 1, kernel_initializer="ones", name="first_convolution")(scan)
    maps = keras.layers.Conv2D(1, 1, kernel_initializer="ones", name="last_features")(maps)
    mean = keras.layers.GlobalAveragePooling2D()(maps)
    dense = keras.layers.Dense(2, name="logits")
    model = keras.Model(scan, dense(mean))
    dense.set_weights([np.array([[-2.0, 2.0]]), np.zeros(2)])
    model.save(path)


def write_arrays(workspace: Workspace, generator: np.random.Generator) -> None:
    """An image a case: noise around +0.6 for the ill and -0.6 for the others; the last has none."""
    cases = []
    with ShardWriter(workspace.normalized / "shard-00000.npy") as shard:
        for index in range(PATIENTS - 1):
            level = 0.6 if is_ill(index) else -0.6
            image = np.full((SIDE, SIDE, 1), level + generator.normal(scale=0.7), dtype=np.float32)
            stored = shard.append(image)
            case = Case(
                case_id=f"case{index:03d}",
                patient_id=f"patient{index:03d}",
                study_id=f"study{index:03d}",
                series_id=f"series{index:03d}",
                modality="CT",
                value_unit="HU",
                channels=1,
                geometry=Geometry((1.0, 1.0)),
                stored=stored,
                pixel_digest="",
                perceptual_digest="",
            )
            cases.append((case, stored))
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases((case, ()) for case, _ in cases)
        catalogue.put_arrays(RECIPE, cases)


def is_ill(index: int) -> bool:
    return index // 4 % 3 == 0


def write_cohort(workspace: Workspace) -> None:
    rows = [
        {
            "case_id": f"case{index:03d}",
            "person_id": f"patient{index:03d}",
            "part": part_of(index),
            "era": 1,
            "target": "ill" if is_ill(index) else "well",
            "by_sex": "FM"[index // 2 % 2],
        }
        for index in range(PATIENTS)
    ]
    workspace.candidate.mkdir(parents=True)
    pd.DataFrame(rows).to_csv(workspace.candidate / "cohort.csv", index=False)
    cohorts.FILE.write(workspace.candidate, handed_on.COHORT)


def write_model(workspace: Workspace) -> None:
    path = workspace.candidate / "model.keras"
    save_network(path)
    handed_on.model_in(
        workspace.candidate,
        question=handed_on.asked("well", "ill", positive="ill"),
        recipe_id=RECIPE,
        input_shape=(SIDE, SIDE, 1),
        model_sha256=digests.of_file(path),
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose candidate is trained and not yet evaluated."""
    root = tmp_path_factory.mktemp("project")
    workspace = Workspace(root, "study")
    (root / "configs").mkdir()
    (root / "configs" / "study.yaml").write_text(YAML)
    write_cohort(workspace)
    write_arrays(workspace, np.random.default_rng(1))
    write_model(workspace)
    return root


@pytest.fixture(scope="module")
def evaluated(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same project after its evaluation."""
    root = tmp_path_factory.mktemp("evaluated") / "project"
    shutil.copytree(prepared, root)
    evaluate.run(config_of(root), Workspace(root, "study"))
    return Workspace(root, "study")


@pytest.fixture
def project(prepared: Path, tmp_path: Path) -> Workspace:
    """A copy to do with as a test pleases."""
    shutil.copytree(prepared, tmp_path / "project")
    return Workspace(tmp_path / "project", "study")


def config_of(root: Path) -> Config:
    return load(root / "configs" / "study.yaml")


def read(workspace: Workspace, name: str) -> Any:
    return json.loads((workspace.candidate / name).read_text())


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


def test_a_refitted_model_is_not_asked_about_the_part_that_it_has_learned_from(
    evaluated: Workspace, project: Workspace
) -> None:
    """The fit before says the opposite of the model, so that it shows which of the two was asked."""
    _refitted(project)
    table = pd.read_csv(evaluated.candidate / "predictions.csv").query("part == 'validation'")
    opposite = table[["logit_ill", "logit_well"]].to_numpy()
    first_fit.write(project.candidate, list(table["case_id"]), opposite)
    evaluate.run(config_of(project.root), project)
    columns = ["case_id", "logit_well", "logit_ill"]
    found, before = (
        pd.read_csv(workspace.candidate / "predictions.csv") for workspace in (project, evaluated)
    )
    validation = found.query("part == 'validation'")
    np.testing.assert_array_equal(validation[["logit_well", "logit_ill"]], opposite)
    pd.testing.assert_frame_equal(
        found.query("part != 'validation'")[columns], before.query("part != 'validation'")[columns]
    )
    measured = {(each["id"], each["part"]): each["value"] for each in read(project, "metrics.json")["metrics"]
                if each["class"] in (None, "ill") and each["group"] is None}  # fmt: skip
    assert measured["auroc", "test"] > 0.8
    # What validation chose was chosen on what the fit before said: at its threshold 95 % of the ill are found.
    threshold = read(project, "operating.json")["choices"]["thresholds"][0]["threshold"]
    ill = validation.query("truth == 'ill'")["score_ill"]
    assert threshold == ill.min()


def test_a_validation_case_that_the_fit_before_was_not_asked_about_has_no_answer(project: Workspace) -> None:
    _refitted(project)
    asked = [f"case{index:03d}" for index in range(PATIENTS) if part_of(index) == "validation"][1:]
    levels = np.array([[0.0, 1.0 if is_ill(int(case_id[4:])) else -1.0] for case_id in asked])
    first_fit.write(project.candidate, asked, levels)
    evaluate.run(config_of(project.root), project)
    table = pd.read_csv(project.candidate / "predictions.csv").query("part == 'validation'")
    assert table["status"].tolist() == ["failed"] + ["ok"] * len(asked)
    assert table["reason"].iloc[0] == "the fit before the refit was not asked"


def _refitted(workspace: Workspace) -> None:
    """Says of the model that it was fitted anew on both parts."""
    found = model_record.FILE.read(workspace.candidate)
    model_record.FILE.write(workspace.candidate, replace(found, refit=True))
