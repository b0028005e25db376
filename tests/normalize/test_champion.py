from __future__ import annotations

import json

import handed_on
import pytest

from pipeline.errors import ConfigError, UsageError
from pipeline.normalize.champion import load_champion
from pipeline.normalize.recipe import parse
from pipeline.workspace import Workspace
from pipeline.writing import write_text

RECIPE = [{"resize": {"shape": [4, 4]}}, {"z_score": {}}]


def promote(workspace: Workspace, recipe: list, recipe_id: str) -> None:
    handed_on.point_at(workspace, "0002")
    folder = workspace.generations / "0002"
    handed_on.model_in(folder, recipe=tuple(recipe), recipe_id=recipe_id)
    rows = "c1,p1,train,1,a\nc2,p2,test,1,a\n"
    write_text(folder / "cohort.csv", f"case_id,patient_id,part,era,target\n{rows}")


def recipe_id() -> str:
    return parse(RECIPE, lambda keys, message: ConfigError(message)).recipe_id


def test_without_a_pointer_there_is_no_champion(workspace: Workspace) -> None:
    assert load_champion(workspace) is None


def test_the_champion_brings_its_recipe_and_its_scans(workspace: Workspace) -> None:
    promote(workspace, RECIPE, recipe_id())
    champion = load_champion(workspace)
    assert champion is not None
    assert champion.generation == "0002"
    assert json.loads(json.dumps(champion.recipe.resolved)) == RECIPE
    assert champion.case_ids == {"c1", "c2"}


def test_a_champion_of_other_step_versions_is_refused_with_both_ids(workspace: Workspace) -> None:
    promote(workspace, RECIPE, "0123456789ab")
    with pytest.raises(UsageError, match=f"recipe 0123456789ab, here {recipe_id()}"):
        load_champion(workspace)


def test_a_champion_with_a_step_that_is_gone_is_refused(workspace: Workspace) -> None:
    promote(workspace, [{"histogram_match": {}}], "0123456789ab")
    with pytest.raises(ConfigError, match="recipe of generation 0002: unknown step 'histogram_match'"):
        load_champion(workspace)
