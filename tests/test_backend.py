"""The machine under Keras."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.backend import memory_told
from pipeline.errors import RetryError

PROJECT = Path(__file__).parent.parent


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


@pytest.mark.parametrize(
    "error", [MemoryError(), ResourceExhaustedError("OOM"), RuntimeError("RESOURCE_EXHAUSTED: out of memory")]
)
def test_out_of_memory_in_any_words_asks_to_try_again_with_a_remedy(error: Exception) -> None:
    with pytest.raises(RetryError, match=r"took up to \d+ MB\)\. Buy more"), memory_told("Buy more."):
        raise error


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(KeyError, match="mine"), memory_told("Buy more."):
        raise KeyError("mine")


def test_threads_are_set_once_and_another_number_is_refused() -> None:
    code = """if True:
        from pipeline import backend
        from pipeline.errors import RetryError
        backend.start(1)
        import keras, tensorflow
        assert tensorflow.config.threading.get_intra_op_parallelism_threads() == 1
        keras.ops.ones(1)
        backend.start(1)
        try:
            backend.start(3)
        except RetryError as error:
            print(error)
        device = backend.device()
        print(device.backend, device.kind in ("cpu", "gpu", "tpu"))
    """
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        check=True,
        capture_output=True,
        text=True,
    )
    refusal, device = ended.stdout.splitlines()
    assert "needs 3 threads, but this process already computes with 1" in refusal
    assert device == "tensorflow True"
