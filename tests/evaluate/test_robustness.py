"""Worse scans, asked of a network whose score is the image's mean: what must stay, and who must flip."""

from __future__ import annotations

import json

import known_network
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from pipeline import evaluate
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.config.sections import Goal
from pipeline.contracts import robustness as contract
from pipeline.statistics.proportions import wilson
from pipeline.workspace import Workspace


@pytest.fixture(scope="module")
def found(evaluated: Workspace) -> contract.Robustness:
    return contract.FILE.read(evaluated.candidate)


def curve(found: contract.Robustness, key: str) -> contract.Curve:
    return next(each for each in found.curves if each.key == key)


def means(workspace: Workspace) -> dict[str, float]:
    """The mean of each test image that has an array; its pixels are all alike."""
    with Catalogue(workspace.catalogue) as catalogue:
        stored = catalogue.arrays(known_network.RECIPE)
    test = [f"case{n:03d}" for n in range(known_network.PATIENTS) if known_network.part_of(n) == "test"]
    shards = Shards(workspace.normalized)
    return {name: float(shards.read(stored[name]).mean()) for name in test if name in stored}


def test_the_sample_is_of_the_test_part_with_the_metric_that_leads(
    found: contract.Robustness, evaluated: Workspace
) -> None:
    metrics = json.loads((evaluated.candidate / "metrics.json").read_text())["metrics"]
    whole = next(m for m in metrics if m["id"] == "auroc" and m["part"] == "test" and not m.get("group"))
    assert found.metric == "auroc"
    assert found.unchanged is not None
    assert (found.patients, found.part_patients) == (59, 59)
    assert found.unchanged.value == pytest.approx(whole["value"], abs=1e-9)
    assert found.unchanged.flipped == 0


@pytest.mark.parametrize("key", ["blur", "rotation", "shift", "resolution"])
def test_images_of_one_grey_are_untouched_by_what_moves_or_blurs_them(
    found: contract.Robustness, key: str
) -> None:
    points = curve(found, key).points
    assert len(points) >= 4
    assert found.unchanged is not None
    assert {point.flipped for point in points} == {0}
    assert [point.value for point in points] == pytest.approx([found.unchanged.value] * len(points))


def test_who_flips_when_brightness_changes_is_who_crosses_the_threshold(
    found: contract.Robustness, evaluated: Workspace
) -> None:
    operating = json.loads((evaluated.candidate / "operating.json").read_text())["choices"]
    threshold, temperature = operating["thresholds"][0]["threshold"], operating["temperature"]
    before = means(evaluated)
    names = sorted(before)
    low, high = min(before.values()), max(before.values())
    assert found.window == pytest.approx((low, high), rel=1e-5)
    for point in curve(found, "offset").points:
        sign = np.where(np.arange(len(names)) % 2 == 1, 1, -1)
        values = np.array([before[name] for name in names])
        after = np.clip(values + sign * point.level / 100 * (high - low), low, high)

        def said(mean: np.ndarray) -> np.ndarray:
            return expit(4 * mean / temperature) >= threshold  # two logits, minus and plus twice the mean

        flips = int((said(values) != said(after)).sum())
        share = wilson(flips, len(names), level=0.95)
        assert (point.flipped, point.flipped_low, point.flipped_high) == (share.value, share.low, share.high)


def test_where_the_metric_is_not_to_be_had_of_those_drawn_nothing_is_told_but_why(project: Workspace) -> None:
    config = known_network.config_of(project.root)
    few = config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"robustness": 6})})
    evaluate.run(few, project)
    found = contract.FILE.read(project.candidate)
    assert (found.curves, found.unchanged, found.patients) == ((), None, 0)
    assert found.reason == (
        "of the 6 test patients drawn, as they are, auroc is not to be had: not estimable (0 patients with the finding); "
        "`evaluate.robustness: 59` asks for all 59, which takes longer"
    )


def test_slices_are_left_out_of_images_and_said_so(found: contract.Robustness) -> None:
    assert curve(found, "lost_slices").reason == "an image has no slices"


def test_the_level_that_leaves_the_goal_is_the_first_whose_interval_is_not_beyond_it(
    project: Workspace,
) -> None:
    config = known_network.config_of(project.root)
    goal = Goal(metric="auroc", at_least=0.8)
    with_goal = config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"goal": goal})})
    evaluate.run(with_goal, project)
    found = contract.FILE.read(project.candidate)
    assert found.goal == 0.8
    assert found.unchanged is not None
    assert found.unchanged.low is not None
    assert found.unchanged.low > 0.8
    leaves = [point.level for point in curve(found, "offset").points if (point.low or 0) < 0.8]
    misses = [point.level for point in curve(found, "offset").points if (point.high or 0) < 0.8]
    assert curve(found, "offset").leaves == min(leaves, default=None)
    assert curve(found, "offset").misses == min(misses, default=None)
    assert leaves
    assert curve(found, "shift").leaves is None


def test_the_settings_say_how_many_patients_and_that_none_is_asked(project: Workspace) -> None:
    config = known_network.config_of(project.root)
    few = config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"robustness": 20})})
    evaluate.run(few, project)
    found = contract.FILE.read(project.candidate)
    assert (found.patients, found.part_patients) == (20, 59)
    predictions = pd.read_csv(project.candidate / "predictions.csv")
    none = config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"robustness": 0})})
    evaluate.run(none, project)  # the same look: the number decides nothing
    found = contract.FILE.read(project.candidate)
    assert (found.curves, found.patients) == ((), 0)
    assert "robustness: 0" in found.reason
    pd.testing.assert_frame_equal(predictions, pd.read_csv(project.candidate / "predictions.csv"))
