"""Training states on disk: all a run needs to go on with the same bits.

`run.json` says what is being trained, by a digest, and with how many threads, on which the last bits
depend; each fit of the run has a folder of its own below it. There `state-STEP.npz` holds every array and,
as JSON, every number of a state; `state-STEP.json`, written after it, the file's SHA-256. Two states are
kept: should the newest be damaged, the one before serves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import digests
from pipeline.errors import UsageError
from pipeline.progress import say
from pipeline.writing import atomic, write_json

KEPT = 2  # the newest may be half-written when the power goes; the one before it is whole
_NUMBERS = "numbers"
_RUN_FILE = "run.json"
_STATES = "state-????????.npz"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """Arrays by name, and the numbers of the state as JSON values."""

    arrays: Arrays
    numbers: Mapping[str, Any]


@dataclass(frozen=True)
class Store:
    """The folder of the states of a fit, and the number of threads that its run began with."""

    folder: Path
    threads: int

    def of(self, name: str) -> Store:
        """The store of one fit of the run."""
        return Store(self.folder / name, self.threads)

    def write(self, step: int, checkpoint: Checkpoint) -> None:
        """Keeps the state after `step` steps, and removes the oldest ones."""
        path = self.folder / f"state-{step:08d}.npz"
        text = np.frombuffer(json.dumps(dict(checkpoint.numbers)).encode(), dtype=np.uint8)
        with atomic(path) as temporary:
            np.savez(temporary, allow_pickle=False, **{_NUMBERS: text}, **checkpoint.arrays)
        write_json(path.with_suffix(".json"), {"sha256": digests.of_file(path)})
        for old in _states(self.folder)[:-KEPT]:
            _remove(old)

    def newest(self) -> Checkpoint | None:
        """The newest sound state; None where training begins. Says which are damaged."""
        for path in reversed(_states(self.folder)):
            seal = _read_record(path.with_suffix(".json"))
            if seal.get("sha256") == digests.of_file(path):
                return _read(path)
            say(f"The training state {path.name} is damaged or incomplete; an earlier one is used.")
        return None


def open_store(
    folder: Path, run_digest: str, *, threads: int, work: str = "", environment: str = ""
) -> Store:
    """The store of the run that `run_digest` names; states of any other run are removed.

    A run that goes on keeps its own number of threads. `work` is the digest of the run whatever it is made
    by, `environment` names Keras and its backend with their versions.

    Raises UsageError when the same work was begun by other versions: its states are hours that the right
    environment still can go on from.
    """
    path = folder / _RUN_FILE
    record = _read_record(path)
    if record.get("run_digest") == run_digest:
        return Store(folder, int(record["threads"]))
    begun_by = record.get("made_by", environment)
    left = sorted(folder.rglob(_STATES))
    if left and work and record.get("work") == work and begun_by != environment:
        place = f"data/{folder.parent.name}/{folder.name}"
        raise UsageError(
            f"The training states in {place} were made by {begun_by}, and here is {environment}, which would "
            "not go on to the same weights. Use an environment with the versions that made them, or remove "
            f"{place} to train anew with these."
        )
    for state in left:
        _remove(state)
    write_json(path, {"run_digest": run_digest, "threads": threads, "work": work, "made_by": environment})
    return Store(folder, threads)


def named(prefix: str, arrays: Sequence[NDArray[Any]]) -> Arrays:
    """The arrays by `prefix` and place."""
    return {f"{prefix}-{index:05d}": array for index, array in enumerate(arrays)}


def unnamed(prefix: str, arrays: Arrays) -> list[NDArray[Any]]:
    """The arrays that `named` gave that prefix, in their order."""
    return [arrays[name] for name in sorted(arrays) if name.rpartition("-")[0] == prefix]


def assign(variables: Sequence[Any], arrays: Sequence[NDArray[Any]]) -> None:
    """Puts the arrays into Keras variables. Raises ValueError where number, shape or type differ."""
    if len(variables) != len(arrays):
        raise ValueError(f"the state has {len(arrays)} arrays, the model {len(variables)} variables")
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(variable.shape) != array.shape or str(variable.dtype) != str(array.dtype):
            raise ValueError(f"'{variable.path}' is {variable.dtype} {tuple(variable.shape)}, "
                             f"the state has {array.dtype} {array.shape}")  # fmt: skip
        variable.assign(array)


def _states(folder: Path) -> list[Path]:
    return sorted(folder.glob(_STATES))


def _read_record(path: Path) -> dict[str, Any]:
    """A small JSON object; empty where it is missing or damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _read(path: Path) -> Checkpoint:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    numbers = json.loads(arrays.pop(_NUMBERS).tobytes())
    return Checkpoint(arrays, numbers)


def _remove(path: Path) -> None:
    path.with_suffix(".json").unlink(missing_ok=True)
    path.unlink(missing_ok=True)
