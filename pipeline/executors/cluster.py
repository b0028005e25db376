"""The workers of a Dask cluster: each gives its batch to a child of its own, under the limits that hold here.

Voxels go from the child to the shared folder; what comes back is small. Dask gives the batches of a worker
that died to others, three times unless its `distributed.scheduler.allowed-failures` says otherwise. Batches
are pickled here and errors are returned, not raised, so that neither paths nor the key reach Dask's logs.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import distributed

from pipeline import provenance
from pipeline.errors import RetryError, ScanloomError, UsageError
from pipeline.executors import local
from pipeline.executors.batches import Batch, ChildLimits, Executor, Failure, Result, in_order
from pipeline.writing import TEMPORARY

_CONNECT_SECONDS, _WORKERLESS_SECONDS = 10, 60  # choices: a scheduler answers at once, a worker may restart
_KILLED = Failure("died", "KilledWorker")
_DECIDES_BYTES = ("imagecodecs", "numpy", "scipy")


def run(
    function: Callable[[Batch], Result], batches: Iterable[Batch], *, executor: Executor, limits: ChildLimits
) -> Iterator[tuple[Batch, Result | Failure]]:
    """Each batch with its result or Failure, in the order of `batches`; ScanloomError is re-raised.

    Raises:
        UsageError: a worker has other versions, or doesn't see the shared folder.
        RetryError: the scheduler can't be reached or has no workers.
    """
    versions = _versions()
    submitted: weakref.WeakSet[Any] = weakref.WeakSet()
    with _connected(str(executor.scheduler)) as client, _visible_file(executor.folder) as proof:

        def submit(batch: Batch) -> Any:
            work = pickle.dumps((function, batch, limits))
            future = client.submit(work_in_child, work, versions=versions, proof=proof, pure=False)
            submitted.add(future)
            return future

        def alone(batch: Batch) -> Any:
            for other in tuple(submitted):
                _outcome(other, client)
            return _outcome(submit(batch), client)

        for batch, future in in_order(batches, submit, workers=lambda: _threads(client)):
            outcome = _outcome(future, client)
            if outcome == _KILLED:
                # it may only have waited on workers that another batch killed: once more, with none beside it
                outcome = alone(batch)
            if isinstance(outcome, ScanloomError):
                raise outcome
            yield batch, outcome


def work_in_child(work: bytes, *, versions: Mapping[str, str], proof: Path) -> object:
    """What became of a pickled (function, batch, limits): a result, a Failure or a ScanloomError.

    Runs on a worker, whose `versions` must be these and which must see the file `proof`.
    """
    try:
        _require_same(versions, proof)
        function, batch, limits = pickle.loads(work)
        multiprocessing.current_process().daemon = False  # a nanny forbids its worker to have children
        ((_, outcome),) = local.run(function, [batch], workers=1, limits=limits)
    except ScanloomError as error:
        return error
    except Exception as error:  # noqa: BLE001 - recorded as the batch's reason
        return Failure("error", type(error).__name__)
    return outcome


def _versions() -> dict[str, str]:
    """What must be the same everywhere for the same bytes: our code, and the packages that make voxels."""
    installed = provenance.versions()
    return {"scanloom": provenance.code_digest()} | {
        name: installed.get(name, "-") for name in _DECIDES_BYTES
    }


def _require_same(versions: Mapping[str, str], proof: Path) -> None:
    ours = _versions()
    differing = ", ".join(name for name, version in versions.items() if ours[name] != version)
    if differing:
        raise UsageError(
            f"A Dask worker has another version of {differing} than this machine. Install the same lock "
            "file on both, and start the worker again."
        )
    if not proof.exists():
        raise UsageError(
            f"A Dask worker doesn't see the folder {proof.parent}. Run it where the project and the scans "
            "lie under the same paths as here."
        )


@contextlib.contextmanager
def _connected(address: str) -> Iterator[distributed.Client]:
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RetryError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}). Start it, or mend "
            "`ingest.scheduler`, and run the same command again."
        ) from None
    with client:
        _require_workers(client)
        yield client


@contextlib.contextmanager
def _visible_file(folder: Path) -> Iterator[Path]:
    """A file by which a worker sees that it shares the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    proof = folder / f"shared{TEMPORARY}{uuid.uuid4().hex}"
    proof.touch()
    try:
        yield proof
    finally:
        proof.unlink(missing_ok=True)


def _threads(client: distributed.Client) -> int:
    threads: dict[str, int] = client.nthreads()
    return max(1, sum(threads.values()))


def _outcome(future: distributed.Future, client: distributed.Client) -> Any:
    while True:
        try:
            return future.result(timeout=_WORKERLESS_SECONDS)
        except TimeoutError:
            _require_workers(client)  # then it is only slow
        except distributed.KilledWorker:
            return _KILLED
        except (CancelledError, OSError) as error:
            raise _lost(client, type(error).__name__) from None
        except Exception as error:  # noqa: BLE001 - what ours raises is returned: it never ran
            raise UsageError(
                f"The workers of the Dask scheduler {client.scheduler.address} can't run Scanloom "
                f"({type(error).__name__}). Install the same lock file there as here."
            ) from None


def _require_workers(client: distributed.Client) -> None:
    try:
        client.wait_for_workers(1, timeout=_WORKERLESS_SECONDS)
    except OSError as error:
        raise _lost(client, type(error).__name__) from None


def _lost(client: distributed.Client, why: str) -> RetryError:
    return RetryError(
        f"The Dask scheduler {client.scheduler.address} has no workers or doesn't answer any more ({why}). "
        "Nothing that was read is lost: start it and its workers, and run the same command again."
    )
