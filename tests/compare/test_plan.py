"""What a candidate may change, what it changed, and what that does to a verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import study

from pipeline import compare
from pipeline.champion import promote, seal
from pipeline.champion.promotion import publish
from pipeline.compare.plan import capped, changes, line_with, notes_on_plan
from pipeline.config import Config
from pipeline.contracts.comparison import Change, Plan
from pipeline.errors import GateError
from pipeline.workspace import Workspace
from pipeline.writing import write_json, write_text

SCANS = study.scans("a", 30, part="train") + study.scans("t", 150, part="test", seed=3)
ALLOWED = ("train.seed", "evaluate")


def told(*keys: str, allowed: bool) -> Plan:
    return Plan("0001", ALLOWED, tuple(Change(key, "1", "2", allowed) for key in keys))


def configured(allowed: tuple[str, ...] | None = ALLOWED, **sections: dict[str, object]) -> Config:
    plan = {} if allowed is None else {"allowed_changes": allowed}
    chosen = study.config(objective="maintain", **plan)
    update = {name: getattr(chosen, name).model_copy(update=keys) for name, keys in sections.items()}
    return chosen.model_copy(update=update)


def test_a_change_is_told_by_key_with_both_values_and_whether_the_plan_names_it_or_its_section() -> None:
    then = {"train.seed": 1, "train.model": "resnet", "evaluate.level": 0.95, "train.epochs": 3}
    now = {"train.seed": 2, "train.model": "plain_cnn", "evaluate.level": 0.9, "train.epochs": 3}
    assert changes((then, now), ({}, {}), allowed=ALLOWED) == (
        Change("evaluate.level", "0.95", "0.9", allowed=True),
        Change("train.model", "resnet", "plain_cnn", allowed=False),
        Change("train.seed", "1", "2", allowed=True),
    )


@pytest.mark.parametrize(
    ("section", "keys", "words"),
    [
        ("ingest.masks", {"threshold": 0.5}, '{"threshold": 0.5}'),
        ("evaluate.goal", {"metric": "auroc", "at_least": 0.9}, '{"metric": "auroc", "at_least": 0.9}'),
    ],
)
def test_a_section_that_came_or_went_is_told_with_the_keys_that_it_had(
    section: str, keys: dict[str, object], words: str
) -> None:
    without, given = {section: None}, {f"{section}.{key}": value for key, value in keys.items()}
    assert changes((without, given), ({}, {}), allowed=()) == (Change(section, "not set", words, False),)
    assert changes((given, without), ({}, {}), allowed=()) == (Change(section, words, "not set", False),)


def test_what_a_model_s_record_says_counts_where_the_settings_hide_it_and_an_older_record_says_nothing() -> (
    None
):
    records = {"train.model": "resnet", "task": "classification"}, {"train.model": "unet", "train.seed": 2}
    same = {"train.model": "resnet", "train.seed": 1}
    assert changes((same, same), records, allowed=()) == (Change("train.model", "resnet", "unet", False),)


def test_a_plan_cannot_allow_that_it_be_widened() -> None:
    then, now = {"compare.allowed_changes": ["train.seed"]}, {"compare.allowed_changes": ["train"]}
    [change] = changes((then, now), ({}, {}), allowed=["compare"])
    assert not change.allowed


@pytest.mark.parametrize("was", ["PROMOTE", "KEEP", "INCONCLUSIVE"])
def test_only_a_promotion_is_capped_and_every_verdict_names_what_lies_outside(was: str) -> None:
    plan = told("normalize", "train.model", allowed=False)
    assert capped(was, plan) == ("KEEP" if was == "KEEP" else "INCONCLUSIVE")
    line = line_with(f"VERDICT {was}: as the rows say", plan, was=was)
    assert line.endswith("normalize, train.model lie outside the plan of changes fixed with generation 0001")
    assert line.startswith("VERDICT KEEP" if was == "KEEP" else "VERDICT INCONCLUSIVE")


def test_a_plan_that_cannot_be_checked_is_not_kept() -> None:
    plan = Plan("candidate", ALLOWED, unknown="the settings of generation 0001 can't be read")
    assert capped("PROMOTE", plan) == "INCONCLUSIVE"
    assert line_with("", plan, was="PROMOTE").endswith("but " + plan.unknown + ", so the plan of changes fixed with "
                                                       "this candidate can't be checked")  # fmt: skip


def test_within_the_plan_or_without_one_the_verdict_is_that_of_the_rows() -> None:
    for plan in (told("train.seed", allowed=True), Plan("", (), told("train.model", allowed=False).changes)):
        assert capped("PROMOTE", plan) == "PROMOTE"
        assert line_with("the line", plan, was="PROMOTE") == "the line"


def test_changes_without_a_plan_are_told_and_so_is_a_plan_that_holds() -> None:
    without = Plan("", (), told("train.model", "train.seed", allowed=False).changes)
    assert notes_on_plan(without, "0001") == [
        "2 settings differ from generation 0001: train.model, train.seed. No plan says which may: "
        "`compare.allowed_changes` would, before the next candidate."
    ]
    assert notes_on_plan(Plan(""), "0001") == []
    assert notes_on_plan(told("train.seed", allowed=True), "0001") == [
        "1 setting differs from generation 0001, within the plan of changes fixed with generation 0001: train.seed."
    ]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[float, float], Path]:
    folder = tmp_path_factory.mktemp("models")
    paths = {study.WEAK: folder / "weak.keras", study.STRONG: folder / "strong.keras"}
    for weights, path in paths.items():
        study.save_model(path, weights)
    return paths


def judged(workspace: Workspace, models: dict[tuple[float, float], Path], then: Config, now: Config) -> str:
    """The last line on a better candidate with the settings `now`, where the champion had those of `then`."""
    study.store(workspace, SCANS)
    for config, weights in ((then, study.WEAK), (now, study.STRONG)):
        study.write_candidate(workspace, config, SCANS, weights=weights, model=models[weights])
        last = compare.run(config, workspace).lines[-1]
        if config is then:
            publish(workspace, approver="Ada", reason="")
    return last


def test_a_better_model_outside_the_plan_is_not_promoted_but_for_a_reason_that_is_recorded(
    workspace: Workspace, models: dict[tuple[float, float], Path]
) -> None:
    last = judged(workspace, models, configured(), configured(train={"epochs": 7, "seed": 2}))
    assert last.startswith(
        "VERDICT INCONCLUSIVE: every required row passes and no guard fails, but train.epochs lies "
    )
    record = json.loads((workspace.candidate / "comparison.json").read_text())
    assert record["plan"]["changes"] == [
        {"key": "train.epochs", "then": "20", "now": "7", "allowed": False},
        {"key": "train.seed", "then": "1", "now": "2", "allowed": True},
    ]
    assert "train.epochs from 20 to 7" in " ".join(record["notes"])
    with pytest.raises(
        GateError, match="Put back what lies outside the plan of changes and retrain, or give a reason"
    ):
        promote(workspace, approver="Ada")


def test_a_better_model_within_the_plan_of_its_champion_is_promoted(
    workspace: Workspace, models: dict[tuple[float, float], Path]
) -> None:
    assert judged(workspace, models, configured(), configured(train={"seed": 2})).startswith(
        "VERDICT PROMOTE"
    )


@pytest.mark.parametrize(
    ("before", "after", "outside"),
    [
        (("train.seed",), ("train",), "compare.allowed_changes, train.epochs lie"),
        ((), None, "compare.allowed_changes, train.epochs lie"),
        (None, ("train.seed",), "train.epochs lies"),
    ],
)
def test_the_champion_s_plan_holds_and_where_it_had_none_the_candidate_s_own(
    workspace: Workspace,
    models: dict[tuple[float, float], Path],
    before: tuple[str, ...] | None,
    after: tuple[str, ...] | None,
    outside: str,
) -> None:
    last = judged(workspace, models, configured(before), configured(after, train={"epochs": 7}))
    assert f"but {outside} outside the plan of changes fixed with" in last


def test_a_champion_without_readable_settings_leaves_a_plan_unchecked(
    workspace: Workspace, models: dict[tuple[float, float], Path]
) -> None:
    judged(workspace, models, configured(), configured())
    folder = workspace.generations / "0001"
    write_text(folder / "config.yaml", "task: of another version\n")
    seal(folder)
    last = compare.run(configured(), workspace).lines[-1]
    assert last.startswith("VERDICT INCONCLUSIVE: ")
    assert "the settings of generation 0001 can't be read, so the plan" in last


def test_the_architecture_on_record_counts_though_the_settings_were_put_back(
    workspace: Workspace, models: dict[tuple[float, float], Path]
) -> None:
    judged(workspace, models, configured(), configured())
    for folder, name in ((workspace.generations / "0001", "resnet"), (workspace.candidate, "plain_cnn")):
        record = json.loads((folder / "model.json").read_text())
        write_json(folder / "model.json", {**record, "architecture": name})
    seal(workspace.generations / "0001")
    assert "but train.model lies outside" in compare.run(configured(), workspace).lines[-1]
