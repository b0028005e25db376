"""What the champion needs to be scored beside the candidate: its own recipe, on test and new scans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.champion.pointer import generation_in_use
from pipeline.contracts import cohort, model_record
from pipeline.errors import ConfigError, UsageError
from pipeline.normalize.recipe import Recipe, parse
from pipeline.records import Case
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Champion:
    """The champion's generation, its recipe, the scans its own cohort held, and digests of their pixels."""

    generation: str
    recipe: Recipe
    case_ids: frozenset[str]
    pixels: Mapping[str, str] = field(default_factory=dict)

    def knows(self, case: Case) -> bool:
        """Whether its cohort held this very scan: one that was replaced since is new to it."""
        return case.case_id in self.case_ids and (
            self.pixels.get(case.case_id, case.pixel_digest) == case.pixel_digest
        )


def load_champion(workspace: Workspace) -> Champion | None:
    """The champion, or None when there is none yet.

    Raises:
        UsageError: this version of the program can't repeat the champion's recipe.
        DamageError: a file of the champion can't be read.
    """
    folder = generation_in_use(workspace)
    if folder is None:
        return None
    generation = folder.name
    model = model_record.FILE.read(folder)

    def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
        return ConfigError(f"recipe of generation {generation}: {message}")

    recipe = parse(model.recipe, refuse)
    if recipe.recipe_id != model.recipe_id:
        raise UsageError(
            f"The champion, generation {generation}, was normalized by other versions of the steps (recipe "
            f"{model.recipe_id}, here {recipe.recipe_id}), so it can't be scored fairly. Install the "
            "version of Scanloom that made it, or roll back to a champion of this version."
        )
    return Champion(generation, recipe, frozenset(cohort.parts(folder)), cohort.pixel_digests(folder))
