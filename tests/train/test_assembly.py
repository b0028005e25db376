"""What `auto` means here, and how the parts are put together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import backend
from pipeline.config import Config, Train

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train import assembly, intensities, material  # noqa: E402 - needs Keras's environment


def config(**train: Any) -> Config:
    return Config.model_validate(
        {
            "name": "study",
            "ingest": {"raw": "data/raw/study"},
            "cohort": {"labels": "labels.csv", "target": "label"},
            "normalize": [{"z_score": {}}],
            "train": {"model": "plain_cnn", "width": 2, "batch_size": 5, **train},
            "report": {"title": "A study"},
        }
    )


@pytest.mark.skipif(backend.device().kind != "cpu", reason="`auto` means other things on a GPU")
def test_on_a_cpu_auto_is_single_precision_without_compilation() -> None:
    how = assembly.computing(Train())
    assert (how.policy, how.compiled) == ("float32", False)
    assert how.device == "cpu (tensorflow)"


def test_what_is_asked_for_is_done() -> None:
    how = assembly.computing(Train(precision="mixed", jit=True))
    assert (how.policy, how.compiled) == ("mixed_bfloat16", True)


def test_the_assembly_weighs_classes_and_normalizes_by_the_training_part(
    prepare: Any, tmp_path: Path
) -> None:
    data = material.read(prepare(tmp_path))
    statistics = intensities.measured(12, data.train.read)
    how = assembly.Computing("cpu", "float32", compiled=False)
    made = assembly.assemble(config(warmup_epochs=0.5), data, statistics, how)
    np.testing.assert_array_equal(made.examples.weights, np.ones(12))  # six scans of each class
    assert (made.plan.batch_size, made.plan.epochs) == (5, 20)
    scans = np.stack([data.train.read(index) for index in range(12)]).astype(np.float32)
    standardized = np.asarray(made.trainer.net.get_layer("standardize")(scans))
    assert abs(standardized.mean()) < 1e-5
    assert standardized.std() == pytest.approx(1.0, abs=1e-5)
    assert made.validate().auroc is not None


def test_mixed_precision_of_one_net_does_not_linger(prepare: Any, tmp_path: Path) -> None:
    data = material.read(prepare(tmp_path))
    statistics = intensities.measured(12, data.train.read)
    net = assembly.build_net(config().train, data, statistics, policy="mixed_bfloat16")
    assert net.get_layer("first_convolution").compute_dtype == "bfloat16"
    assert net.get_layer("standardize").compute_dtype == "float32"
    assert net.get_layer("logits").compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_the_same_seed_gives_the_same_fresh_weights(prepare: Any, tmp_path: Path) -> None:
    data = material.read(prepare(tmp_path))
    statistics = intensities.measured(12, data.train.read)
    how = assembly.Computing("cpu", "float32", compiled=False)
    first, second = (assembly.assemble(config(seed=3), data, statistics, how) for _ in range(2))
    for one, other in zip(first.trainer.net.get_weights(), second.trainer.net.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
