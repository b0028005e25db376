"""Where every artifact lies, and the only ways to write one.

A file is written under a temporary name in its own folder, synced, and renamed: a kill at any
moment leaves the old file or the new one. A file whose bytes would not change is left alone, so
that make sees no change.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import multiprocessing
import os
import shutil
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import RetryError

if TYPE_CHECKING:
    import pandas as pd

TEMPORARY = ".tmp-"
_passed: Counter[str] = Counter()
_RETRY_ERRORS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the folder is read-only",
    errno.EACCES: "the folder can't be written",
}


@dataclass(frozen=True)
class Workspace:
    """The paths of one analysis: `data/NAME` (can be rebuilt) and `reports/NAME` (kept)."""

    root: Path
    name: str

    @property
    def data(self) -> Path:
        """Derived files; `make clean` removes them."""
        return self.root / "data" / self.name

    @property
    def catalogue(self) -> Path:
        """The SQLite catalogue of files, cases and arrays."""
        return self.data / "catalogue.sqlite"

    @property
    def cases(self) -> Path:
        """Shards of native voxels."""
        return self.data / "cases"

    @property
    def normalized(self) -> Path:
        """Shards of model-ready arrays."""
        return self.data / "normalized"

    @property
    def checkpoints(self) -> Path:
        """Training states to resume from."""
        return self.data / "checkpoints"

    @property
    def scratch(self) -> Path:
        """Workspaces of running predictions, each under its process number; they need no lock."""
        return self.data / "predict"

    @property
    def sections(self) -> Path:
        """One JSON file for each section of the YAML, touched only when the section changed."""
        return self.data / "config"

    def stamp(self, stage: str) -> Path:
        """The file that says that `stage` is done, with its digests; written last."""
        return self.data / "stages" / f"{stage}.json"

    def forget_stamps(self) -> None:
        """Takes all stamps back: the next `make report` runs every stage again."""
        for path in sorted(self.stamp("ingest").parent.glob("*")):
            path.unlink()

    @property
    def reports(self) -> Path:
        """What is kept: the candidate, the generations, the ledgers."""
        return self.root / "reports" / self.name

    @property
    def ingest_page(self) -> Path:
        """What became of the scans, for people; `make clean` removes it."""
        return self.reports / "ingest.html"

    @property
    def candidate(self) -> Path:
        """The generation in the making."""
        return self.reports / "candidate"

    @property
    def generations(self) -> Path:
        """Promoted generations, frozen."""
        return self.reports / "generations"

    @property
    def champion(self) -> Path:
        """The pointer to the generation in use; moved by promote and rollback only."""
        return self.reports / "champion.json"

    @property
    def ledgers(self) -> Path:
        """The folder of the append-only ledgers, and of `heads.json`, which knows their ends."""
        return self.reports / "ledger"

    def ledger(self, which: str) -> Path:
        """An append-only ledger: parts, looks or promotions."""
        return self.ledgers / f"{which}.jsonl"

    def shown(self, path: Path) -> str:
        """The path as people are told it: relative to the project."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else path.name


def expanded(path: str) -> Path:
    """The path with a leading `~` made a folder; as it is where nobody knows that home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def crash_point(name: str) -> None:
    """Kills the run, parent and child, when SCANLOOM_CRASH_AT names this point: how tests prove recovery.

    `NAME#3` kills at the third passing. SCANLOOM_CRASH_LOG names a file that lists the points passed.
    """
    wanted, log = (os.environ.get(f"SCANLOOM_CRASH_{what}") for what in ("AT", "LOG"))
    if log:
        with Path(log).open("a") as stream:
            stream.write(f"{name}\n")
    if wanted:
        _passed[name] += 1
        if wanted in (name, f"{name}#{_passed[name]}"):
            if (parent := multiprocessing.parent_process()) and parent.pid:
                os.kill(parent.pid, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)


def temporary_path(path: Path) -> Path:
    """Where the file is written until it is whole: beside it, under a name that no other process uses."""
    return path.with_name(f"{path.stem}{TEMPORARY}{socket.gethostname()}-{os.getpid()}{path.suffix}")


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, with the same suffix, that becomes `path` on success.

    Raises RetryError when the disk is full or the folder can't be written; `path` is then as before.
    """
    temporary = temporary_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        crash_point(f"write:{path.name}")
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
        crash_point(f"written:{path.name}")
    except OSError as error:
        raise retry_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> bool:
    """Whether the file changed; equal bytes are left alone. Raises RetryError as `atomic`."""
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return False
    with atomic(path) as temporary:
        temporary.write_bytes(data)
    return True


def write_text(path: Path, text: str) -> bool:
    """Whether the UTF-8 file changed."""
    return write_bytes(path, text.encode())


def write_json(path: Path, value: object) -> bool:
    """Whether the JSON file changed: keys sorted, indented, no NaN (ValueError)."""
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return write_text(path, text + "\n")


def write_csv(path: Path, frame: pd.DataFrame) -> bool:
    """Whether the CSV file changed: no index, floats with nine significant digits."""
    return write_text(path, frame.to_csv(index=False, lineterminator="\n", float_format="%.9g"))


def sync(path: Path) -> None:
    """Returns when the file's bytes, or the folder's names, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def retry_error(error: OSError, path: Path) -> Exception:
    """The error as a RetryError with path, reason and free space, where trying again can help."""
    reason = _RETRY_ERRORS.get(error.errno or 0)
    if reason is None:
        return error
    folder = next(parent for parent in (path, *path.parents) if parent.is_dir())
    free_mb = shutil.disk_usage(folder).free // 2**20
    return RetryError(
        f"{path.name} was not written: {reason} ({folder}, {free_mb} MB free). "
        "Nothing was lost: make room or allow writing, and run the same command again."
    )


@contextlib.contextmanager
def lock(workspace: Workspace) -> Iterator[None]:
    """Holds the analysis for one writing process.

    Raises RetryError naming the holder when another process has it, or the folder that can't be
    written. The lock is the kernel's (fcntl): it is gone with its process, however that ended.
    """
    path = workspace.data / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise retry_error(error, path) from error
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise RetryError(
            f"Another run works on '{workspace.name}' ({holder or 'just started'}). "
            "Wait for it to end, or stop it, and run the same command again."
        ) from None
    try:
        _require_writable(workspace.candidate)
        os.ftruncate(descriptor, 0)
        started = time.strftime("%Y-%m-%d %H:%M:%S")
        os.pwrite(
            descriptor, f"process {os.getpid()} on {socket.gethostname()} since {started}\n".encode(), 0
        )
        remove_leftovers(workspace)
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(workspace: Workspace) -> None:
    """Removes what killed runs left half-written; call with the lock held."""
    for folder in (workspace.data, workspace.reports):
        for path in sorted(folder.rglob(f"*{TEMPORARY}*")):
            if path.is_relative_to(workspace.scratch):
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _require_writable(folder: Path) -> None:
    """Makes the folder and tries it. Raises RetryError when nothing can be written there."""
    trial = folder / f"trial{TEMPORARY}{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise retry_error(error, folder) from error
