"""What every step of the registry keeps, tried with the `EXAMPLE` that its own test names."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from pipeline.errors import ConfigError
from pipeline.normalize.image import Image
from pipeline.normalize.recipe import apply, parse
from pipeline.normalize.steps import STEPS
from pipeline.places import onto_native


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
def test_a_marker_in_image_and_mask_is_at_one_place_after_a_step(name: str) -> None:
    values, mask = np.full((6, 8, 1), -1000, np.float32), np.full((6, 8, 1), 2, np.uint8)
    values[1:3, 3:5], mask[1:3, 3:5] = 300, 1
    recipe = parse([{name: example(name)}], refuse)
    result = apply(recipe, Image(values, (1.0, 1.0), "patient", "HU", mask))
    assert result.mask is not None
    assert result.mask.dtype == np.uint8
    assert result.mask.shape == (*result.shape, 1)
    marked, others = result.mask[..., 0] == 1, result.mask[..., 0] == 2
    if others.any():
        contrast = np.abs(result.values[..., 0] - np.median(result.values[others]))
        for place in np.indices(result.shape):
            # A nearest voxel is half a voxel off at most, and smoothing spreads the image a little; a flip
            # or a shift of the one alone moves it by one voxel at least, also in the coarsest grid.
            assert abs(np.average(place, weights=contrast) - place[marked].mean()) < 0.75
        assert contrast[marked].mean() > contrast[others].mean()
    else:
        assert marked.all()  # nothing but the marker is left


@pytest.mark.parametrize("name", sorted(STEPS))
def test_the_place_after_a_step_says_where_the_marker_lay_on_the_scan(name: str) -> None:
    values, mask = np.full((6, 8, 1), -1000, np.float32), np.zeros((6, 8, 1), np.uint8)
    values[1:3, 3:5], mask[1:3, 3:5] = 300, 5
    recipe = parse([{name: example(name)}], refuse)
    result = apply(recipe, Image(values, (1.0, 1.0), "patient", "HU", mask))
    assert result.mask is not None
    back = onto_native(result.mask[..., 0], result.place, (6, 8))
    pitch = max(scale for scale, _ in result.place)
    if pitch <= 1:
        np.testing.assert_array_equal(back, mask[..., 0])  # a grid as fine forgets nothing
    for index, (scale, offset), low, high in zip(
        np.indices(result.shape), result.place, (1, 3), (2, 4), strict=True
    ):
        places = scale * index[result.mask[..., 0] == 5] + offset
        assert places.min() >= low - 0.5 - pitch / 2
        assert places.max() <= high + 0.5 + pitch / 2
        assert abs(places.mean() - (low + high) / 2) <= pitch / 2


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_misspelt_parameter_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown parameter 'no_such_key'"):
        parse([{name: {**example(name), "no_such_key": 1}}], refuse)


def test_a_step_that_moves_the_image_without_its_mask_can_not_end() -> None:
    image = Image(np.zeros((3, 4, 1), np.float32), (1.0, 1.0), "patient", "HU", np.zeros((3, 4, 1), np.uint8))
    with pytest.raises(ValueError, match=r"expected a mask of the image's shape \(3, 2\)"):
        replace(image, values=image.values[:, :2])
