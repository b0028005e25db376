"""What every network of the registry keeps, on images and volumes, without a test of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import fresh_network
import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from pipeline import backend
from pipeline.config import Augment
from pipeline.errors import UsageError
from pipeline.models import ARCHITECTURES, SCAN, VOXEL, Intensities, architecture, giving, network

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.evaluate.insights.attention import (  # noqa: E402 - needs Keras's environment
    explainer,
    method_of,
    with_shuffled_weights,
)
from pipeline.models.receptive_field import receptive_field_pixels  # noqa: E402
from pipeline.tasks.classification.learning import cross_entropy  # noqa: E402
from pipeline.tasks.classification.network import evidence  # noqa: E402
from pipeline.tasks.contract import Validation  # noqa: E402
from pipeline.train.augment import Augmentation  # noqa: E402
from pipeline.train.checkpoint import open_store  # noqa: E402
from pipeline.train.feed import Examples  # noqa: E402
from pipeline.train.fit import Plan, fit  # noqa: E402
from pipeline.train.saving import write_model  # noqa: E402
from pipeline.train.schedule import adamw, build_for  # noqa: E402
from pipeline.train.training_model import TrainingModel  # noqa: E402

SHAPES = [(33, 47, 1), (64, 36, 3), (9, 17, 12, 3), (5, 40, 44, 1), (1, 2, 3, 1)]
"""Odd, anisotropic, in one channel and in three, and shorter than a kernel."""
FITTING = [
    pytest.param(
        name,
        shape,
        id=f"{name}-{'x'.join(map(str, shape))}",
        marks=[pytest.mark.slow] if shape == SHAPES[1] else [],  # deep networks take seconds to build
    )
    for name in sorted(ARCHITECTURES)
    for shape in SHAPES
    if architecture(name).unfit(shape) is None
]
NAMES = sorted(ARCHITECTURES)
OF_SCANS = [each for each in FITTING if architecture(str(each.values[0])).GIVES == SCAN]
CLASSES = 3


def fresh(name: str, shape: tuple[int, ...], statistics: Intensities | None = None) -> Any:
    statistics = statistics or Intensities((1.0,) * shape[-1], (2.0,) * shape[-1])
    keras.utils.set_random_seed(1)
    model = fresh_network.fresh_network(name, shape, CLASSES, statistics)
    # Untrained deep networks answer with next to nothing, in which no difference shows.
    last = model.get_layer("logits")
    scan = np.asarray(statistics.mean) + np.asarray(statistics.std) * scans(shape)
    last.kernel.assign(last.kernel / np.abs(model(scan, training=False)).max())
    return model


built: Callable[[str, tuple[int, ...]], Any] = lru_cache(maxsize=None)(fresh)


def fitting(name: str) -> tuple[int, ...]:
    """The first shape that the network takes."""
    return next(shape for shape in SHAPES if architecture(name).unfit(shape) is None)


def scans(shape: tuple[int, ...], count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, *shape)).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_every_key_has_a_default_and_an_unknown_one_is_refused(name: str) -> None:
    model = architecture(name).Parameters
    assert issubclass(model, BaseModel)
    assert model.model_config["frozen"]
    assert network(name, {}).parameters == model()
    with pytest.raises(ValidationError, match="extra_forbidden"):
        network(name, {"no_such_key": 1})


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_names_every_key(name: str) -> None:
    model = architecture(name).Parameters
    assert not [key for key in model.model_fields if f"`{key}`" not in (model.__doc__ or "")]


@pytest.mark.parametrize("name", NAMES)
def test_a_shape_fits_or_the_sentence_says_why_not(name: str) -> None:
    reasons = [architecture(name).unfit(shape) for shape in SHAPES]
    assert None in reasons
    assert all(reason is None or len(reason.split()) > 2 for reason in reasons)


@pytest.mark.parametrize(("name", "shape"), FITTING)
def test_the_network_gives_finite_float32_logits_of_a_scan_or_of_each_voxel(
    name: str, shape: tuple[int, ...]
) -> None:
    model = built(name, shape)
    logits = np.asarray(model(scans(shape), training=False))
    assert logits.shape == (2, *(shape[:-1] if architecture(name).GIVES == VOXEL else ()), CLASSES)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(("name", "shape"), FITTING)
def test_the_layers_that_the_report_looks_at_have_their_names(name: str, shape: tuple[int, ...]) -> None:
    model = built(name, shape)
    convolutions = [layer for layer in model.layers if hasattr(layer, "kernel_size")]
    assert convolutions[0].name == "first_convolution"
    assert len(convolutions[0].kernel.shape) == len(shape) + 1
    assert len(model.get_layer("last_features").output.shape) == len(shape) + 1
    assert model.output is model.get_layer("logits").output


@pytest.mark.parametrize("name", NAMES)
def test_statistics_in_the_model_undo_a_change_of_unit(name: str) -> None:
    shape = fitting(name)
    channels = shape[-1]
    plain = fresh(name, shape, Intensities((0.0,) * channels, (1.0,) * channels))
    moved = fresh(name, shape, Intensities((-1000.0,) * channels, (50.0,) * channels))
    moved.set_weights(plain.get_weights())
    np.testing.assert_allclose(moved(50 * scans(shape) - 1000), plain(scans(shape)), atol=1e-3)


@pytest.mark.parametrize(("name", "shape"), FITTING)
def test_a_saved_network_loads_without_code_of_ours_to_the_same_bits(
    tmp_path: Path, name: str, shape: tuple[int, ...]
) -> None:
    model = built(name, shape)
    write_model(tmp_path / "model.keras", model)
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert not [layer for layer in loaded.layers if type(layer).__module__.startswith("pipeline")]
    np.testing.assert_array_equal(loaded(scans(shape), training=False), model(scans(shape), training=False))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_same_weights_give_the_same_file(tmp_path: Path, name: str) -> None:
    first, second = fresh(name, fitting(name)), fresh(name, fitting(name))
    second.set_weights(first.get_weights())
    assert write_model(tmp_path / "model.keras", first)
    assert not write_model(tmp_path / "model.keras", second)


@pytest.mark.parametrize("name", NAMES)
def test_the_network_is_built_in_16_bits_and_gives_its_weights_to_one_in_32(name: str) -> None:
    shape = fitting(name)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = fresh(name, shape)
    finally:
        keras.config.set_dtype_policy("float32")
    assert mixed.output.dtype == "float32"
    assert mixed.get_layer("standardize").compute_dtype == "float32"
    single = fresh(name, shape)
    single.set_weights(mixed.get_weights())


@pytest.mark.parametrize(("name", "shape"), OF_SCANS)
def test_what_speaks_for_a_class_is_a_map_over_the_scan(name: str, shape: tuple[int, ...]) -> None:
    model = built(name, shape)
    assert method_of(model) == "grad_cam"
    heat = explainer(model, evidence)(scans(shape)[:1], [0])[0]
    assert heat.shape == shape[:-1]
    assert heat.min() >= 0
    assert heat.max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_with_shuffled_weights_answers_otherwise(name: str) -> None:
    model, shape = built(name, fitting(name)), fitting(name)
    other = with_shuffled_weights(model, np.random.default_rng(0))
    assert (np.asarray(other(scans(shape))) != np.asarray(model(scans(shape)))).any()


@pytest.mark.slow
@pytest.mark.parametrize("name", giving(SCAN))
def test_no_pixel_beyond_the_receptive_field_changes_the_map(name: str) -> None:
    seen, _ = receptive_field_pixels(built(name, (64, 36, 3)))
    side = (2 * seen // 32 + 2) * 32
    model = fresh(name, (side, 36, 1))
    for normalization in (layer for layer in model.layers if hasattr(layer, "gamma")):
        normalization.gamma.assign(np.ones(normalization.gamma.shape))
    features = keras.Model(model.input, model.get_layer("last_features").output)
    [scan] = scans((side, 36, 1), count=1)
    middle = features.output.shape[1] // 2
    seen, _ = receptive_field_pixels(model)
    answer = np.asarray(features(scan[None]))[0, middle]
    changed = [
        row
        for row in range(0, side, side // 30)
        if (np.asarray(features(_with_row(scan, row)[None]))[0, middle] != answer).any()
    ]
    assert 0 < max(changed) - min(changed) < seen


def _with_row(scan: np.ndarray, row: int) -> np.ndarray:
    other = scan.copy()
    other[row] += 100.0
    return other


@pytest.mark.slow
@pytest.mark.parametrize("name", giving(SCAN))
def test_ten_steps_an_end_and_ten_steps_are_twenty_steps(tmp_path: Path, name: str) -> None:
    straight = _trained(name, tmp_path / "straight", read_at_most=10**9)
    with pytest.raises(RuntimeError, match="the end"):
        _trained(name, tmp_path / "in two", read_at_most=4 * 13)
    resumed = _trained(name, tmp_path / "in two", read_at_most=10**9)
    for one, other in zip(straight, resumed, strict=True):
        np.testing.assert_array_equal(one, other)


def _trained(name: str, folder: Path, *, read_at_most: int) -> list[np.ndarray]:
    """The weights after 20 steps of 4 scans, with a stored state every 10; ends when too many are read."""
    shape = fitting(name)
    backend.seed_everything(1, order="fixed")
    net = fresh(name, shape)
    trainer = TrainingModel(net, Augmentation(Augment(shift=0.1), Intensities((1.0,), (2.0,)), 1))
    optimizer = adamw(learning_rate=0.001, weight_decay=0.01, warmup_steps=2, steps=20)
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
    trainer.compile(
        optimizer=optimizer, loss=cross_entropy(label_smoothing=0.0), metrics=metrics, jit_compile=False
    )
    build_for(optimizer, net)
    known, reads = scans(shape, count=8), []

    def read(index: int) -> np.ndarray:
        reads.append(index)
        if len(reads) > read_at_most:
            raise RuntimeError("the end")
        return known[index]

    examples = Examples(
        tuple(f"case-{index}" for index in range(8)), np.arange(8) % CLASSES, np.ones(8, np.float32), read
    )
    plan = Plan(
        epochs=10, batch_size=4, seed=1, patience=0, checkpoint_every_steps=10, in_words=lambda numbers: ""
    )
    store = open_store(folder, "run", threads=1)
    return fit(
        trainer, examples, lambda: Validation(1.0, {"accuracy": 0.5, "auroc": 0.5}), plan=plan, store=store
    ).kept_weights


def test_an_unknown_architecture_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'resnet'"):
        architecture("resnett")


def test_looking_up_names_and_parameters_imports_no_keras() -> None:
    code = (
        "import sys; from pipeline.models import ARCHITECTURES, network\n"
        "for name in ARCHITECTURES: network(name, {})\n"
        "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
