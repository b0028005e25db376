"""What every executor is told about the work, and what it says where a batch has no result."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pipeline.provenance import cores

Batch = TypeVar("Batch")
Result = TypeVar("Result")
Pending = TypeVar("Pending")


@dataclass(frozen=True)
class Executor:
    """Who does the work: `workers` children here, or the workers of a Dask scheduler.

    `folder` is the one that a cluster's machines must share with this one.
    """

    folder: Path
    workers: int | None = None
    scheduler: str | None = None

    @property
    def size(self) -> int:
        """The number of children here: one more than cores if not said, since they wait for the disk."""
        return self.workers or cores() + 1


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


def in_order(
    batches: Iterable[Batch], submit: Callable[[Batch], Pending], *, workers: Callable[[], int]
) -> Iterator[tuple[Batch, Pending]]:
    """Each batch with what `submit` gave for it, in order; at most three batches a worker are submitted."""
    waiting: collections.deque[tuple[Batch, Pending]] = collections.deque()
    source = iter(batches)
    while True:
        # Three: one in work, one that waits for it, and one more so that a short batch leaves nobody idle.
        while len(waiting) < 3 * workers() and (batch := next(source, None)) is not None:
            waiting.append((batch, submit(batch)))
        if not waiting:
            return
        yield waiting.popleft()
