"""What every step of the registry keeps, tried with the `EXAMPLE` that its own test names."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from pipeline.errors import ConfigError
from pipeline.normalize.recipe import apply, parse
from pipeline.normalize.steps import STEPS


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{keys}: {message}")


def example(name: str) -> dict[str, Any]:
    """The parameters by which the step's own test says that it can be tried on an image of 3 x 4."""
    path = Path(__file__).with_name(f"test_{name}.py")
    spec = importlib.util.spec_from_file_location(f"example_of_{name}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EXAMPLE


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_is_a_module_with_the_agreed_names(name: str) -> None:
    step = STEPS[name]
    assert step.VERSION >= 1
    assert step.STORAGE in ("float16", "float32", None)
    assert issubclass(step.Parameters, BaseModel)
    assert (step.Parameters.model_config["frozen"], step.Parameters.model_config["extra"]) == (True, "forbid")
    assert not [
        key for key in step.Parameters.model_fields if f"`{key}`" not in (step.Parameters.__doc__ or "")
    ]


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_changes_no_scan_that_it_is_given_and_gives_finite_float32(name: str, make_image: Any) -> None:
    scan = make_image(np.arange(-600, 600, 100).reshape(3, 4), unit="HU")
    before = scan.values.copy()
    scan.values.flags.writeable = False
    recipe = parse([{name: example(name)}], refuse)
    result = apply(recipe, scan)
    np.testing.assert_array_equal(scan.values, before)
    assert result.values.dtype == np.float32
    assert result.values.shape[-1] == before.shape[-1]
    assert len(result.spacing) == len(scan.spacing)
    np.testing.assert_array_equal(apply(recipe, scan).values, result.values)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_misspelt_parameter_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown parameter 'no_such_key'"):
        parse([{name: {**example(name), "no_such_key": 1}}], refuse)
