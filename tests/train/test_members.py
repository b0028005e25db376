"""Several seeds as one model, and a last fit on both parts: what they are made of, and what is written."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_training import start, train_here

from pipeline import digests, scoring
from pipeline.contracts.model_record import FIRST_FIT_FILE
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace


def probabilities(workspace: Workspace) -> np.ndarray:
    """What the saved model says of the validation part, `(cases, classes)`, by softmax."""
    from pipeline.train import material

    part = material.read(workspace, task_of("classification")).validation
    logits = scoring.logits(scoring.load(workspace.candidate), [part.read(index) for index in range(4)])
    shares: np.ndarray = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return shares


def record(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.candidate / "model.json").read_text())
    return found


@pytest.fixture(scope="module")
def alone(prepare: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Workspace]:
    """Seeds 5 and 6, each by itself."""
    found = {}
    for seed in (5, 6):
        found[seed] = prepare(tmp_path_factory.mktemp(f"seed-{seed}"))
        train_here(found[seed], seed=seed, epochs=2)
    return found


@pytest.fixture(scope="module")
def two(alone: dict[int, Workspace], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Both seeds as one, in a copy of the project in which the first was trained alone."""
    root = tmp_path_factory.mktemp("two") / "project"
    shutil.copytree(alone[5].root, root)
    train_here(workspace := Workspace(root, "study"), seed=5, seeds=2, epochs=2)
    return workspace


def test_the_probability_of_several_seeds_is_the_mean_of_those_of_each(
    two: Workspace, alone: dict[int, Workspace]
) -> None:
    each = np.stack([probabilities(workspace) for workspace in alone.values()])
    np.testing.assert_allclose(probabilities(two), each.mean(axis=0), atol=1e-6)
    assert np.ptp(each, axis=0).max() > 1e-3  # the seeds differ, so the mean is neither of them


def test_the_record_says_what_each_seed_reached_and_what_all_did(
    two: Workspace, alone: dict[int, Workspace]
) -> None:
    found = record(two)
    assert [each["seed"] for each in found["members"]] == [5, 6]
    for each in found["members"]:
        assert each["validation"] == pytest.approx(record(alone[each["seed"]])["validation"], abs=1e-6)
    assert found["validation"]["loss"] != found["members"][0]["validation"]["loss"]
    assert found["parameters"] == 2 * record(alone[5])["parameters"]
    assert found["receptive_field_pixels"] == record(alone[5])["receptive_field_pixels"]
    history = pd.read_csv(two.candidate / "history.csv")
    assert history["seed"].tolist() == [5, 5, 6, 6]
    assert history["seconds"].sum() == pytest.approx(found["seconds"], abs=0.1)


def test_one_seed_more_trains_that_seed_only(two: Workspace, alone: dict[int, Workspace]) -> None:
    before = sorted((alone[5].checkpoints / "seed-5").glob("*.npz"))
    assert before
    for path in before:
        assert (two.checkpoints / "seed-5" / path.name).stat().st_mtime_ns == path.stat().st_mtime_ns


FIVE = {"seeds": 5, "refit": True, "epochs": 5, "average_epochs": 1.0}


@pytest.fixture(scope="module")
def unbroken(prepare: Any, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Five seeds and a refit, trained without a kill."""
    workspace: Workspace = prepare(tmp_path_factory.mktemp("unbroken"))
    assert start(workspace, **FIVE).wait() == 0
    return workspace


@pytest.mark.slow
@pytest.mark.parametrize("step", [2, 5, 9, 14])
def test_five_seeds_and_a_refit_killed_anywhere_end_with_the_same_bits(
    unbroken: Workspace, prepare: Any, tmp_path: Path, step: int
) -> None:
    killed = prepare(tmp_path)
    for _ in range(3):  # in one fit after another: each kill is at that step of the fit in progress
        assert start(killed, crash_at=f"train:step-{step}", **FIVE).wait() == -signal.SIGKILL
    assert start(killed, **FIVE).wait() == 0
    for name in ("model.keras", "first_fit.keras"):
        assert digests.of_file(killed.candidate / name) == digests.of_file(unbroken.candidate / name)


def test_a_refit_learns_from_both_parts_and_leaves_what_validation_said(
    alone: dict[int, Workspace], tmp_path: Path
) -> None:
    shutil.copytree(alone[6].root, tmp_path / "project")
    before, plain = record(alone[6]), probabilities(alone[6])
    train_here(workspace := Workspace(tmp_path / "project", "study"), seed=6, epochs=2, refit=True)
    found = record(workspace)
    assert (found["refit"], before["refit"]) == (True, False)
    assert (found["validation"], found["statistics"]) == (before["validation"], before["statistics"])
    assert found["training"] != before["training"]
    first = workspace.candidate / FIRST_FIT_FILE
    assert digests.of_file(first) == found["first_fit_sha256"] == before["model_sha256"]
    assert np.abs(plain - probabilities(workspace)).max() > 1e-4
    history = pd.read_csv(workspace.candidate / "history.csv")
    assert history["refit"].tolist() == [0, 0, 1, 1]
    assert history["val_loss"].isna().tolist() == [False, False, True, True]
    train_here(workspace, seed=6, epochs=2)
    assert not first.exists()
    assert record(workspace)["model_sha256"] == before["model_sha256"]


@pytest.mark.slow
def test_a_refit_lasts_as_long_as_the_epoch_that_validation_chose(prepare: Any, tmp_path: Path) -> None:
    workspace = prepare(tmp_path)
    train_here(workspace, epochs=6, patience=1, learning_rate=0.3, refit=True)
    history = pd.read_csv(workspace.candidate / "history.csv")
    first, again = history[history["refit"] == 0], history[history["refit"] == 1]
    best = int(first["val_loss"].argmin()) + 1
    assert best < len(first)
    assert len(again) == best
