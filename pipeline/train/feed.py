"""Batches as a pure function of (seed, epoch, step), made ahead by one thread.

So training goes on at any step without a state of the feed, and only a few batches are in memory.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.tasks.contract import Targets
from pipeline.train.patches import Patches, cut

_AHEAD = 2  # batches; more hides no more, a step takes longer than a read
_PATIENCE_SECONDS = 0.1  # how soon the thread sees that it is to stop


@dataclass(frozen=True)
class Examples:
    """The cases of a part: `read(i)` gives the array of case `case_ids[i]`, whose truth is `targets[i]`.

    `targets` has the shape (cases, ...), `weights`, float32, (cases,). Where voxels are asked for, `bits(i)`
    gives what the truth marks in each, and `patches` are cut, `a_scan` of each in an epoch. An example is
    called by its number: case and patch are `divmod(number, a_scan)`.
    """

    case_ids: tuple[str, ...]
    targets: Targets
    weights: NDArray[np.float32]
    read: Callable[[int], NDArray[Any]]
    bits: Callable[[int], NDArray[Any]] | None = None
    patches: Patches | None = None
    a_scan: int = 1

    @property
    def count(self) -> int:
        """How many examples an epoch has."""
        return len(self.case_ids) * self.a_scan

    def take(self, number: int, step: int) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """The scan of an example, or a patch of it, and what is marked there."""
        index = number // self.a_scan
        scan, bits = self.read(index), self.bits(index) if self.bits else None
        if self.patches is None or bits is None:
            return scan, bits
        corner = self.patches.corner(index, bits.shape, unit=number, step=step)
        return cut(scan, corner, self.patches.shape), cut(bits, corner, self.patches.shape)


@dataclass(frozen=True)
class Batch:
    """What one step trains on; all arrays have the batch as first axis, `scans` in its stored type.

    `case` are the numbers of the examples.
    """

    step: int
    case: NDArray[np.uint32]
    scans: NDArray[Any]
    targets: Targets
    weights: NDArray[np.float32]
    bits: NDArray[Any] | None = None

    @property
    def inputs(self) -> dict[str, NDArray[Any]]:
        """The inputs of the training model."""
        marked = {} if self.bits is None else {"bits": self.bits}
        return {"scans": self.scans, "case": self.case, "step": np.full_like(self.case, self.step), **marked}


def order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """The order of `count` cases in an epoch: a permutation drawn from (seed, epoch) alone."""
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, epoch], dtype=np.uint64)))
    return generator.permutation(count)


def steps_per_epoch(count: int, batch_size: int) -> int:
    """How many whole batches an epoch has; the rest sits out, others in each epoch."""
    return count // batch_size


def make_batch(examples: Examples, step: int, *, seed: int, batch_size: int) -> Batch:
    """The batch of global step `step`, counted from 0 over all epochs."""
    count = examples.count
    epoch, within = divmod(step, steps_per_epoch(count, batch_size))
    # Sorted, so that the memory-mapped shards are read forwards.
    chosen = np.sort(order(seed, epoch, count)[within * batch_size : (within + 1) * batch_size])
    scans, bits = zip(*(examples.take(int(number), step) for number in chosen), strict=True)
    return Batch(
        step=step,
        case=chosen.astype(np.uint32),
        scans=np.stack(scans),
        targets=examples.targets[chosen // examples.a_scan],
        weights=examples.weights[chosen // examples.a_scan],
        bits=np.stack(bits) if examples.bits else None,
    )


class Prefetched:
    """Iterates over `make(number)` for `numbers`, made ahead by a thread; use as a context manager.

    An error of `make` is raised where its result was due. `waited_seconds` is the time the iteration
    has stood still for want of a result.
    """

    def __init__(self, make: Callable[[int], Batch], numbers: range) -> None:
        self._make, self._numbers = make, numbers
        self._ready: queue.Queue[Batch | BaseException] = queue.Queue(maxsize=_AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="feed", daemon=True)
        self.waited_seconds = 0.0

    def __enter__(self) -> Prefetched:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def __iter__(self) -> Iterator[Batch]:
        for _ in self._numbers:
            started = time.monotonic()
            result = self._ready.get()
            self.waited_seconds += time.monotonic() - started
            if isinstance(result, BaseException):
                raise result
            yield result

    def _work(self) -> None:
        for number in self._numbers:
            try:
                result: Batch | BaseException = self._make(number)
            except BaseException as error:  # noqa: BLE001 - raised again by the iteration
                result = error
            if not self._put(result) or isinstance(result, BaseException):
                return

    def _put(self, result: Batch | BaseException) -> bool:
        """Whether there was room before the stop."""
        while not self._stop.is_set():
            try:
                self._ready.put(result, timeout=_PATIENCE_SECONDS)
            except queue.Full:
                continue
            return True
        return False
