"""Normalize: model-ready arrays out of native voxels.

Reads the cohort, the catalogue and the shards of native voxels. Writes shards of arrays, all of one
shape and type, rows of the catalogue that say where they lie, `normalized/refused.json` for the
scans that can't be normalized, and `normalize.json` (recipe, shape, type, spacing). Guarantees: an
array is a pure function of one scan and the recipe, so nothing is fitted and nothing can leak; only
what is new is computed; a kill loses at most the batches in work and changes no result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.config import Config
    from pipeline.contracts.insights import InUnit
    from pipeline.records import Case, Summary
    from pipeline.workspace import Workspace

__all__ = ["reader", "run"]


def reader(config: Config, workspace: Workspace) -> Callable[[Case], InUnit | None]:
    """What gives a case in its own unit on the grid that the network sees, None where it can't be had."""
    from pipeline.normalize.shown import reader as of_recipe

    return of_recipe(config, workspace)


def run(config: Config, workspace: Workspace) -> Summary:
    """What the stage did, in lines for the person at the terminal."""
    from pipeline.normalize.stage import run as run_stage

    return run_stage(config, workspace)
