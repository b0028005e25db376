"""A pool of child processes with limits, for everything that touches a foreign byte.

A child that dies, hangs or runs out of memory costs its own batch alone; the pool goes on. Children
end with their parent, ignore Ctrl-C (the parent handles it) and import nothing they don't need.
"""

from __future__ import annotations

import collections
import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Any, Literal, TypeVar

from pebble import ProcessExpired, ProcessPool

from pipeline.errors import ScanloomError

Batch = TypeVar("Batch")
Result = TypeVar("Result")

_PR_SET_PDEATHSIG = 1
_CHILD_VARIABLES = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": f"{32 << 20}", "MALLOC_TRIM_THRESHOLD_": f"{128 << 20}",
}  # fmt: skip
"""Numeric libraries use one thread each: the pool is the parallelism. The C library keeps freed memory
for the next plane; asking the kernel for it each time takes five times as long as the arithmetic."""


@dataclass(frozen=True)
class ChildLimits:
    """What one child may use: wall seconds for a batch, megabytes of address space."""

    seconds: float
    memory_mb: int


@dataclass(frozen=True)
class Failure:
    """Why a batch has no result; `detail` holds numbers and class names only."""

    kind: Literal["died", "hung", "memory", "error"]
    detail: str


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    function: Callable[[Batch], Result], batches: Iterable[Batch], *, workers: int | None, limits: ChildLimits
) -> Iterator[tuple[Batch, Result | Failure]]:
    """Each batch with its result or Failure, in the order of `batches`.

    `function` must be importable in a child. A few batches per worker are in flight, so neither the
    list of batches nor the results need fit in memory. Errors of ours (ScanloomError) are re-raised.
    """
    count = workers or cores()
    context = multiprocessing.get_context("spawn")
    waiting: collections.deque[tuple[Batch, Future[Any]]] = collections.deque()
    source = iter(batches)
    with _child_environment():
        pool = ProcessPool(
            max_workers=count,
            context=context,
            initializer=_start_child,
            initargs=(limits.memory_mb, os.getpid()),
        )
        try:
            while True:
                while len(waiting) < 3 * count and (batch := next(source, None)) is not None:
                    with _interrupts_held():
                        future = pool.schedule(function, args=(batch,), timeout=limits.seconds)
                    waiting.append((batch, future))
                if not waiting:
                    break
                batch, future = waiting.popleft()
                yield batch, _outcome(future, limits)
        finally:
            pool.stop()
            pool.join()


def _outcome(future: Future[Any], limits: ChildLimits) -> Any:
    try:
        return future.result()
    except ProcessExpired as error:
        return Failure("died", f"exit code {error.exitcode}")
    except FutureTimeout:
        return Failure("hung", f"more than {limits.seconds:g} s")
    except MemoryError:
        return Failure("memory", f"more than {limits.memory_mb} MB")
    except (ScanloomError, CancelledError):
        raise
    except Exception as error:  # noqa: BLE001 - recorded as the batch's reason
        return Failure("error", type(error).__name__)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Holds Ctrl-C back; children that are started now, or by threads that are, never see one."""
    resource_tracker.ensure_running()  # started by the first child, it would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_child(memory_mb: int, parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        size = memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextlib.contextmanager
def _child_environment() -> Iterator[None]:
    """Children start with the variables that suit them."""
    before = {name: os.environ.get(name) for name in _CHILD_VARIABLES}
    os.environ.update(_CHILD_VARIABLES)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
