"""One writing process an analysis: the lock, and what killed runs left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import RetryError
from pipeline.workspace import Workspace
from pipeline.writing import TEMPORARY, retry_error


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
