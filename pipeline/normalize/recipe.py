"""A recipe: the list of steps of the YAML, checked, and applied to one scan at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from pipeline import digests
from pipeline.errors import ConfigError, nearest
from pipeline.normalize.image import Image, Refused
from pipeline.normalize.steps import STEPS, Storage

RAW_STORAGE: Final[Storage] = "float32"
"""Raw values stay exact: float16 holds whole numbers to 2048 only, and Hounsfield units go beyond."""

Refuse = Callable[[tuple[str | int, ...], str], ConfigError]


@dataclass(frozen=True)
class RecipeStep:
    """One step by its name in the registry, with its parameters."""

    name: str
    parameters: BaseModel


@dataclass(frozen=True)
class Recipe:
    """The steps in their order; equal recipes have equal `recipe_id` on any machine."""

    steps: tuple[RecipeStep, ...]

    @cached_property
    def resolved(self) -> list[dict[str, dict[str, Any]]]:
        """The recipe as plain JSON values with every default filled in; `parse` takes it back."""
        return [{step.name: step.parameters.model_dump(mode="json")} for step in self.steps]

    @cached_property
    def recipe_id(self) -> str:
        """12 hex digits of the steps, their parameters and their versions."""
        versions = [STEPS[step.name].VERSION for step in self.steps]
        return digests.of_json([self.resolved, versions])[:12]

    @property
    def storage(self) -> Storage:
        """The type results are stored in: that of the last step that gives values a new meaning.

        float16 is used after steps whose results are scores or shares: its rounding changes a value
        by at most 1 part in 2048, and a share of a window by at most 1/4096 of the window.
        """
        chosen = [STEPS[step.name].STORAGE for step in self.steps]
        return next((storage for storage in reversed(chosen) if storage is not None), RAW_STORAGE)


def parse(steps: Sequence[Mapping[str, Mapping[str, Any]]], refuse: Refuse) -> Recipe:
    """The recipe for the `normalize` section of the YAML.

    `refuse` words an error at a place of the file, as `Config.refuse` does.

    Raises:
        ConfigError: a step or parameter is unknown or has a value it can't have.
    """
    return Recipe(tuple(_parse_step(index, step, refuse) for index, step in enumerate(steps)))


def apply(recipe: Recipe, image: Image) -> Image:
    """The image after all steps of the recipe.

    Raises:
        Refused: a step refuses the scan, it is empty, or it holds a NaN or an infinity at the
            beginning or at the end.
    """
    _require_finite(image.values, "the scan")
    for step in recipe.steps:
        image = STEPS[step.name].apply(image, step.parameters)
    _require_finite(image.values, "the normalized scan")
    return image


def to_storage(recipe: Recipe, image: Image) -> NDArray[Any]:
    """The values as stored: contiguous, `(*space, channels)`, in the recipe's type.

    Raises:
        Refused: a value is beyond the type's range.
    """
    with np.errstate(over="ignore"):  # told below, with the reason
        stored = np.ascontiguousarray(image.values.astype(recipe.storage))
    _require_finite(stored, f"the normalized scan in {recipe.storage}")
    return stored


def _parse_step(index: int, step: Mapping[str, Mapping[str, Any]], refuse: Refuse) -> RecipeStep:
    if len(step) != 1:
        raise refuse(
            ("normalize", index),
            f"expected one step an entry, as in '- z_score: {{}}', found {len(step)}: "
            f"{', '.join(step) or 'none'}. Write each step as an entry of its own.",
        )
    name, given = next(iter(step.items()))
    if name not in STEPS:
        raise refuse(("normalize", index, name), f"unknown step '{name}' ({nearest(name, STEPS)}).")
    model = STEPS[name].Parameters
    try:
        # JSON mode: a list counts as a tuple, and strictly nothing else is converted.
        return RecipeStep(name, model.model_validate_json(json.dumps(given), strict=True))
    except ValidationError as error:
        # An unknown name first: a misspelt parameter would else be told as a missing one.
        item = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
        keys = ("normalize", index, name, *item["loc"][:1])
        raise refuse(keys, _sentence(name, model, item)) from None


def _sentence(name: str, model: type[BaseModel], item: Any) -> str:
    parameter = str(item["loc"][0]) if item["loc"] else ""
    if item["type"] == "extra_forbidden":
        known = nearest(parameter, model.model_fields) if model.model_fields else "it has none"
        return f"unknown parameter '{parameter}' of '{name}' ({known})."
    if item["type"] == "missing":
        return f"'{name}' needs the parameter '{parameter}'."
    if item["type"] == "value_error":
        return f"'{name}': {item['msg'].removeprefix('Value error, ')}."
    message = item["msg"].replace("Input should be", "expected")
    return f"'{name}.{parameter}': {message}, found {json.dumps(item['input'])}."


def _require_finite(values: NDArray[Any], what: str) -> None:
    if values.size == 0:
        raise Refused("empty_image", f"{what} has no voxels")
    strange = int(values.size - np.count_nonzero(np.isfinite(values)))
    if strange:
        raise Refused("not_finite", f"{strange} of {values.size} values of {what} are NaN or infinite")
