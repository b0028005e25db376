"""Control networks beside a model: trained from what they must not learn from, and touching none of its bits."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from small_training import settings, start, train_here

from pipeline import digests
from pipeline.config import Config
from pipeline.contracts import controls, model_record
from pipeline.controls import CONTROLS
from pipeline.workspace import Workspace

EPOCHS = 15  # the fewest of which a fifth is an epoch for each of the three networks that are trained


@pytest.fixture(scope="module")
def trained(prepare: Any, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project that was trained without interruption."""
    workspace = prepare(tmp_path_factory.mktemp("trained"))
    train_here(workspace, epochs=EPOCHS)
    return workspace


def bits(workspace: Workspace) -> dict[str, str]:
    """The digests of the control networks that are there."""
    paths = {key: controls.network_path(workspace.data, key) for key in CONTROLS}
    return {key: digests.of_file(path) for key, path in paths.items() if path.is_file()}


def test_four_networks_of_that_very_training_are_recorded(trained: Workspace) -> None:
    found = controls.NETWORKS.read(trained.data)
    assert found.training == model_record.FILE.read(trained.candidate).training
    assert (found.epochs, found.reason) == (EPOCHS, "")
    assert {each.key: each.epochs for each in found.networks} == {
        "permuted_labels": 1,
        "random_weights": 0,
        "centre_blanked": 1,
        "border_only": 1,
    }
    assert {each.key: each.sha256 for each in found.networks} == bits(trained)
    assert len(set(bits(trained).values())) == len(CONTROLS)


def test_left_out_they_go_and_the_record_says_why_while_the_model_stays(
    trained: Workspace, without: Workspace
) -> None:
    train_here(without, epochs=EPOCHS, controls=False)
    assert bits(without) == {}
    assert "`train: {controls: false}`" in controls.NETWORKS.read(without.data).reason
    for name in ("model.keras", "model.json"):
        assert (without.candidate / name).read_bytes() == (trained.candidate / name).read_bytes()


@pytest.mark.parametrize(("epochs", "seeds"), [(14, 1), pytest.param(7, 2, marks=pytest.mark.slow)])
def test_a_training_too_short_for_them_says_how_long_one_would_have_to_be(
    prepare: Any, tmp_path: Path, epochs: int, seeds: int
) -> None:
    workspace = prepare(tmp_path)
    train_here(workspace, epochs=epochs, seeds=seeds)
    assert controls.NETWORKS.read(workspace.data).reason == (
        "14 epochs of training leave no room for them: 15 would"
    )
    assert bits(workspace) == {}


@pytest.fixture
def without(trained: Workspace, tmp_path: Path) -> Workspace:
    """The trained project as it was before its control runs."""
    shutil.copytree(trained.root, tmp_path / "project")
    workspace = Workspace(tmp_path / "project", "study")
    controls.NETWORKS.path(workspace.data).unlink()
    shutil.rmtree(controls.network_path(workspace.data, "any").parent)
    for folder in workspace.checkpoints.glob("control-*"):
        shutil.rmtree(folder)
    return workspace


@pytest.mark.slow
def test_killed_among_the_control_runs_training_ends_with_the_same_bits(
    trained: Workspace, without: Workspace
) -> None:
    # The model is done, so the second step is one of a control network.
    assert start(without, crash_at="train:step-2", epochs=EPOCHS).wait(timeout=1800) == -signal.SIGKILL
    assert bits(without) == {}
    train_here(without, epochs=EPOCHS)
    assert bits(without) == bits(trained)


def test_the_key_is_in_no_digest_unless_it_is_given() -> None:
    assert "controls" not in Config.model_validate(settings()).section("train")
    assert Config.model_validate(settings(controls=False)).section("train")["controls"] is False
