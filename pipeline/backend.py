"""The machine under Keras. Only this file and the derivatives of the insights speak to TensorFlow itself.

Keras chooses its backend from KERAS_BACKEND (TensorFlow where unset). Thread counts, op determinism
and the GPU's abilities are TensorFlow's own settings; on another backend `start` leaves them alone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Literal, cast

from pipeline.errors import RetryError, UsageError
from pipeline.printed import setup
from pipeline.progress import waiting
from pipeline.provenance import cores

_FIRST_BFLOAT16_CAPABILITY = 8  # NVIDIA Ampere
_X86 = ("x86_64", "amd64")
_UNASKED = ("matplotlib", "sklearn")  # imported by Keras, where it finds them, for what nobody asks of it
_PARTS = 4  # at least, of a batch that is computed in parts: a choice, for more threads than two


@dataclass(frozen=True)
class Device:
    """What the numbers are computed on: `kind` as Keras calls it ("cpu", "gpu", "tpu").

    `bfloat16` says whether the device computes 16-bit floats fast. `compiles` says whether a
    whole step is best compiled by XLA: on a CPU, TensorFlow's own kernels are faster (1.3 times
    in 2-D, 7.7 times in 3-D), while JAX knows no other way.
    """

    backend: str
    kind: str
    bfloat16: bool
    compiles: bool


def prepare() -> None:
    """Sets what must be set before Keras is first imported."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Its warnings are for programmers: that several networks are each traced anew, say.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if platform.machine().lower() in _X86:
        # TensorFlow itself turns oneDNN on for newer processors alone. With AVX2 it makes a step of a 3-D
        # U-Net some eight times as fast, and one of a 2-D network half as fast again.
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def load() -> None:
    """Imports Keras with its backend, and keeps back what their native code prints meanwhile.

    TF_CPP_MIN_LOG_LEVEL is read too late for the first of these lines, which tell of plug-ins that are
    registered twice and of GPUs that are not there. When loading fails, they are shown, and UsageError is
    raised.
    """
    prepare()
    if "keras" in sys.modules:
        return
    try:
        with waiting("starting TensorFlow"), _held_back(), _not_found(_UNASKED):
            import keras

            if keras.backend.backend() == "tensorflow":
                _tensorflow().config.list_physical_devices()  # looks for GPUs, but computes nothing yet
    except ImportError as error:
        raise UsageError(
            f"Keras and its backend can't be loaded ({error}). Remove the folder .venv and run `{setup()}`, "
            "which installs them anew."
        ) from error


@contextlib.contextmanager
def _held_back() -> Iterator[None]:
    """Holds back what is written to the error stream, whoever writes it; shown when the body raises."""
    sys.stderr.flush()
    stream = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:  # Ctrl-C, too: what was held back is shown, and nothing is kept from the caller
            held.seek(0)
            os.write(stream, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stream, 2)
            os.close(stream)


