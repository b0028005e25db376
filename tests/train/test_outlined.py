"""Structures of volumes are learned, saved and learned again to the same bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import outlined_volumes
import pytest
import small_training

from pipeline import backend
from pipeline.config import Config
from pipeline.contracts import model_record
from pipeline.errors import ConfigError, RetryError
from pipeline.tasks.segmentation.structures import Structures
from pipeline.workspace import Workspace

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train import run  # noqa: E402 - needs Keras's environment


def train(workspace: Workspace, **settings: Any) -> tuple[str, ...]:
    return run(Config.model_validate(outlined_volumes.settings(**settings)), workspace).lines


@pytest.mark.slow
def test_scans_of_several_shapes_are_learned_patch_by_patch_and_a_resumed_training_gives_the_same_bits(
    tmp_path: Path,
) -> None:
    shapes = [(8, 12, 12), (9, 14, 10), (6, 12, 13)]
    settings = {"patch": [8, 10, 12], "patches": 2, "epochs": 2, "average_epochs": 1.0}
    whole = outlined_volumes.prepare(tmp_path / "whole", shapes)
    train(whole, **settings)
    record = model_record.FILE.read(whole.candidate)
    assert (record.input_shape, record.batch_size) == ((8, 10, 12, 1), 2)
    broken = outlined_volumes.prepare(tmp_path / "broken", shapes)
    script = "train:step-3"
    process = small_training.start_of(outlined_volumes.settings(**settings), broken, crash_at=script)
    process.communicate()
    assert process.returncode == -9
    train(broken, **settings)
    assert (broken.candidate / "model.keras").read_bytes() == (whole.candidate / "model.keras").read_bytes()


def test_pictures_whose_structures_may_overlap_are_learned_by_two_networks_as_one(tmp_path: Path) -> None:
    question = Structures(("front", "back"), exclusive=False)
    workspace = outlined_volumes.prepare(tmp_path, [(20, 22), (24, 20)], question)
    train(workspace, seeds=2, epochs=1, patch=[16, 16])
    record = model_record.FILE.read(workspace.candidate)
    assert (record.input_shape, len(record.members)) == ((16, 16, 1), 2)
    net = keras.saving.load_model(workspace.candidate / "model.keras", compile=False)
    assert net.output_shape == (None, 16, 16, 2)
    assert record.validation["loss"] == pytest.approx(1 - (record.validation["dice"] or 0))


def test_a_patch_and_a_batch_that_memory_has_room_for_are_chosen_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = outlined_volumes.prepare(tmp_path, [(8, 12, 12), (8, 14, 10), (8, 13, 13)])
    train(workspace, batch_size="auto", epochs=1)
    said = capsys.readouterr()
    assert "A step takes 6 patches of 8 × 13 × 12 voxels" in said.out + said.err
    with pytest.raises(ConfigError, match=r"too little for two patches"):
        train(workspace, batch_size="auto", memory_gb=1.0, epochs=1)
    with pytest.raises(RetryError, match="One step takes"):
        train(workspace, patch=[8, 8, 8], memory_gb=0.01, epochs=1)
    with pytest.raises(ConfigError, match="a patch of 2 axes, and scans have 3"):
        train(workspace, patch=[8, 8], epochs=1)


def test_structures_are_learned_and_the_saved_net_gives_the_finest_logits_alone(tmp_path: Path) -> None:
    workspace = outlined_volumes.prepare(tmp_path)
    (line,) = train(workspace, epochs=12)
    record = model_record.FILE.read(workspace.candidate)
    assert record.input_shape == (*outlined_volumes.SHAPE, 1)
    assert record.validation["dice"] > 0.6, line
    assert f"mean Dice {record.validation['dice']:.3f}" in line
    net = keras.saving.load_model(workspace.candidate / "model.keras", compile=False)
    values, bits = outlined_volumes.volume(9)
    logits = np.asarray(net(values[None].astype(np.float32)))[0]
    assert logits.shape == (*outlined_volumes.SHAPE, 3)
    said = logits.argmax(axis=-1)
    for index in (1, 2):
        true = bits == 1 << (index - 1)
        assert 2 * ((said == index) & true).sum() / ((said == index).sum() + true.sum()) > 0.5
    assert json.loads((workspace.candidate / "model.json").read_text())["architecture"] == "unet"
