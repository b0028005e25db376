"""Refused before training: no state of training is written, so no epoch ran."""

from __future__ import annotations

import json

import handed_on
import pytest

from pipeline import ledger
from pipeline.champion.looks import rule
from pipeline.champion.pointer import record_move
from pipeline.config import Config
from pipeline.contracts.unopened import Unopened
from pipeline.errors import ConfigError, GateError
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.registry import task_of
from pipeline.train import identity, material, run
from pipeline.train.gate import require_judgeable

CLASSES = ["absent", "present"]


def config(**sections) -> Config:
    return Config.model_validate(
        {
            "name": "study",
            "ingest": {"raw": "data/raw/study"},
            "cohort": {"labels": "labels.csv", "target": "label"},
            "normalize": [{"z_score": {}}],
            "train": {"model": "plain_cnn", "width": 2, "epochs": 2, "batch_size": 4},
            "report": {"title": "A study"},
            **sections,
        }
    )


@pytest.fixture
def project(prepare, tmp_path):
    """A prepared project with a champion that somebody else trained."""
    workspace = prepare(tmp_path)
    (workspace.generations / "0001").mkdir(parents=True)
    handed_on.model_in(workspace.generations / "0001", question=handed_on.asked(*CLASSES), training="another")
    move = {
        "action": "promote",
        "generation": "0001",
        "model": "m0",
        "approver": "Ada",
        "reason": "",
        "verdict": "FIRST",
    }
    record_move(workspace, move)
    return workspace


def look(
    workspace, model: str, *, training: str = "", chosen: Config | None = None, champion: str | None = "0001"
):
    settings = chosen or config()
    record = {
        "model": model,
        "cohort": "c",
        "rule": rule(settings.evaluate, settings.compare).digest,
        "champion": champion,
        "budget": settings.compare.look_budget,
        "training": training,
    }
    ledger.append(workspace.ledger("looks"), record)


def refused(workspace, chosen: Config, message: str) -> None:
    with pytest.raises(GateError, match=message):
        run(chosen, workspace)
    assert not workspace.checkpoints.exists()  # written before the first step
    assert not (workspace.candidate / "model.keras").exists()


def test_spent_looks_stop_training_before_its_first_step(project) -> None:
    chosen = config(compare={"look_budget": 2})
    look(project, "m1", chosen=chosen)
    look(project, "m2", chosen=chosen)
    refused(project, chosen, "All 2 looks at the test part against generation 0001 are spent")


def test_a_changed_budget_stops_training_before_its_first_step(project) -> None:
    look(project, "m1")
    refused(project, config(compare={"look_budget": 9}), r"`compare.look_budget` is 9, but was 5")


def test_a_rule_changed_since_this_very_model_looked_stops_training(project) -> None:
    chosen = config(evaluate={"level": 0.9})
    training = identity.run_digest(chosen, material.read(project, task_of("classification")))
    look(project, "m1", training=training)
    refused(project, chosen, r"The rule .* changed after this model had looked")


def test_a_champion_of_other_classes_stops_training_before_its_first_step(project) -> None:
    handed_on.model_in(project.generations / "0001", question=handed_on.asked("absent", "large", "small"))
    refused(project, config(), "classes absent, large, small, the candidate absent, present: two different")


@pytest.mark.parametrize(
    ("classes", "positive", "way"),
    [
        (("present", "absent"), "absent", "Put `positive: absent` back below `cohort:`, as it was, or give"),
        (
            ("absent", "there"),
            "there",
            r"`classes: {absent: \[absent\], there: \[present\]}`, or give the new",
        ),
        (("well", "ill"), "ill", "two different questions. Give the new one"),
    ],
    ids=["turned", "one word", "other words"],
)
def test_words_that_alone_changed_since_the_champion_are_told_how_to_come_back(
    project, classes: tuple[str, str], positive: str, way: str
) -> None:
    handed_on.model_in(project.generations / "0001", question=handed_on.asked(*classes, positive=positive))
    refused(project, config(), way)


def test_a_champion_of_another_task_is_no_damage(project) -> None:
    handed_on.model_in(
        project.generations / "0001",
        task="regression",
        question=Unopened({"name": "age", "unit": "years", "edges": []}),
    )
    refused(
        project,
        config(),
        "generation 0001, is of `task: regression`, and the YAML says `task: classification`: two different "
        "questions. Put `task: regression` back",
    )


def test_the_same_training_may_be_repeated_when_its_model_has_looked(project) -> None:
    chosen = config(compare={"look_budget": 1})
    look(project, "m1", chosen=chosen, training="mine")
    require_judgeable(chosen, project, of_names(CLASSES), training="mine")
    with pytest.raises(GateError, match="are spent"):
        require_judgeable(chosen, project, of_names(CLASSES), training="other")


def test_the_champions_own_training_challenges_nobody(project) -> None:
    chosen = config(compare={"look_budget": 1})
    look(project, "m1", chosen=chosen)
    require_judgeable(chosen, project, of_names(CLASSES), training="another")


def test_without_a_champion_nothing_is_spent(prepare, tmp_path) -> None:
    workspace = prepare(tmp_path)
    for number in range(9):
        look(workspace, f"m{number}", champion=None)
    require_judgeable(config(), workspace, of_names(CLASSES), training="mine")


@pytest.mark.parametrize("metric", ["sensitivity", "specificity"])
def test_a_goal_that_three_classes_do_not_have_is_refused_by_its_key(prepare, tmp_path, metric: str) -> None:
    workspace = prepare(tmp_path)
    chosen = config(evaluate={"goal": {"metric": metric, "at_least": 0.9}})
    with pytest.raises(ConfigError, match=f"'{metric}' is a metric of two classes, and there are 3"):
        require_judgeable(chosen, workspace, of_names(["a", "b", "c"]), training="mine")
    require_judgeable(chosen, workspace, of_names(CLASSES), training="mine")


def test_a_validation_part_of_one_class_stops_training_before_its_first_step(prepare, tmp_path) -> None:
    from pipeline.errors import DataError

    workspace = prepare(tmp_path)
    path = workspace.candidate / "cohort.csv"
    path.write_text(path.read_text().replace("validation,1,present", "validation,1,absent"))
    with pytest.raises(DataError, match="The validation part holds scans of one class only"):
        run(config(), workspace)
    assert not workspace.checkpoints.exists()


def test_the_record_of_a_model_names_its_training(prepare, tmp_path) -> None:
    workspace = prepare(tmp_path)
    run(config(), workspace)
    record = json.loads((workspace.candidate / "model.json").read_text())
    assert record["training"] == identity.run_digest(
        config(), material.read(workspace, task_of("classification"))
    )
