"""What the champion needs to be scored beside the candidate: its own recipe, on test and new scans."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass

from pipeline.errors import ConfigError, UsageError
from pipeline.normalize.recipe import Recipe, parse
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Champion:
    """The champion's generation, its recipe, and the scans its own cohort held."""

    generation: str
    recipe: Recipe
    case_ids: frozenset[str]


def load_champion(workspace: Workspace) -> Champion | None:
    """The champion, or None when there is none yet.

    Raises:
        UsageError: this version of the program can't repeat the champion's recipe.
    """
    if not workspace.champion.exists():
        return None
    generation = json.loads(workspace.champion.read_text())["generation"]
    folder = workspace.generations / generation
    model = json.loads((folder / "model.json").read_text())

    def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
        return ConfigError(f"recipe of generation {generation}: {message}")

    recipe = parse(model["recipe"], refuse)
    if recipe.recipe_id != model["recipe_id"]:
        raise UsageError(
            f"The champion, generation {generation}, was normalized by other versions of the steps (recipe "
            f"{model['recipe_id']}, here {recipe.recipe_id}), so it can't be scored fairly. Install the "
            "version of Scanloom that made it, or roll back to a champion of this version."
        )
    with (folder / "cohort.csv").open(newline="") as stream:
        case_ids = frozenset(row["case_id"] for row in csv.DictReader(stream))
    return Champion(generation, recipe, case_ids)
