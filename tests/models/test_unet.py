from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import backend
from pipeline.models import Intensities, Network, Scans
from pipeline.models.unet import Parameters, halvings

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.models.receptive_field import distance_pixels  # noqa: E402 - needs Keras's environment
from pipeline.models.segmenter import build, finest  # noqa: E402

SHAPES = [(33, 47, 1), (9, 17, 12, 3), (5, 40, 44, 1), (4, 5, 6, 1)]
SMALL = Parameters(width=8, levels=4, supervised=2)


def fresh(shape: tuple[int, ...], parameters: Parameters = SMALL, outputs: int = 3, **how: Any) -> Any:
    keras.utils.set_random_seed(1)
    statistics = Intensities((1.0,) * shape[-1], (2.0,) * shape[-1])
    return build(Network("unet", parameters), Scans(shape, statistics, **how), outputs, dropout=0.1)


def answers(model: Any, scans: np.ndarray) -> list[np.ndarray]:
    given = model(scans, training=False)
    return [np.asarray(one) for one in (given if isinstance(given, list) else [given])]


def scans(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "spacing", "levels", "expected"),
    [
        ((64, 64), (1, 1), 5, [(2, 2)] * 4),
        ((16, 16), (1, 1), 5, [(2, 2)] * 2),
        ((40, 56, 40), (1, 1, 1), 7, [(2, 2, 2)] * 3),
        ((16, 160, 160), (5, 0.7, 0.7), 5, [(1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2)]),
        ((4, 64, 64), (5, 0.7, 0.7), 4, [(1, 2, 2)] * 3),  # its short axis never holds the others up
        ((7, 5), (1, 1), 5, []),
    ],
)
def test_an_axis_is_halved_while_four_places_stay_and_voxels_are_about_as_long(
    shape: tuple[int, ...], spacing: tuple[float, ...], levels: int, expected: list[tuple[int, ...]]
) -> None:
    assert halvings(shape, spacing, levels=levels) == expected


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("normalization", ["instance", "group"])
def test_each_voxel_gets_finite_float32_logits_whatever_the_shape(
    shape: tuple[int, ...], normalization: str
) -> None:
    model = fresh(shape, Parameters(width=8, levels=4, supervised=2, normalization=normalization))
    finest, *coarser = answers(model, scans(shape))
    assert finest.shape == (2, *shape[:-1], 3)
    assert finest.dtype == np.float32
    assert np.isfinite(finest).all()
    for maps, step in zip(coarser, halvings(shape[:-1], (1,) * (len(shape) - 1), levels=4), strict=False):
        assert maps.shape[1:-1] == tuple(-(-a // b) for a, b in zip(shape, step, strict=False))


def test_layers_have_the_names_that_others_look_for() -> None:
    model = fresh(SHAPES[2])
    convolutions = [layer for layer in model.layers if hasattr(layer, "kernel_size")]
    assert "first_convolution" in [layer.name for layer in convolutions[:2]]
    assert model.get_layer("last_features").output.shape[1:-1] == SHAPES[2][:-1]
    assert model.outputs[0] is model.get_layer("logits").output


def test_the_finest_logits_alone_are_those_of_the_whole_network() -> None:
    model = fresh(SHAPES[1])
    alone = finest(model)
    assert len(alone.outputs) == 1
    assert finest(alone) is alone
    np.testing.assert_array_equal(answers(alone, scans(SHAPES[1]))[0], answers(model, scans(SHAPES[1]))[0])


def test_neighbours_of_the_last_features_are_neighbours_of_the_scan() -> None:
    assert distance_pixels(finest(fresh(SHAPES[2]))) == (1, 1, 1)


def test_a_saved_network_loads_without_code_of_ours_to_the_same_bits(tmp_path: Path) -> None:
    shape = SHAPES[1]
    model = fresh(shape)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert not [layer for layer in loaded.layers if type(layer).__module__.startswith("pipeline")]
    for one, other in zip(answers(loaded, scans(shape)), answers(model, scans(shape)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_is_built_in_16_bits_and_answers_in_32() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = fresh(SHAPES[0])
    finally:
        keras.config.set_dtype_policy("float32")
    assert {output.dtype for output in mixed.outputs} == {"float32"}
    fresh(SHAPES[0]).set_weights(mixed.get_weights())


def test_some_steps_teach_it_to_outline_what_is_bright() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(4, 16, 16, 1)).astype(np.float32)
    truth = np.zeros((4, 16, 16), np.int64)
    for scan, mask in zip(values, truth, strict=True):
        row, column = generator.integers(2, 9, 2)
        scan[row : row + 5, column : column + 5] += 4
        mask[row : row + 5, column : column + 5] = 1
    model = fresh((16, 16, 1), Parameters(width=8, levels=3, supervised=1), outputs=2)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss=loss, jit_compile=False)
    losses = [float(model.train_on_batch(values, truth)) for _ in range(60)]
    assert losses[-1] < losses[0] / 3
    said = answers(model, values)[0].argmax(axis=-1)
    assert 2 * (said & truth).sum() / (said.sum() + truth.sum()) > 0.8


def test_a_width_that_no_groups_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        Parameters(width=12)
