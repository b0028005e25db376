"""A network as the bytes of an ONNX file, in float32 whatever it was trained in."""

from __future__ import annotations

import contextlib
import gc
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ScanloomError, UsageError
from pipeline.printed import scanloom, setup

__all__ = ["INPUT", "OUTPUT", "TOLERANCE", "check", "onnx_bytes"]

INPUT: Final = "scan"
OUTPUT: Final = "logits"
TOLERANCE: Final = 1e-5
"""Of the largest logit, but of 1 at least: float32 has seven digits, and a hundred layers cost one or two."""
_BATCH: Final = "scans"
_LOOKS: Final = (2, 2)  # a choice: by Python's own 10 and 10 a ResNet-50 takes 5.0 GB, by these 3.8


def onnx_bytes(model: keras.Model) -> bytes:
    """The ONNX file: input `scan` `(scans, [slices,] rows, columns, channels)`, output `logits`.

    Raises UsageError when the packages for it are not installed.
    """
    onnx = _package("onnx")
    _package("tf2onnx")
    copy = _portable(model)
    signature = [keras.InputSpec(shape=(None, *model.input.shape[1:]), dtype="float32", name=INPUT)]
    with tempfile.TemporaryDirectory() as folder, _quiet(), _collected_often():
        path = Path(folder) / "model.onnx"
        copy.export(path, format="onnx", verbose=False, input_signature=signature)
        graph = onnx.load(path)
    _named(graph)
    onnx.checker.check_model(graph, full_check=True)
    data: bytes = graph.SerializeToString(deterministic=True)
    return data


def opset(data: bytes) -> int:
    """The version of ONNX's operators that the file uses."""
    return int(_package("onnx").load_from_string(data).opset_import[0].version)


def check(data: bytes, model: keras.Model, scans: NDArray[np.float32]) -> float:
    """The largest difference of the file's logits, by onnxruntime, from the network's own on some scans.

    Raises ScanloomError when it is more than `TOLERANCE`.
    """
    runtime = _package("onnxruntime")
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    theirs = session.run([OUTPUT], {INPUT: scans})[0]
    ours = np.asarray(keras.ops.convert_to_numpy(model(scans, training=False)))
    difference = float(np.abs(theirs - ours).max())
    if not difference <= TOLERANCE * max(1.0, float(np.abs(ours).max())):
        raise ScanloomError(
            f"The network as ONNX answers otherwise than in Keras, by up to {difference:.2g}, so it was not "
            f"written. Please report this with the versions that `{scanloom('doctor')}` shows."
        )
    return difference


def _portable(model: keras.Model) -> keras.Model:
    """The network with the same weights, computing in float32, of layers that the converter takes."""
    copy = keras.models.clone_model(model, clone_function=_layer, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def _layer(layer: Any) -> Any:
    """The layer anew; `Normalization`, whose statistics would become inputs of the graph, as `Rescaling`."""
    if isinstance(layer, keras.layers.Normalization) and layer.input_mean is not None:
        mean = np.asarray(layer.input_mean, dtype=np.float64)
        std = np.sqrt(np.asarray(layer.input_variance, dtype=np.float64))
        scale, offset = (1 / std).tolist(), (-mean / std).tolist()
        return keras.layers.Rescaling(scale, offset, dtype="float32", name=layer.name)
    # What is no layer is an operation between tensors, which has no precision of its own.
    precision = {"dtype": "float32"} if isinstance(layer, keras.Layer) else {}
    return layer.__class__.from_config({**layer.get_config(), **precision})


def _named(graph: Any) -> None:
    """Gives input, output and the axis of scans the names that are promised; the converter counts them."""
    [output] = graph.graph.output
    before, output.name = output.name, OUTPUT
    for node in graph.graph.node:
        node.output[:] = [OUTPUT if name == before else name for name in node.output]
        node.input[:] = [OUTPUT if name == before else name for name in node.input]
    for value in (*graph.graph.input, output):
        value.type.tensor_type.shape.dim[0].dim_param = _BATCH
    del graph.graph.value_info[:]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Holds back what the converter tells of its own steps."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _collected_often() -> Iterator[None]:
    """Frees the converter's copies of the graph while it makes them: some 40, each as large as the network.

    Each copy is a few objects in a circle, for which Python by itself looks too late: those of a ResNet-50
    took 7 GB. What was there before is set aside, so that a look is cheap and due more often.
    """
    before, was_enabled = gc.get_threshold(), gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(before[0], *_LOOKS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
        gc.collect()
        if not was_enabled:
            gc.disable()


def _package(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"To write a model as ONNX the package {name} is needed. Run `{setup('onnx')}`, then the same "
            "command again."
        ) from error
