"""The thin model around the net: casts always, augments in training only."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import backend
from pipeline.config import Augment
from pipeline.models import Intensities

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train.augment import Augmentation  # noqa: E402 - needs Keras's environment
from pipeline.train.training_model import TrainingModel  # noqa: E402

SCANS = np.random.default_rng(0).integers(0, 255, (3, 6, 6, 1)).astype(np.uint8)
INPUTS = {"scans": SCANS, "case": np.arange(3, dtype=np.uint32), "step": np.zeros(3, np.uint32)}


@pytest.fixture(scope="module")
def model() -> TrainingModel:
    scan = keras.Input((6, 6, 1))
    net = keras.Model(scan, keras.layers.Dense(2)(keras.layers.Flatten()(scan)))
    return TrainingModel(net, Augmentation(Augment(noise=0.5), Intensities((100.0,), (50.0,)), 1))


def test_outside_training_the_answer_is_the_nets(model: TrainingModel) -> None:
    np.testing.assert_array_equal(model(INPUTS, training=False), model.net(SCANS.astype(np.float32)))


def test_in_training_the_scans_are_augmented_first(model: TrainingModel) -> None:
    changed = model._augmentation(SCANS.astype(np.float32), step=INPUTS["step"], case=INPUTS["case"])
    np.testing.assert_allclose(model(INPUTS, training=True), model.net(changed), rtol=1e-4)
    assert np.abs(np.asarray(changed) - SCANS).max() > 10


def test_the_net_knows_nothing_of_the_model_around_it(model: TrainingModel) -> None:
    assert "TrainingModel" not in model.net.to_json()
