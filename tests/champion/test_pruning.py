"""What can go of generations, what is kept for ever, and what a kill leaves behind."""

from __future__ import annotations

import json
import shutil

import pytest
import study

from pipeline import compare, digests
from pipeline.champion import check_generation, generations, named_generation, prune, rollback
from pipeline.champion.promotion import publish
from pipeline.contracts.generation import FILE
from pipeline.errors import DamageError, GateError, UsageError
from pipeline.workspace import Workspace

CONFIG = study.config()
SCANS = study.scans("t", 40, part="test")


@pytest.fixture
def rolled_back(workspace: Workspace) -> Workspace:
    """Three generations: 0001 is the champion again, 0002 was rolled back, 0003 was never promoted."""
    for weights in (study.WEAK, study.STRONG):
        study.write_candidate(workspace, CONFIG, SCANS, weights=weights)
        (workspace.reports / "champion.json").unlink(missing_ok=True)
        compare.run(CONFIG, workspace)
        publish(workspace, approver="Ada", reason="")
    rollback(workspace, approver="Ada", reason="complaints")
    shutil.copytree(workspace.generations / "0002", workspace.generations / "0003")
    return workspace


def models(workspace: Workspace) -> list[str]:
    return sorted(path.parent.name for path in workspace.generations.glob("*/model.keras"))


def test_without_a_number_it_is_only_told_what_can_go_and_what_is_kept(rolled_back: Workspace) -> None:
    told = prune(rolled_back)
    assert not told.changed
    assert [line.split(",")[0] for line in told.lines[:2]] == [
        "Can go of generation 0002: model.keras",
        "Can go of generation 0003: model.keras",
    ]
    assert "(rolled back)" in told.lines[0]
    assert "(never promoted)" in told.lines[1]
    assert "Kept for ever: 0001" in told.lines[2]
    assert models(rolled_back) == ["0001", "0002", "0003"]


def test_the_models_of_all_that_can_go_are_removed_and_what_tells_of_them_stays(
    rolled_back: Workspace,
) -> None:
    folder = rolled_back.generations / "0002"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    digest = digests.of_file(folder / "model.keras")
    assert prune(rolled_back, "all").changed
    assert models(rolled_back) == ["0001"]
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.keys() - after.keys() == {"model.keras"}
    assert {name for name in after if after[name] != before[name]} == {"digests.json"}
    assert FILE.read(folder).pruned == {"model.keras": digest}
    assert check_generation(rolled_back, "0002") == len(after) - 1
    assert not prune(rolled_back, "all").changed


@pytest.mark.parametrize("number", ["1", "0001"])
def test_the_line_of_champions_is_kept_for_ever(number: str, rolled_back: Workspace) -> None:
    with pytest.raises(GateError, match="Generation 0001 is the champion"):
        prune(rolled_back, number)
    assert models(rolled_back) == ["0001", "0002", "0003"]


@pytest.mark.parametrize("number", ["7", "0", "two", "../0001", "-1", "²"])
def test_a_number_that_there_is_not_is_told_with_those_that_there_are(
    number: str, rolled_back: Workspace
) -> None:
    with pytest.raises(UsageError, match=r"There is no generation '.*': there are 0001, 0002, 0003"):
        prune(rolled_back, number)


def test_a_generation_is_called_by_its_number_or_its_name(rolled_back: Workspace) -> None:
    assert [named_generation(rolled_back, number) for number in ("2", "02", "0002")] == ["0002"] * 3


def test_a_generation_that_is_not_what_was_promoted_is_not_pruned(rolled_back: Workspace) -> None:
    (rolled_back.generations / "0002" / "predictions.csv").write_text("other")
    with pytest.raises(DamageError, match=r"Generation 0002: predictions\.csv changed"):
        prune(rolled_back, "2")
    assert "0002" in models(rolled_back)


def test_what_was_sealed_as_pruned_but_still_lies_there_goes_the_next_time(rolled_back: Workspace) -> None:
    folder = rolled_back.generations / "0002"
    data = (folder / "model.keras").read_bytes()
    prune(rolled_back, "2")
    (folder / "model.keras").write_bytes(data)  # as a kill between the two leaves it
    assert check_generation(rolled_back, "0002")
    assert prune(rolled_back, "2").changed
    assert "0002" not in models(rolled_back)
    assert FILE.read(folder).pruned == {"model.keras": digests.of_bytes(data)}


def test_the_list_says_which_models_are_gone_and_no_state_changes_besides(rolled_back: Workspace) -> None:
    before = generations(rolled_back)
    prune(rolled_back, "2")
    after = generations(rolled_back)
    assert [row["state"] for row in after] == ["champion", "rolled back, pruned", "never promoted"]
    assert [{**row, "state": row["state"].removesuffix(", pruned")} for row in after] == before
    assert json.loads((rolled_back.reports / "champion.json").read_text())["generation"] == "0001"
