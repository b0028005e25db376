"""Both networks, on images and volumes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from pipeline import backend
from pipeline.errors import UsageError
from pipeline.models import ARCHITECTURES, Intensities, builder

backend.prepare()
keras = pytest.importorskip("keras")

SHAPES = [(40, 24, 1), (9, 17, 12, 3)]


def intensities(shape: tuple[int, ...], mean: float = 0.0, std: float = 1.0) -> Intensities:
    return Intensities((mean,) * shape[-1], (std,) * shape[-1])


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
@pytest.mark.parametrize("shape", SHAPES)
def test_the_network_gives_one_finite_logit_per_class(name: str, shape: tuple[int, ...]) -> None:
    model = builder(name)(shape, 3, intensities=intensities(shape), width=2, dropout=0.1)
    scans = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    logits = np.asarray(model(scans, training=False))
    assert logits.shape == (2, 3)
    assert np.isfinite(logits).all()
    assert model.output.dtype == "float32"


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
@pytest.mark.parametrize("shape", SHAPES)
def test_the_layers_that_the_report_looks_at_have_their_names(name: str, shape: tuple[int, ...]) -> None:
    model = builder(name)(shape, 2, intensities=intensities(shape), width=2, dropout=0.1)
    convolutions = [layer for layer in model.layers if hasattr(layer, "kernel_size")]
    assert convolutions[0].name == "first_convolution"
    assert convolutions[0].kernel.shape[-2:] == (shape[-1], 2)
    assert len(model.get_layer("last_features").output.shape) == len(shape) + 1
    assert model.output is model.get_layer("logits").output


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_statistics_in_the_model_undo_a_change_of_unit(name: str) -> None:
    scans = np.random.default_rng(0).normal(size=(2, 20, 20, 1)).astype(np.float32)
    plain = builder(name)((20, 20, 1), 2, intensities=Intensities((0.0,), (1.0,)), width=2, dropout=0.0)
    moved = builder(name)((20, 20, 1), 2, intensities=Intensities((-1000.0,), (50.0,)), width=2, dropout=0.0)
    moved.set_weights(plain.get_weights())
    np.testing.assert_allclose(moved(50 * scans - 1000), plain(scans), atol=1e-4)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_a_scan_shorter_than_a_kernel_still_has_logits(name: str) -> None:
    model = builder(name)((1, 2, 3, 1), 2, intensities=Intensities((0.0,), (1.0,)), width=2, dropout=0.0)
    assert np.isfinite(np.asarray(model(np.ones((1, 1, 2, 3, 1), np.float32)))).all()


def test_an_unknown_architecture_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'resnet'"):
        builder("resnett")


def test_looking_up_a_name_imports_no_keras() -> None:
    code = "import sys, pipeline.models; sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
