"""Several networks as one: the mean of their probabilities, saved as one model, looked into one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import backend
from pipeline.models import Intensities, network

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.evaluate.insights.attention import (  # noqa: E402 - needs Keras's environment
    explainer,
    method_of,
    with_shuffled_weights,
)
from pipeline.evaluate.insights.network import first_kernels, influence  # noqa: E402
from pipeline.models.classifier import build  # noqa: E402
from pipeline.models.ensemble import averaged, members  # noqa: E402
from pipeline.tasks.classification.classes import Classes  # noqa: E402
from pipeline.tasks.classification.network import averaged as mean_probability  # noqa: E402
from pipeline.tasks.classification.network import evidence  # noqa: E402
from pipeline.train.saving import write_model  # noqa: E402

SHAPE = (12, 10, 1)
SCANS = np.random.default_rng(0).normal(size=(3, *SHAPE)).astype(np.float32)


def single(seed: int) -> Any:
    keras.utils.set_random_seed(seed)
    chosen = network("plain_cnn", {"width": 2})
    return build(chosen, SHAPE, 3, intensities=Intensities((0.0,), (1.0,)), dropout=0.1)


def of_classes(outputs: Any) -> Any:
    return mean_probability(outputs, Classes(("a", "b", "c"), None))


def softmax(logits: Any) -> np.ndarray:
    shares: np.ndarray = np.exp(np.asarray(logits, dtype=np.float64))
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def together() -> Any:
    return averaged([single(1), single(2)], of_classes)


def test_probabilities_are_averaged_and_not_logits(together: Any) -> None:
    each = [softmax(single(seed)(SCANS, training=False)) for seed in (1, 2)]
    np.testing.assert_allclose(softmax(together(SCANS, training=False)), np.mean(each, axis=0), atol=1e-6)


def test_networks_that_are_sure_of_opposite_things_have_half_the_say_each() -> None:
    """Softmax of 1000 and -1000 is 1 and 0 in any precision; the mean of both networks is a half."""
    sure = [np.array([[1000.0, -1000.0]], np.float32), np.array([[-1000.0, 1000.0]], np.float32)]
    np.testing.assert_allclose(np.asarray(of_classes(sure)), np.log([[0.5, 0.5]]), atol=1e-4)
    alike = np.asarray(of_classes(sure[:1] * 2))
    np.testing.assert_allclose(alike, [[0.0, -2000.0]], atol=1e-3)  # finite, where a probability is 0


def test_one_network_stays_what_it_is() -> None:
    alone = single(1)
    assert averaged([alone], of_classes) is alone
    assert members(alone) == (alone,)


def test_it_is_saved_as_one_model_that_loads_without_code_of_ours(tmp_path: Path, together: Any) -> None:
    write_model(tmp_path / "model.keras", together)
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(loaded(SCANS, training=False), together(SCANS, training=False))
    assert loaded.output is loaded.get_layer("logits").output
    inside = members(loaded)
    assert [len(network.weights) for network in inside] == [
        len(network.weights) for network in members(together)
    ]
    layers = [layer for network in (loaded, *inside) for layer in network.layers]
    assert not [layer for layer in layers if type(layer).__module__.startswith("pipeline")]


def test_what_speaks_for_a_class_is_the_mean_map_of_the_networks(together: Any) -> None:
    from pipeline.evaluate.insights import attention

    assert method_of(together) == "grad_cam"
    each = [attention._grad_cam_of_one(network)(SCANS[:1], evidence(3, 1)) for network in members(together)]
    mean = np.mean(each, axis=0)[0]
    heat = explainer(together, evidence)(SCANS[:1], [1])[0]
    assert heat.shape == SHAPE[:-1]
    assert np.ptp(each, axis=0).max() > 0
    np.testing.assert_allclose(attention._scaled(attention._resized(mean, SHAPE[:-1])), heat, atol=1e-6)


def test_the_first_layer_and_the_field_of_view_are_looked_at(together: Any) -> None:
    assert first_kernels(together, "first_convolution").shape == (2, 3, 3)
    one, other = (influence(network, SCANS) for network in members(together))
    both = influence(together, SCANS)
    assert both.shape == SHAPE[:-1]
    assert both.max() == 1.0
    assert ((both > 0) == ((one > 0) | (other > 0))).all()


def test_a_copy_with_shuffled_weights_answers_otherwise(together: Any) -> None:
    other = with_shuffled_weights(together, np.random.default_rng(0))
    assert (np.asarray(other(SCANS)) != np.asarray(together(SCANS))).any()


@pytest.mark.slow
def test_it_is_written_as_onnx_like_one_network(together: Any) -> None:
    pytest.importorskip("tf2onnx")
    from pipeline.export import onnx_graph

    assert onnx_graph.check(onnx_graph.onnx_bytes(together), together, SCANS) <= onnx_graph.TOLERANCE
