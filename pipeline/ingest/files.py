"""A file of RAW opened for reading: never a link, never something that blocks, never half changed."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.ingest import remote
from pipeline.ingest.elements import Buffer

_MAPPED_BYTES = 32 << 20
"""Files from this size on are mapped into memory instead of read."""
_PASSING = frozenset({errno.EIO, errno.ESTALE})
_WAITS_SECONDS = (0.1, 0.5, 2.0)


class ChangedWhileRead(Exception):
    """The file's size or time changed, or it is another kind of file than it was."""


@dataclass(frozen=True)
class OpenFile:
    """A file's bytes, and the size and time that they belong to."""

    data: Buffer
    size: int
    mtime_ns: int


@contextlib.contextmanager
def open_file(path: bytes) -> Iterator[OpenFile]:
    """The bytes of a regular file or URL. Raises OSError, and ChangedWhileRead if it changed meanwhile.

    A disk's error, and a handle that a network's disk lost, may pass: the file is opened again, three times.
    """
    if remote.is_url(path):
        yield OpenFile(*remote.read(path))
        return
    descriptor, before, data = _patiently(path)
    try:
        try:
            yield OpenFile(data, before.st_size, before.st_mtime_ns)
        finally:
            if isinstance(data, mmap.mmap):
                data.close()
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ChangedWhileRead
    finally:
        os.close(descriptor)


def _patiently(path: bytes) -> tuple[int, os.stat_result, Buffer]:
    for seconds in _WAITS_SECONDS:
        try:
            return _opened(path)
        except OSError as error:
            if error.errno not in _PASSING:
                raise
        time.sleep(seconds)
    return _opened(path)


def _opened(path: bytes) -> tuple[int, os.stat_result, Buffer]:
    """The descriptor of a regular file, its size and time, and its bytes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ChangedWhileRead
        size = status.st_size
        data = _mapped(descriptor, size) if size >= _MAPPED_BYTES else _read(descriptor, size)
        return descriptor, status, data
    except BaseException:  # also when the clock or Ctrl-C strikes: nobody else knows the descriptor yet
        os.close(descriptor)
        raise


def _mapped(descriptor: int, size: int) -> mmap.mmap:
    return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)


def _read(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size)
    if len(data) == size:
        return data
    pieces, left = [data], size - len(data)
    while left and (piece := os.read(descriptor, left)):
        pieces.append(piece)
        left -= len(piece)
    if left:
        raise ChangedWhileRead
    return b"".join(pieces)
