"""The only ways to write an artifact.

A file is written under a temporary name in its own folder, synced, and renamed: a kill at any
moment leaves the old file or the new one. A file whose bytes would not change is left alone, so
that make sees no change.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.crash_points import crash_point
from pipeline.errors import RetryError

if TYPE_CHECKING:
    import pandas as pd

TEMPORARY = ".tmp-"
_RETRY_ERRORS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the folder is read-only",
    errno.EACCES: "the folder can't be written",
}


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
        # The bytes before the name, the name before the return: a power cut never leaves half a file.
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
