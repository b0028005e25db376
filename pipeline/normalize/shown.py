"""A scan as a person knows it: in its own unit, on the grid that the network sees. For pictures alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pipeline.config import Config
from pipeline.contracts.insights import InUnit
from pipeline.normalize.batch import normalize_case
from pipeline.normalize.image import Refused
from pipeline.normalize.outlines import Outlines
from pipeline.normalize.recipe import Recipe, parse
from pipeline.normalize.steps import STEPS, crop_foreground, crop_or_pad, hu_window
from pipeline.records import Case
from pipeline.units import ARBITRARY
from pipeline.workspace import Workspace

_BY_VALUE: Final = (crop_foreground.Parameters, crop_or_pad.Parameters)
"""Steps that move voxels by a value, which means another thing once the step before it is left out."""


def reader(config: Config, workspace: Workspace) -> Callable[[Case], InUnit | None]:
    """What gives a case's values in its unit, after the steps of the recipe that keep their meaning.

    None where the values have no unit, or where a step that moves voxels goes by values that an earlier
    step gave another meaning.
    """
    recipe = parse(config.normalize, config.refuse)
    kept = in_unit(recipe)
    window = _window(recipe)

    def read(case: Case) -> InUnit | None:
        if kept is None or case.value_unit == ARBITRARY:
            return None
        try:
            image = normalize_case(kept, case, native=workspace.cases, outlines=Outlines())
        except Refused:
            return None
        return InUnit(image.values, image.unit, window)

    return read


def in_unit(recipe: Recipe) -> Recipe | None:
    """The recipe without the steps that give values another meaning; None where that would move voxels."""
    changes_meaning = [STEPS[step.name].STORAGE is not None for step in recipe.steps]
    first = changes_meaning.index(True) if any(changes_meaning) else len(changes_meaning)
    if any(isinstance(step.parameters, _BY_VALUE) for step in recipe.steps[first:]):
        return None
    steps = zip(recipe.steps, changes_meaning, strict=True)
    return Recipe(tuple(step for step, changed in steps if not changed))


def _window(recipe: Recipe) -> tuple[float, float] | None:
    """The window of Hounsfield units that the network sees, if the recipe has one."""
    for step in recipe.steps:
        if isinstance(step.parameters, hu_window.Parameters):
            return step.parameters.low, step.parameters.high
    return None
