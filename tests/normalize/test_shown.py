from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.normalize.recipe import Recipe, parse
from pipeline.normalize.shown import in_unit


def _recipe(*steps: dict[str, Any]) -> Recipe:
    def refuse(keys: tuple[str | int, ...], sentence: str) -> ConfigError:
        return ConfigError(sentence)

    return parse(steps, refuse)


RESIZE: dict[str, Any] = {"resize": {"shape": [8, 8]}}
WINDOW: dict[str, Any] = {"hu_window": {"low": -1000, "high": 400}}
CROP: dict[str, Any] = {"crop_foreground": {"threshold": -500}}
PAD: dict[str, Any] = {"crop_or_pad": {"shape": [8, 8]}}


def test_steps_that_give_values_another_meaning_are_left_out() -> None:
    kept = in_unit(_recipe(RESIZE, WINDOW, {"z_score": {}}))
    assert kept is not None
    assert [step.name for step in kept.steps] == ["resize"]


def test_a_step_that_moves_voxels_by_value_is_kept_before_them_and_bars_the_picture_after_them() -> None:
    kept = in_unit(_recipe(CROP, PAD, WINDOW))
    assert kept is not None
    assert [step.name for step in kept.steps] == ["crop_foreground", "crop_or_pad"]
    assert in_unit(_recipe(WINDOW, PAD)) is None


@pytest.mark.parametrize("steps", [(), (RESIZE,)])
def test_a_recipe_without_such_steps_is_kept_whole(steps: tuple[dict[str, Any], ...]) -> None:
    recipe = _recipe(*steps)
    assert in_unit(recipe) == recipe
