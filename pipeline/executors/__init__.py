"""Batches of work done elsewhere: by child processes here, or by the workers of a Dask cluster.

Reads and writes nothing itself but a passing file, by which a cluster shows that it sees the project's
folder. Guarantees: each batch has a result or a Failure, in the order of the batches; foreign bytes are
touched by children with limits only; a child or worker that dies loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pipeline.errors import UsageError
from pipeline.executors.batches import Batch, ChildLimits, Executor, Failure, Result
from pipeline.printed import setup

__all__ = ["ChildLimits", "Executor", "Failure", "run"]


def run(
    function: Callable[[Batch], Result], batches: Iterable[Batch], *, executor: Executor, limits: ChildLimits
) -> Iterator[tuple[Batch, Result | Failure]]:
    """Each batch with its result or Failure, in the order of `batches`.

    `function` must be importable in a child. A few batches per worker are in flight, so neither the
    list of batches nor the results need fit in memory. Errors of ours (ScanloomError) are re-raised.

    Raises:
        UsageError: a scheduler is named and Dask isn't installed, or its workers have other versions.
        RetryError: the scheduler can't be reached or has no workers.
    """
    if not executor.scheduler:
        from pipeline.executors import local  # not needed where there is nothing to read

        return local.run(function, batches, workers=executor.size, limits=limits)
    try:
        from pipeline.executors import cluster  # an extra, not needed otherwise
    except ModuleNotFoundError:
        raise UsageError(
            f"`ingest.executor: dask` needs packages that aren't installed. Run `{setup('dask')}`."
        ) from None
    return cluster.run(function, batches, executor=executor, limits=limits)
