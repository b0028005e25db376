"""Foreign bytes read in child processes, so that one bad file costs itself alone.

A child that dies, hangs or runs out of memory takes its batch with it; each part of the batch is then
tried alone once, by half the children. The clock for a single file runs in the child itself: a decoder
that is stuck in native code is ended by the kernel.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from pipeline.executors import ChildLimits, Executor, Failure, run
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal

Task = TypeVar("Task")
Result = TypeVar("Result")

_BATCH_FACTOR = 20
"""A whole batch may take so many times as long as one file before its child is given up."""


def run_isolated(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    split: Callable[[Task], Iterable[Task]],
    executor: Executor,
    limits: FileLimits,
) -> Iterator[tuple[Task, Result | Failure]]:
    """Each task with its result; a failed task is replaced by its parts, and a failed part by its Failure."""
    if not tasks:
        return
    child = ChildLimits(_BATCH_FACTOR * limits.seconds, limits.memory_mb)
    parts: list[Task] = []
    alone: list[tuple[Task, Failure]] = []
    for task, result in run(function, tasks, executor=_needed(executor, len(tasks)), limits=child):
        if not isinstance(result, Failure):
            yield task, result
            continue
        pieces = list(split(task))
        if len(pieces) > 1:
            parts += pieces
        else:
            alone.append((task, result))
    yield from alone
    if parts:
        # Memory may have been short: half of the children have twice of it each.
        half = replace(executor, workers=max(1, executor.size // 2))
        yield from run(function, parts, executor=_needed(half, len(parts)), limits=child)


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Ends this child process when the block takes longer; only for use in children."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def header_refusal(failure: Failure) -> Refusal:
    """What it means for a file that the child which read its header failed."""
    if _out_of_time(failure):
        return Refusal("limit_exceeded", "reading it did not end in time")
    if failure.kind == "died" and not _killed(failure):  # such as SIGBUS, when a mapped file shrinks
        return Refusal("io_error", f"the reading process died ({failure.detail})")
    return _refusal(failure)


def pixel_refusal(failure: Failure) -> Refusal:
    """What it means for a file that the child which decoded its pixels failed."""
    if _out_of_time(failure):
        return Refusal("decode_error", "the decoder did not end in time")
    if failure.kind == "died" and not _killed(failure):
        return Refusal("decode_error", f"the decoder died ({failure.detail})")
    return _refusal(failure)


def _out_of_time(failure: Failure) -> bool:
    return failure.kind == "hung" or failure.detail == f"exit code {-signal.SIGALRM}"


def _killed(failure: Failure) -> bool:
    """Whether the child was ended from outside, as the kernel does when memory runs out."""
    return failure.detail == f"exit code {-signal.SIGKILL}"


def _refusal(failure: Failure) -> Refusal:
    if failure.kind == "memory" or _killed(failure):
        return Refusal("limit_exceeded", f"memory: {failure.detail}")
    return Refusal("internal_error", failure.detail)


def _needed(executor: Executor, tasks: int) -> Executor:
    return replace(executor, workers=max(1, min(executor.size, tasks)))