@contextlib.contextmanager
def _not_found(names: tuple[str, ...]) -> Iterator[None]:
    """Lets imports of these packages fail, unless they are there already: Keras goes on without them.

    They are a quarter of the time in which it starts.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    absent = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(absent))  # None stands for what can't be imported
    try:
        yield
    finally:
        for name in absent:
            del modules[name]


def start(threads: int) -> None:
    """Fixes the number of threads, on which the last bits of a result depend.

    Raises RetryError when TensorFlow already runs in this process with another number.
    """
    load()
    if os.environ["KERAS_BACKEND"] != "tensorflow":
        return
    settings = _tensorflow().config.threading
    try:
        settings.set_intra_op_parallelism_threads(threads)
        settings.set_inter_op_parallelism_threads(threads)
    except RuntimeError as error:
        running = settings.get_intra_op_parallelism_threads() or cores()  # 0 stands for all cores
        if running != threads:
            raise RetryError(
                f"The computation needs {threads} threads, but this process already computes with {running}. "
                "Run this stage by a command of its own."
            ) from error


def device() -> Device:
    """The device that Keras computes on."""
    load()
    import keras

    kind = keras.distribution.list_devices()[0].split(":")[0]
    name = keras.backend.backend()
    return Device(
        backend=name,
        kind=kind,
        bfloat16=kind == "tpu"
        or (kind == "gpu" and name == "tensorflow" and _capability() >= _FIRST_BFLOAT16_CAPABILITY),
        compiles=kind != "cpu" or name == "jax",
    )


def seed_everything(seed: int, *, order: Literal["fixed", "free"]) -> None:
    """Makes the following computation repeatable.

    With `order` "fixed" TensorFlow sums in one order, so that the same seed gives the same bits;
    steps compiled by XLA keep an order of their own ("free").
    """
    load()
    import keras

    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow" and order == "fixed":
        _tensorflow().config.experimental.enable_op_determinism()


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of tensors as one kernel, compiled by XLA once for all calls, also inside a step that isn't.

    TensorFlow's own kernels win in convolutions, but many small operations in a row run several times
    faster as one. Other backends compile the whole step anyway, and get the function as it is.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return function
    return _tensorflow().function(function, jit_compile=True)  # type: ignore[no-any-return]


def in_parts(function: Callable[..., Any], arrays: tuple[Any, ...], *, most: int) -> Any:
    """What `function` makes of tensors that have cases as first axis, on a CPU of `most` cases at a time.

    There a compiled kernel uses one thread, so that several parts run side by side; elsewhere all is one
    part. The function treats each case by itself.
    """
    import keras

    count = int(arrays[0].shape[0])
    if keras.backend.backend() != "tensorflow" or keras.distribution.list_devices()[0][:3] != "cpu":
        return function(*arrays)
    size = min(most, -(-count // _PARTS))
    starts = range(0, count, size)
    parts = [function(*(array[start : start + size] for array in arrays)) for start in starts]
    return keras.ops.concatenate(parts, axis=0) if len(parts) > 1 else parts[0]


def normalizes_at_once() -> bool:
    """Whether `normalized_at_once` is there: TensorFlow has it, other backends compile the whole step."""
    import keras

    return bool(keras.backend.backend() == "tensorflow")


def normalized_at_once(maps: Any, scale: Any, shift: Any, *, epsilon: float) -> tuple[Any, Any, Any]:
    """Maps `(batch, *space, channels)` with mean 0 and variance 1 a channel, then scaled and shifted.

    With the batch's mean and variance (of a population, not of a sample) a channel, float32. In one kernel,
    whose gradient is one too.
    """
    tensorflow = _tensorflow()
    flat = maps if maps.shape.rank == 4 else tensorflow.reshape(maps, (maps.shape[0], -1, 1, maps.shape[-1]))
    count = tensorflow.cast(tensorflow.size(maps) // maps.shape[-1], "float32")
    made = tensorflow.raw_ops.FusedBatchNormV3(
        x=flat,
        scale=scale,
        offset=shift,
        mean=tensorflow.zeros((0,)),
        variance=tensorflow.zeros((0,)),
        epsilon=epsilon,
        is_training=True,
    )
    # The kernel gives the variance of a sample.
    variance = made.batch_variance * (count - 1.0) / count
    values = made.y if maps.shape.rank == 4 else tensorflow.reshape(made.y, tensorflow.shape(maps))
    return values, made.batch_mean, variance


@contextlib.contextmanager
def explain_out_of_memory(remedy: str) -> Iterator[None]:
    """Turns "out of memory", as Python and the backends say it, into a RetryError with a remedy."""
    try:
        yield
    except Exception as error:
        named = type(error).__name__ == "ResourceExhaustedError" or "RESOURCE_EXHAUSTED" in str(error)
        if not (named or isinstance(error, MemoryError)):
            raise
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        raise RetryError(f"The memory is used up (this process took up to {peak_mb} MB). {remedy}") from error


def _capability() -> int:
    config = _tensorflow().config
    details = config.experimental.get_device_details(config.list_physical_devices("GPU")[0])
    return int(details.get("compute_capability", (0, 0))[0])


def _tensorflow() -> Any:
    import tensorflow

    return tensorflow
