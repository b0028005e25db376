"""Structures of volumes are learned, saved and learned again to the same bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import outlined_volumes
import pytest

from pipeline import backend
from pipeline.config import Config
from pipeline.contracts import model_record
from pipeline.workspace import Workspace

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train import run  # noqa: E402 - needs Keras's environment


def train(workspace: Workspace, **settings: Any) -> tuple[str, ...]:
    return run(Config.model_validate(outlined_volumes.settings(**settings)), workspace).lines


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
