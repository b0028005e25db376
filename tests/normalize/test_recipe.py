from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.normalize.image import Image, Refused
from pipeline.normalize.recipe import apply, parse, to_storage
from pipeline.normalize.steps import STEPS


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{keys}: {message}")


def recipe_of(*steps: dict):
    return parse(steps, refuse)


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"z-score": {}}, "('normalize', 0, 'z-score'): unknown step 'z-score' (did you mean 'z_score'?)."),
        (
            {"resize": {"shap": [4, 4]}},
            "('normalize', 0, 'resize', 'shap'): unknown parameter 'shap' of 'resize' (did you mean 'shape'?).",
        ),
        (
            {"z_score": {"by": "channel"}},
            "('normalize', 0, 'z_score', 'by'): unknown parameter 'by' of 'z_score' (it has none).",
        ),
        ({"resize": {}}, "('normalize', 0, 'resize', 'shape'): 'resize' needs the parameter 'shape'."),
        (
            {"resize": {"shape": [4, 0]}},
            "('normalize', 0, 'resize', 'shape'): 'resize.shape': expected greater than 0, found 0.",
        ),
        (
            {"resize": {"shape": [True, 4]}},
            "('normalize', 0, 'resize', 'shape'): 'resize.shape': expected a valid integer, found true.",
        ),
        (
            {"hu_window": {"low": 400, "high": -200}},
            "('normalize', 0, 'hu_window'): 'hu_window': expected low below high, "
            "received low 400 and high -200.",
        ),
        (
            {"resize": {"shape": [4, 4]}, "z_score": {}},
            "('normalize', 0): expected one step an entry, as in '- z_score: {}', found 2: resize, z_score. "
            "Write each step as an entry of its own.",
        ),
    ],
)
def test_a_wrong_recipe_is_told_with_its_place_and_the_nearest_name(step: dict, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        recipe_of(step)
    assert str(error.value) == sentence


def test_a_recipe_can_be_rebuilt_from_its_saved_form() -> None:
    recipe = recipe_of({"crop_or_pad": {"shape": [4, 5]}}, {"percentile_clip": {}}, {"min_max": {}})
    assert recipe.resolved[0] == {"crop_or_pad": {"shape": [4, 5], "fill": "minimum"}}
    again = parse(recipe.resolved, refuse)
    assert again == recipe
    assert again.recipe_id == recipe.recipe_id


def test_the_id_tells_parameters_order_and_versions_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    resize, clip, score = {"resize": {"shape": [4, 4]}}, {"percentile_clip": {}}, {"z_score": {}}
    ids = {
        recipe_of(resize, clip, score).recipe_id,
        recipe_of(clip, resize, score).recipe_id,
        recipe_of({"resize": {"shape": [4, 5]}}, clip, score).recipe_id,
    }
    monkeypatch.setattr(STEPS["z_score"], "VERSION", 2)
    ids.add(recipe_of(resize, clip, score).recipe_id)
    assert len(ids) == 4
    assert all(len(recipe_id) == 12 for recipe_id in ids)


def test_a_default_that_is_written_out_changes_no_id() -> None:
    assert (
        recipe_of({"percentile_clip": {}}).recipe_id
        == recipe_of({"percentile_clip": {"low": 0.5, "high": 99.5}}).recipe_id
    )


@pytest.mark.parametrize(
    ("steps", "storage"),
    [
        ([{"resize": {"shape": [2, 2]}}], "float32"),
        ([{"resize": {"shape": [2, 2]}}, {"percentile_clip": {}}], "float32"),
        ([{"z_score": {}}, {"resize": {"shape": [2, 2]}}], "float16"),
        ([{"hu_window": {"low": 0, "high": 80}}, {"percentile_clip": {}}], "float16"),
    ],
)
def test_raw_values_are_stored_exactly_and_scores_in_half_the_bytes(steps: list[dict], storage: str) -> None:
    assert recipe_of(*steps).storage == storage


@settings(max_examples=30)
@given(st.lists(st.floats(-1024, 3071), min_size=6, max_size=6))
def test_storing_a_window_moves_no_value_by_more_than_a_4096th_of_it(values: list[float]) -> None:
    recipe = recipe_of({"hu_window": {"low": -1024, "high": 3071}})
    scan = Image(np.reshape(values, (2, 3, 1)).astype(np.float32), (1.0, 1.0), "patient", "HU")
    image = apply(recipe, scan)
    error = np.abs(to_storage(recipe, image).astype(np.float64) - image.values)
    assert error.max() <= 1 / 4096


def test_steps_are_applied_in_their_order(make_image) -> None:
    scan = make_image([[0, 100, 300, 1000]], unit="HU")
    windowed = recipe_of({"hu_window": {"low": 0, "high": 400}}, {"crop_or_pad": {"shape": [1, 2]}})
    np.testing.assert_allclose(apply(windowed, scan).values[..., 0], [[0.25, 0.75]])


def test_a_window_after_a_score_is_refused(make_image) -> None:
    recipe = recipe_of({"z_score": {}}, {"hu_window": {"low": 0, "high": 1}})
    with pytest.raises(Refused) as refused:
        apply(recipe, make_image([[1, 2]], unit="HU"))
    assert "received values in standard deviations" in refused.value.detail
    assert "no step that changes the unit come before" in refused.value.detail


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused_before_any_step(make_image, strange: float) -> None:
    with pytest.raises(Refused) as refused:
        apply(recipe_of({"resize": {"shape": [1, 1]}}), make_image([[1, strange, 3]]))
    assert refused.value.reason == "not_finite"
    assert refused.value.detail == "1 of 3 values of the scan are NaN or infinite"


def test_a_value_beyond_the_storage_type_is_refused(make_image) -> None:
    recipe = recipe_of({"z_score": {}}, {"crop_or_pad": {"shape": [1, 4], "fill": 70000}})
    with pytest.raises(Refused) as refused:
        to_storage(recipe, apply(recipe, make_image([[1, 2]])))
    assert refused.value.reason == "not_finite"


def test_a_scan_without_voxels_is_refused(make_image) -> None:
    with pytest.raises(Refused) as refused:
        apply(recipe_of({"z_score": {}}), make_image(np.zeros((0, 4))))
    assert refused.value.reason == "empty_image"
