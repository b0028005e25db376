"""A pool of child processes with limits, for everything that touches a foreign byte.

A child that dies, hangs or runs out of memory costs its own batch alone; the pool goes on. Children
end with their parent and ignore Ctrl-C (the parent handles it). They are copies of one server process,
which has imported what the first batches need and nothing else, so that a child costs milliseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import BaseContext
from typing import Any

from pebble import CONSTS, ProcessExpired, ProcessPool

from pipeline.errors import ScanloomError
from pipeline.executors.batches import Batch, ChildLimits, Failure, Result, in_order

_PR_SET_PDEATHSIG = 1  # of linux/prctl.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_KEPT_BYTES, _MAPPED_BYTES = 128 << 20, 32 << 20  # the second is the most that glibc takes (mallopt(3))
CONSTS.sleep_unit = 0.01  # seconds between looks at the children; a pool begins and ends with one
_LONGEST_FOLDER = 107 - len("/pymp-xxxxxxxx/listener-xxxxxxxx")  # bytes; a socket's path has at most 107
_FIRST = "pipeline.executors.first_import"


def run(
    function: Callable[[Batch], Result], batches: Iterable[Batch], *, workers: int, limits: ChildLimits
) -> Iterator[tuple[Batch, Result | Failure]]:
    """Each batch with its result or Failure, in the order of `batches`; ScanloomError is re-raised."""
    pool = ProcessPool(
        max_workers=workers,
        context=prepare(function.__module__),
        initializer=_start_child,
        initargs=(limits.memory_mb,),
    )

    def submit(batch: Batch) -> Future[Any]:
        with _interrupts_held():
            future: Future[Any] = pool.schedule(function, args=(batch,), timeout=limits.seconds)
        return future

    try:
        for batch, future in in_order(batches, submit, workers=lambda: workers):
            yield batch, _outcome(future, limits)
    finally:
        pool.stop()
        pool.join()


def prepare(*modules: str) -> BaseContext:
    """How children are made: as copies of a server that imports `modules`, beside what is done here.

    Where the path of the temporary folder leaves no room for the server's socket, as fresh interpreters.
    A server that runs already stays as it is.
    """
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        return multiprocessing.get_context("spawn")
    multiprocessing.set_forkserver_preload([_FIRST, *modules])
    with _interrupts_held():
        forkserver.ensure_running()
    return multiprocessing.get_context("forkserver")


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


def _start_child(memory_mb: int) -> None:
    importlib.import_module(_FIRST)
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if hasattr(library, "mallopt"):
            # Asking the kernel for a plane's memory each time takes five times as long as its arithmetic.
            library.mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
            library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        parent = multiprocessing.parent_process()
        if parent is None or not parent.is_alive():
            os._exit(1)
        size = memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
