"""Every network of one answer a scan under the head of every such task: its answer, and it as ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline import backend
from pipeline.models import SCAN, Intensities, Scans, architecture, giving, network
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.multilabel.labels import Labels
from pipeline.tasks.registry import task_of
from pipeline.tasks.regression.quantity import Quantity

backend.prepare()
keras = pytest.importorskip("keras")

QUESTIONS: dict[str, Any] = {
    "classification": Classes(("no", "perhaps", "yes"), None),
    "multilabel": Labels(("drain", "nodule"), ("nodule", "drain")),
    "regression": Quantity("age", "years"),
}
TARGETS: dict[str, Any] = {
    "classification": np.array([0, 1, 2, 1]),
    "multilabel": np.array([[0, 1], [1, np.nan], [1, 1], [0, 0]], np.float32),
    "regression": np.array([40.0, 60.0, 50.0, 70.0], np.float32),
}
MEAN_AGE, SD_OF_AGE = 55.0, 125.0**0.5
SHAPES = [(33, 47, 1), (5, 17, 12, 1)]
FITTING = [
    pytest.param(task, name, shape, id=f"{task}-{name}-{len(shape) - 1}d")
    for task in QUESTIONS
    for name in giving(SCAN)
    for shape in SHAPES
    if architecture(name).unfit(shape) is None
]
DEEP = "keras_applications"
"""Its networks take many seconds to build and to export."""
EXPORTED = [
    pytest.param(*case.values, id=case.id, marks=() if case.values[1] == "plain_cnn" else pytest.mark.slow)
    for case in FITTING
    if case.values[0] != "classification"
]
"""The heads that are exported: each on one network, on all others in the slow tests."""


def of_task(cases: list[Any], *tasks: str) -> list[Any]:
    """The cases of these tasks; those of deep networks are slow tests."""
    return [
        pytest.param(*case.values, id=case.id, marks=[pytest.mark.slow] if case.values[1] == DEEP else [])
        for case in cases
        if case.values[0] in tasks
    ]


def built(task: str, name: str, shape: tuple[int, ...]) -> Any:
    keras.utils.set_random_seed(1)
    return task_of(task).network.build(
        network(name, {}),
        Scans(shape, Intensities((-800.0,), (200.0,))),
        QUESTIONS[task],
        dropout=0.1,
        targets=TARGETS[task],
    )


def scans(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(-800, 200, size=(3, *shape)).astype(np.float32)


@pytest.mark.parametrize(("task", "name", "shape"), of_task(FITTING, *QUESTIONS))
def test_the_answer_has_a_finite_float32_number_for_each_that_the_task_asks_for(
    task: str, name: str, shape: tuple[int, ...]
) -> None:
    model = built(task, name, shape)
    answer = np.asarray(model(scans(shape), training=False))
    assert answer.shape == (3, task_of(task).network.outputs(QUESTIONS[task]))
    assert answer.dtype == np.float32
    assert np.isfinite(answer).all()
    assert model.output is model.get_layer("logits").output


@pytest.mark.parametrize(("task", "name", "shape"), of_task(FITTING, "regression"))
def test_an_untrained_regressor_says_the_mean_and_learns_in_standard_deviations(
    task: str, name: str, shape: tuple[int, ...]
) -> None:
    model = built(task, name, shape)
    np.testing.assert_allclose(model(scans(shape), training=False), MEAN_AGE, rtol=1e-6)
    head = model.get_layer("standardized")
    head.bias.assign([2.0])
    np.testing.assert_allclose(model(scans(shape), training=False), MEAN_AGE + 2 * SD_OF_AGE, rtol=1e-6)


@pytest.mark.parametrize(("task", "name", "shape"), EXPORTED)
def test_every_other_head_answers_in_onnxruntime_as_in_keras(
    task: str, name: str, shape: tuple[int, ...]
) -> None:
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    from pipeline.export import onnx_graph

    model = built(task, name, shape)
    last = model.get_layer("logits" if task == "multilabel" else "standardized")
    kernel = np.random.default_rng(1).normal(size=last.kernel.shape).astype(np.float32)
    last.kernel.assign(kernel)
    # Untrained networks say next to nothing, or far too much: answers of about 1, or of ages.
    said = np.abs(np.asarray(keras.Model(model.input, last.output)(scans(shape), training=False))).max()
    last.kernel.assign(kernel / said)
    expected = np.asarray(model(scans(shape), training=False))
    assert np.ptp(expected) > 0.01
    session = onnxruntime.InferenceSession(onnx_graph.onnx_bytes(model), providers=["CPUExecutionProvider"])
    found = session.run(["logits"], {"scan": scans(shape)})[0]
    largest = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * largest)
