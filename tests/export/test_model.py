"""Every network as ONNX: read by another program, it answers as in Keras."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import fresh_network
import numpy as np
import pytest
import study

from pipeline import backend, digests
from pipeline.errors import DataError, ScanloomError, UsageError
from pipeline.models import ARCHITECTURES, Intensities, architecture
from pipeline.workspace import Workspace
from pipeline.writing import write_json

backend.prepare()
keras = pytest.importorskip("keras")
onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from pipeline.export import onnx_graph, run_model  # noqa: E402 - needs Keras's environment
from pipeline.train.saving import write_model  # noqa: E402

SHAPES = [(33, 47, 3), (9, 17, 12, 1)]
USUAL = (
    "plain_cnn",
    "unet",
)  # the others are slow tests: what turns a network into a file knows no architecture
FITTING = [
    pytest.param(
        name,
        shape,
        id=f"{name}-{'x'.join(map(str, shape))}",
        marks=() if name in USUAL and len(shape) == 3 else pytest.mark.slow,
    )
    for name in sorted(ARCHITECTURES)
    for shape in SHAPES
    if architecture(name).unfit(shape) is None
]


def classifier(name: str, shape: tuple[int, ...], **given: Any) -> Any:
    """A network for scans around -800 with logits of about 1: an untrained one says next to nothing."""
    keras.utils.set_random_seed(1)
    channels = shape[-1]
    statistics = Intensities((-800.0,) * channels, (200.0,) * channels)
    model = fresh_network.fresh_network(name, shape, 3, statistics, **given)
    last = model.get_layer("logits")
    last.kernel.assign(last.kernel / np.abs(model(scans(shape), training=False)).max())
    return model


def scans(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(-800, 200, size=(3, *shape)).astype(np.float32)


def answers(data: bytes, shape: tuple[int, ...]) -> np.ndarray:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"scan": scans(shape)})[0]


@pytest.mark.parametrize(("name", "shape"), FITTING)
def test_every_network_answers_in_onnxruntime_as_in_keras(name: str, shape: tuple[int, ...]) -> None:
    model = classifier(name, shape)
    expected = np.asarray(model(scans(shape), training=False))
    np.testing.assert_allclose(answers(onnx_graph.onnx_bytes(model), shape), expected, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["densenet121", "efficientnet_v2_b0", "resnet50", "resnet50_v2"])
def test_every_backbone_does(backbone: str) -> None:
    model = classifier("keras_applications", (40, 40, 3), backbone=backbone)
    expected = np.asarray(model(scans((40, 40, 3)), training=False))
    found = answers(onnx_graph.onnx_bytes(model), (40, 40, 3))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_a_network_that_computes_in_16_bits_is_written_in_32(name: str) -> None:
    shape = SHAPES[0]
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = classifier(name, shape)
    finally:
        keras.config.set_dtype_policy("float32")
    single = classifier(name, shape)
    single.set_weights(mixed.get_weights())
    expected = np.asarray(single(scans(shape), training=False))
    np.testing.assert_allclose(answers(onnx_graph.onnx_bytes(mixed), shape), expected, rtol=0, atol=1e-5)


def test_the_file_has_one_input_and_one_output_with_the_promised_names() -> None:
    graph = onnx.load_from_string(onnx_graph.onnx_bytes(classifier("resnet", SHAPES[0]))).graph
    sizes = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }
    assert sizes == {"scan": ["scans", *SHAPES[0]], "logits": ["scans", 3]}


def test_a_file_that_answers_otherwise_is_refused() -> None:
    model = classifier("plain_cnn", SHAPES[0])
    data = onnx_graph.onnx_bytes(model)
    assert onnx_graph.check(data, model, scans(SHAPES[0])) <= 1e-5
    last = model.get_layer("logits")
    last.bias.assign(last.bias + 1e-4)
    with pytest.raises(ScanloomError, match=r"by up to 0\.0001, so it was not written"):
        onnx_graph.check(data, model, scans(SHAPES[0]))


@pytest.fixture
def trained(workspace: Workspace) -> Workspace:
    """A candidate whose model is a small resnet."""
    write_model(workspace.candidate / "model.keras", classifier("resnet", SHAPES[0], width=2))
    record = {
        "model_sha256": digests.of_file(workspace.candidate / "model.keras"),
        "classes": ["no", "perhaps", "yes"],
        "input_shape": list(SHAPES[0]),
        "recipe": [{"z_score": {}}],
        "recipe_id": "0123456789ab",
        "spacing": [1.0, 1.0],
        "statistics": {"mean": [-800.0] * 3, "std": [200.0] * 3},
        "precision": "float32",
        "positive": "yes",
    }
    write_json(workspace.candidate / "model.json", record)
    return workspace


def test_beside_the_model_stands_what_is_needed_to_ask_it(trained: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out"
    [line] = run_model(study.config(), trained, out).lines
    assert "candidate (there is no champion yet), as ONNX" in line
    record = json.loads((out / "model.json").read_text())
    data = (out / "model.onnx").read_bytes()
    assert record["onnx_sha256"] == digests.of_bytes(data)
    assert record["model_sha256"] == digests.of_file(trained.candidate / "model.keras")
    assert record["opset"] == onnx.load_from_string(data).opset_import[0].version
    assert record["input"]["shape"] == ["scans", *SHAPES[0]]
    assert record["input"]["axes"] == ["scans", "rows", "columns", "channels"]
    assert record["question"]["classes"] == ["no", "perhaps", "yes"]
    assert record["recipe"] == [{"z_score": {}}]
    expected = np.asarray(keras.saving.load_model(trained.candidate / "model.keras")(scans(SHAPES[0])))
    np.testing.assert_allclose(answers(data, SHAPES[0]), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("place", ["candidate", "data", "raw"])
def test_a_folder_of_the_analysis_or_of_scans_is_refused(trained: Workspace, place: str) -> None:
    out = {"candidate": trained.candidate, "data": trained.data / "onnx", "raw": trained.root / "raw/onnx"}[
        place
    ]
    before = (trained.candidate / "model.json").read_bytes()
    with pytest.raises(UsageError, match="Name another folder"):
        run_model(study.config(), trained, out)
    assert (trained.candidate / "model.json").read_bytes() == before
    assert not (out / "model.onnx").exists()


def test_without_a_model_it_is_said(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no model here"):
        run_model(study.config(), workspace, tmp_path / "out")


@pytest.mark.parametrize("enabled", [True, False])
def test_memory_is_looked_after_as_before_once_a_model_is_written(enabled: bool) -> None:
    was_enabled, before, frozen = gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()
    try:
        (gc.enable if enabled else gc.disable)()
        onnx_graph.onnx_bytes(classifier("plain_cnn", SHAPES[0]))
        assert (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()) == (enabled, before, frozen)
    finally:
        (gc.enable if was_enabled else gc.disable)()
