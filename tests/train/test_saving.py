"""The model file: clean, and the same bytes for the same weights."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from pipeline import backend
from pipeline.models import Intensities, network

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.models.classifier import build  # noqa: E402 - needs Keras's environment
from pipeline.train.saving import write_model  # noqa: E402


def model(name: str = "resnet") -> object:
    return build(
        network(name, {"width": 2}), (16, 16, 1), 2, intensities=Intensities((3.0,), (2.0,)), dropout=0.5
    )


@pytest.mark.parametrize("name", ["plain_cnn", "resnet"])
def test_the_file_loads_without_any_code_of_ours_and_predicts_the_same(tmp_path: Path, name: str) -> None:
    net = model(name)
    write_model(tmp_path / "model.keras", net)
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert "pipeline" not in archive.read("config.json").decode()
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    scans = np.random.default_rng(0).normal(size=(3, 16, 16, 1)).astype(np.float32)
    np.testing.assert_array_equal(loaded(scans, training=False), net(scans, training=False))


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = model(), model()
    second.set_weights(first.get_weights())
    assert write_model(tmp_path / "model.keras", first)
    assert not write_model(tmp_path / "model.keras", second)


def test_other_weights_give_other_bytes(tmp_path: Path) -> None:
    net = model()
    write_model(tmp_path / "model.keras", net)
    net.set_weights([weight + 1 for weight in net.get_weights()])
    assert write_model(tmp_path / "model.keras", net)
