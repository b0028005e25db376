"""Insights, on networks whose weights are written out here, so that the answer is known beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from invented_case import invented_case

from pipeline.evaluate import insights
from pipeline.evaluate.insights import attention, gallery, gradients, network
from pipeline.tasks.classification.answers import Frozen
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.classification.network import evidence
from pipeline.tasks.registry import task_of

SIZE = 16
TASK = task_of("classification")
QUESTION = of_names(("normal", "nodule"))


def _network(*, pooled: bool = True) -> keras.Model:
    """Brightness speaks for the nodule: the whole image's mean, or with `pooled=False` that of its left half."""
    scan = keras.Input((SIZE, SIZE, 1), name="scan")
    maps = keras.layers.Conv2D(1, 3, padding="same", use_bias=False, name="first_convolution")(scan)
    maps = keras.layers.ReLU(name="last_features")(maps)
    features = keras.layers.GlobalAveragePooling2D()(maps) if pooled else keras.layers.Flatten()(maps)
    model = keras.Model(scan, keras.layers.Dense(2, use_bias=False, name="logits")(features))
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    kernel[1, 1] = 1
    model.get_layer("first_convolution").set_weights([kernel])
    left = np.repeat(np.arange(SIZE) < SIZE // 2, 1)[None, :].repeat(SIZE, axis=0).ravel()[:, None] / SIZE**2
    weights = np.array([[-9.0, 9.0]]) if pooled else left * np.array([[-18.0, 18.0]])
    model.get_layer("logits").set_weights([weights.astype(np.float32)])
    return model


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return _network()


def _image(row: int, column: int) -> np.ndarray:
    image = np.zeros((SIZE, SIZE, 1), np.float32)
    image[row - 1 : row + 2, column - 1 : column + 2] = 1
    return image


def _probabilities(model: keras.Model) -> Callable[[Any], np.ndarray]:
    def probabilities(images: Any) -> np.ndarray:
        logits = np.asarray(model(np.asarray(images, np.float32), training=False), np.float64)
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    return probabilities


def test_the_gradient_of_a_sum_of_squares_is_twice_the_input() -> None:
    at = np.array([[1.0, -2.0, 3.0]], np.float32)
    assert gradients.available()
    np.testing.assert_allclose(gradients.gradient(lambda x: keras.ops.sum(x * x), at), 2 * at)


@pytest.mark.parametrize("method", ["grad_cam", "occlusion"])
def test_heat_lies_where_the_bright_spot_is(
    method: str, model: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method == "occlusion":
        monkeypatch.setattr(gradients, "_GRADIENTS", {})
    assert attention.method_of(model) == method
    heat = attention.explainer(model, evidence)(_image(4, 11)[None], [1])[0]
    assert heat.shape == (SIZE, SIZE)
    assert heat.max() == pytest.approx(1)
    row, column = (int(place.mean().round()) for place in np.nonzero(heat > 0.9))
    assert abs(row - 4) <= 1
    assert abs(column - 11) <= 1


@pytest.mark.parametrize("method", ["grad_cam", "occlusion"])
def test_each_of_several_images_has_the_heat_that_it_has_alone(
    method: str, model: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method == "occlusion":
        monkeypatch.setattr(gradients, "_GRADIENTS", {})
    explain = attention.explainer(model, evidence)
    images, targets = np.stack([_image(4, 11), _image(9, 2), _image(12, 12)]), [1, 0, 1]
    alone = [explain(image[None], [target])[0] for image, target in zip(images, targets, strict=True)]
    np.testing.assert_allclose(explain(images, targets), alone, atol=1e-6)
    assert np.abs(alone[0] - alone[2]).max() > 0.5


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_how_many_derivatives_are_made_at_once_changes_nothing(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: of tanh(2 x) at a pixel the derivative is 2 (1 - tanh(2 x)^2) there, which differs by image."""
    scan = keras.Input((3, 3, 1))
    layer = keras.layers.Conv2D(1, 1, use_bias=False, activation="tanh", name="last_features")
    bending = keras.Model(scan, layer(scan))
    layer.set_weights([np.full((1, 1, 1, 1), 2, np.float32)])
    images = np.zeros((5, 3, 3, 1), np.float32)
    images[:, 1, 1, 0] = at = np.linspace(0, 1, 5)
    monkeypatch.setattr(gradients, "_VOXELS_AT_ONCE", at_once * 9)
    assert [len(some) for some in gradients.few(images)][:2] == {1: [1, 1], 2: [2, 2], 7: [5]}[at_once]
    central = partial(network._central, bending, (1, 1))
    by_image = np.concatenate([gradients.gradient(central, some) for some in gradients.few(images)])
    np.testing.assert_allclose(by_image[:, 1, 1, 0], 2 * (1 - np.tanh(2 * at) ** 2), rtol=1e-5)
    assert network.influence(bending, images)[1, 1] == 1


def test_nothing_that_speaks_for_a_class_gives_a_map_of_zeros(model: keras.Model) -> None:
    """Brightness only ever speaks against `normal` here."""
    assert not attention.explainer(model, evidence)(_image(4, 11)[None], [0])[0].any()


def test_heat_of_a_volume_has_the_shape_of_the_volume() -> None:
    scan = keras.Input((4, 8, 8, 1), name="scan")
    maps = keras.layers.Conv3D(2, 3, strides=2, padding="same", activation="relu", name="last_features")(scan)
    model = keras.Model(scan, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling3D()(maps)))
    scans = np.random.default_rng(0).normal(size=(1, 4, 8, 8, 1)).astype(np.float32)
    heat = attention.explainer(model, evidence)(scans, [2])[0]
    assert heat.shape == (4, 8, 8)
    assert 0 <= heat.min() <= heat.max() <= 1


def test_shuffled_weights_are_the_same_numbers_in_another_order(model: keras.Model) -> None:
    before = [weight.copy() for weight in model.get_weights()]
    shuffled = attention.with_shuffled_weights(model, np.random.default_rng(3))
    for one, other, unchanged in zip(before, shuffled.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(np.sort(one.ravel()), np.sort(other.ravel()))
        np.testing.assert_array_equal(one, unchanged)


def test_masking_covers_a_tenth_of_the_pixels_first_the_hottest() -> None:
    image = np.random.default_rng(1).normal(size=(20, 10, 1)).astype(np.float32)
    heat = np.zeros((20, 10), np.float32)
    heat[:2] = 1
    hottest, elsewhere = attention.masked(image, heat, np.random.default_rng(2))
    median = np.median(image)
    assert (hottest[:2] == median).all()
    assert (hottest != image).sum() == (elsewhere != image).sum() == 20


def test_rank_correlation_of_a_map_with_itself_is_one_and_with_a_constant_zero() -> None:
    one = np.arange(6, dtype=np.float32)
    assert attention.rank_correlation(one, one) == pytest.approx(1)
    assert attention.rank_correlation(one, -one) == pytest.approx(-1)
    assert attention.rank_correlation(one, np.ones_like(one)) == 0


def test_the_influence_of_one_convolution_is_its_kernel(model: keras.Model) -> None:
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    kernel[:, :, 0, 0] = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    blurring = keras.models.clone_model(model)
    blurring.get_layer("first_convolution").set_weights([kernel])
    found = network.influence(blurring, np.ones((2, SIZE, SIZE, 1), np.float32))
    np.testing.assert_allclose(found[7:10, 7:10], kernel[..., 0, 0] / 4)
    assert np.count_nonzero(found) == 9
    assert network.width_pixels(found) == pytest.approx(3)


def test_first_kernels_are_pictures_one_a_filter_of_volumes_the_middle_slice() -> None:
    scan = keras.Input((4, 8, 8, 2))
    model = keras.Model(scan, keras.layers.Conv3D(5, 3, name="first_convolution")(scan))
    kernel = model.get_layer("first_convolution").get_weights()[0]
    pictures = network.first_kernels(model, "first_convolution")
    assert pictures.shape == (5, 3, 3)
    np.testing.assert_allclose(pictures[4], kernel[1, :, :, :, 4].mean(axis=-1), rtol=1e-6)


def _predictions() -> pd.DataFrame:
    rows = [
        ("a", "p1", "test", "nodule", "normal", 0.90, "ok"),
        ("b", "p1", "test", "nodule", "normal", 0.80, "ok"),
        ("c", "p2", "test", "nodule", "normal", 0.95, "ok"),
        ("d", "p3", "test", "normal", "nodule", 0.70, "ok"),
        ("e", "p4", "test", "nodule", "nodule", 0.99, "ok"),
        ("f", "p5", "test", "normal", "normal", 0.97, "ok"),
        ("g", "p6", "validation", "normal", "nodule", 0.99, "ok"),
        ("h", "p7", "test", "normal", "", 0.50, "failed"),
        ("i", "p8", "test", "", "nodule", 0.99, "ok"),
    ]
    frame = pd.DataFrame(
        rows, columns=["case_id", "patient_id", "part", "truth", "predicted", "score", "status"]
    )
    said_nodule = frame["predicted"] == "nodule"
    nodule = frame["score"].where(said_nodule, 1 - frame["score"])
    return frame.assign(score_nodule=nodule, score_normal=1 - nodule).astype(str)


def test_the_gallery_takes_the_surest_of_each_kind_one_a_patient_from_the_test_part() -> None:
    chosen = gallery.choose(_predictions(), TASK, QUESTION)
    assert [(row.kind, row.case_id) for row in chosen] == [
        ("false_negative", "c"),
        ("false_negative", "a"),
        ("false_positive", "d"),
        ("true_positive", "e"),
        ("true_negative", "f"),
    ]
    assert chosen[0].target == "normal"
    assert chosen[0].score == pytest.approx(0.95)


def test_without_a_positive_class_there_are_errors_and_hits() -> None:
    kinds = [
        row.kind for row in gallery.choose(_predictions(), TASK, of_names(("normal", "nodule", "other")))
    ]
    assert kinds == ["error", "error", "error", "hit", "hit"]


@pytest.fixture
def subject(model: keras.Model) -> insights.Subject:
    return insights.Subject(model, TASK, QUESTION, Frozen(threshold=0.52), _probabilities(model))


def _scans(modalities: dict[str, str]) -> insights.Scans:
    images = {name: _image(4 + index, 9) for index, name in enumerate("abcdefghi")}
    cases = {
        name: invented_case(modality=modalities.get(name, "CT"), image_type="ORIGINAL\\PRIMARY")
        for name in images
    }
    return insights.Scans(images.__getitem__, cases, lambda case: images[case.case_id], reviewed=False)


def test_what_is_written_is_the_same_twice_and_holds_no_picture_of_a_hidden_case(
    subject: insights.Subject, tmp_path: Path
) -> None:
    scans = _scans({"c": "DX"})
    assert insights.write(subject, _predictions(), scans, tmp_path, seed=1)
    first = {path.name: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    assert not insights.write(subject, _predictions(), scans, tmp_path, seed=1)
    assert {path.name: path.read_bytes() for path in sorted(tmp_path.iterdir())} == first

    stored = json.loads(first["insights.json"])
    items = {item["case_id"]: item for item in stored["gallery"]["items"]}
    assert "DX pixels" in items["c"]["hidden"]
    assert items["c"]["picture"] is None
    with np.load(tmp_path / "insights.npz") as pictures:
        shown = {item["picture"] for item in items.values() if item["picture"]}
        assert {
            name for name in pictures.files if name.startswith("gallery") and not name.endswith("heat")
        } == shown
        assert pictures["filters"].shape == (1, 3, 3)
    assert stored["gallery"]["method"] == "grad_cam"


def test_a_test_part_without_an_answer_gives_reasons(subject: insights.Subject, tmp_path: Path) -> None:
    insights.write(subject, _predictions().iloc[:0], _scans({}), tmp_path, seed=1)
    stored = json.loads((tmp_path / "insights.json").read_text())
    assert stored["gallery"]["items"] == []
    assert stored["field"]["reason"] == "no test case"
    assert stored["field"]["picture"] is None


def _maps(kernel: int) -> keras.Model:
    """An answer a pixel: the mean of the square of so many pixels about it."""
    scan = keras.Input((SIZE, SIZE, 1), name="scan")
    mean = keras.layers.Conv2D(1, kernel, padding="same", use_bias=False, name="first_convolution")
    maps = keras.layers.Activation("linear", name="last_features")(mean(scan))
    mean.set_weights([np.full((kernel, kernel, 1, 1), 1 / kernel**2, np.float32)])
    return keras.Model(scan, maps)


@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_of_a_network_of_maps_the_field_is_measured_on_the_middle_of_scans_of_any_size(
    tmp_path: Path, kernel: int
) -> None:
    sizes = {"a": (SIZE + 7, SIZE), "b": (SIZE - 5, SIZE + 2), "c": (SIZE, SIZE)}
    images = {name: np.ones((*size, 1), np.float16) for name, size in sizes.items()}
    scans = insights.Scans(images.__getitem__, {}, lambda case: images[case.case_id], reviewed=False)
    maps = insights.Subject(_maps(kernel), TASK, QUESTION, Frozen(1.0, 0.5), lambda arrays: arrays)
    frame = _predictions()
    rows = frame[frame["case_id"].isin(images)].assign(
        patient_id=["p1", "p2", "p3"], part="test", status="ok"
    )
    insights.write_outlines(maps, rows, [], scans, tmp_path, seed=1)
    stored = json.loads((tmp_path / "insights.json").read_text())["field"]
    assert stored["effective_pixels"] == pytest.approx(kernel)
    assert stored["cases"] == 3
    with np.load(tmp_path / "insights.npz") as pictures:
        assert pictures["field"].shape == (SIZE, SIZE)
