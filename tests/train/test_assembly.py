"""What `auto` means here, and how the parts are put together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import backend
from pipeline.config import Config, Train
from pipeline.tasks.registry import task_of

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train import assembly, intensities, material  # noqa: E402 - needs Keras's environment
from pipeline.train.checkpoint import open_store  # noqa: E402
from pipeline.train.fit import fit  # noqa: E402

RARE = [0, 0, 0, 1] * 3 + [0, 1, 1, 1] + [0, 1] * 2
"""Nine training scans of class 0 and three of class 1; of validation one and three."""


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


@pytest.mark.parametrize(
    ("task", "given", "share"),
    [
        ("classification", {}, 0.2),
        ("regression", {}, 0.2),
        ("segmentation", {}, 0.0),
        ("segmentation", {"dropout": 0.2}, 0.2),
        ("classification", {"dropout": 0.0}, 0.0),
    ],
)
def test_a_map_loses_no_features_unless_the_settings_say_so(
    task: str, given: dict[str, float], share: float
) -> None:
    assert assembly.dropout(task_of(task), Train(**given)) == share


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
    data = material.read(prepare(tmp_path), task_of("classification"))
    statistics = intensities.measured(12, data.train.read)
    how = assembly.Computing("cpu", "float32", compiled=False)
    assembled = assembly.assemble(config(warmup_epochs=0.5), data, statistics, how)
    np.testing.assert_array_equal(assembled.examples.weights, np.ones(12))  # six scans of each class
    assert (assembled.plan.batch_size, assembled.plan.epochs) == (5, 20)
    scans = np.stack([data.train.read(index) for index in range(12)]).astype(np.float32)
    standardized = np.asarray(assembled.trainer.net.get_layer("standardize")(scans))
    assert abs(standardized.mean()) < 1e-5
    assert standardized.std() == pytest.approx(1.0, abs=1e-5)
    assert assembled.validate().numbers["auroc"] is not None


def losses(logits: Any, targets: Any) -> Any:
    """The unweighted cross entropy of each scan, shape (scans,)."""
    raised = np.exp(np.asarray(logits, np.float64))
    return -np.log(raised[np.arange(len(targets)), targets] / raised.sum(axis=1))


@pytest.mark.parametrize(
    ("setting", "weight_of_class"),
    [("balanced", (12 / (2 * 9), 12 / (2 * 3))), ("none", (1.0, 1.0))],
)
def test_the_losses_of_training_and_validation_weigh_the_classes_of_the_training_part(
    prepare: Any, tmp_path: Path, setting: str, weight_of_class: tuple[float, float]
) -> None:
    data = material.read(prepare(tmp_path, RARE), task_of("classification"))
    statistics = intensities.measured(12, data.train.read)
    settings = config(class_weights=setting, batch_size=12, epochs=1, dropout=0.0)
    assembled = assembly.assemble(
        settings, data, statistics, assembly.Computing("cpu", "float32", compiled=False)
    )
    scans = np.stack([data.train.read(index) for index in range(12)]).astype(np.float32)
    # One batch holds the whole part, so before the first step the net says this of it in training.
    before = losses(assembled.trainer.net(scans, training=True), data.train.targets)
    state = fit(
        assembled.trainer,
        assembled.examples,
        assembled.validate,
        plan=assembled.plan,
        store=open_store(tmp_path / "states", "run", threads=2),
    )
    weights = np.array(weight_of_class)
    of_train, of_validation = weights[data.train.targets], weights[data.validation.targets]
    assert state.history[0]["loss"] == pytest.approx((of_train * before).sum() / 12, rel=1e-5)
    scans = np.stack([data.validation.read(index) for index in range(4)]).astype(np.float32)
    after = losses(assembled.trainer.net(scans, training=False), data.validation.targets)
    expected = (of_validation * after).sum() / of_validation.sum()
    assert state.history[0]["val_loss"] == pytest.approx(expected, rel=1e-5)
    if setting == "balanced":  # or the weights could be left out unseen
        assert abs(expected / after.mean() - 1) > 1e-3
        assert abs((of_train * before).mean() / before.mean() - 1) > 1e-3


def test_mixed_precision_of_one_net_does_not_linger(prepare: Any, tmp_path: Path) -> None:
    data = material.read(prepare(tmp_path), task_of("classification"))
    statistics = intensities.measured(12, data.train.read)
    net = assembly.build_net(
        task_of("classification"), config().train, data, statistics, policy="mixed_bfloat16"
    )
    assert net.get_layer("first_convolution").compute_dtype == "bfloat16"
    assert net.get_layer("standardize").compute_dtype == "float32"
    assert net.get_layer("logits").compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_the_same_seed_gives_the_same_fresh_weights(prepare: Any, tmp_path: Path) -> None:
    data = material.read(prepare(tmp_path), task_of("classification"))
    statistics = intensities.measured(12, data.train.read)
    how = assembly.Computing("cpu", "float32", compiled=False)
    first, second = (assembly.assemble(config(seed=3), data, statistics, how) for _ in range(2))
    for one, other in zip(first.trainer.net.get_weights(), second.trainer.net.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
