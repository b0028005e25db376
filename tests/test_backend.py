"""The machine under Keras."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import backend
from pipeline.backend import explain_out_of_memory
from pipeline.errors import RetryError

PROJECT = Path(__file__).parent.parent


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


@pytest.mark.parametrize(
    "error", [MemoryError(), ResourceExhaustedError("OOM"), RuntimeError("RESOURCE_EXHAUSTED: out of memory")]
)
def test_out_of_memory_in_any_words_asks_to_try_again_with_a_remedy(error: Exception) -> None:
    with (
        pytest.raises(RetryError, match=r"took up to \d+ MB\)\. Buy more"),
        explain_out_of_memory("Buy more."),
    ):
        raise error


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(KeyError, match="mine"), explain_out_of_memory("Buy more."):
        raise KeyError("mine")


@pytest.fixture(scope="module")
def told() -> subprocess.CompletedProcess[str]:
    """What a process of its own says of the machine under Keras."""
    code = """if True:
        import logging, sys
        from pipeline import backend
        from pipeline.errors import RetryError
        backend.start(1)
        print(*sorted({"matplotlib", "sklearn"} & sys.modules.keys()))
        import keras, sklearn, tensorflow
        from matplotlib import figure
        assert tensorflow.config.threading.get_intra_op_parallelism_threads() == 1
        keras.ops.ones(1)
        backend.start(1)
        try:
            backend.start(3)
        except RetryError as error:
            print(error)
        device = backend.device()
        print(device.backend, device.kind in ("cpu", "gpu", "tpu"))
        logging.getLogger("tensorflow").warning("5 out of the last 10 calls triggered tf.function retracing")
        logging.getLogger("tensorflow").error("an error")
    """
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_threads_are_set_once_and_another_number_is_refused(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == 0, told.stderr
    _, refusal, device = told.stdout.splitlines()
    assert "needs 3 threads, but this process already computes with 1" in refusal
    assert device == "tensorflow True"


def test_keras_starts_without_the_packages_that_nobody_asks_it_for(
    told: subprocess.CompletedProcess[str],
) -> None:
    assert told.stdout.splitlines()[0] == ""


@pytest.mark.parametrize(
    ("then", "sentence"),
    [
        ("class backend: backend = staticmethod(lambda: 'another')", "what follows\n"),
        ("raise ImportError('no libcudart')", "native noise\n"),
    ],
    ids=["loads", "fails"],
)
def test_what_native_code_prints_while_it_loads_is_shown_only_when_loading_fails(
    tmp_path: Path, then: str, sentence: str
) -> None:
    (tmp_path / "keras.py").write_text(f"import os; os.write(2, b'native noise\\n')\n{then}\n")
    code = "import os; from pipeline import backend; backend.load(); os.write(2, b'what follows\\n')"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{PROJECT}"},
        capture_output=True,
        text=True,
    )
    assert ended.stderr.startswith(sentence)
    assert ("can't be loaded (no libcudart)" in ended.stderr) == (ended.returncode != 0)


@pytest.mark.parametrize(
    ("machine", "given", "expected"),
    [("x86_64", None, "1"), ("AMD64", None, "1"), ("x86_64", "0", "0"), ("aarch64", None, None)],
)
def test_onednn_is_on_for_processors_of_its_kind_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, machine: str, given: str | None, expected: str | None
) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", given or "")  # so that what was there comes back
    if given is None:
        monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    monkeypatch.setattr(platform, "machine", lambda: machine)
    backend.prepare()
    assert os.environ.get("TF_ENABLE_ONEDNN_OPTS") == expected


def test_what_tensorflow_warns_its_programmers_of_is_not_shown(
    told: subprocess.CompletedProcess[str],
) -> None:
    assert "retracing" not in told.stderr
    assert "an error" in told.stderr


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_a_stage_sets_keras_up_before_anything_of_its_imports_it(stage: str, tmp_path: Path) -> None:
    """What is set later (oneDNN, the lines of native code that are held back) has no effect."""
    code = f"""if True:
        import os, pathlib
        from ingesting import config
        from pipeline.errors import ScanloomError
        from pipeline.{stage} import run
        from pipeline.workspace import Workspace
        try:
            run(config(), Workspace(pathlib.Path({str(tmp_path)!r}), "study"))
        except ScanloomError as error:
            print(os.environ.get("KERAS_BACKEND"))
    """
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environment["PYTHONPATH"] = f"{PROJECT}:{PROJECT / 'tests/support'}"
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert ended.stdout == "tensorflow\n", ended.stderr
    assert "oneDNN" not in ended.stderr
