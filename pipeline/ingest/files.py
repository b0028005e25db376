"""A file of RAW opened for reading: never a link, never something that blocks, never half changed."""

from __future__ import annotations

import contextlib
import mmap
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.ingest import remote
from pipeline.ingest.elements import Buffer

_MAPPED_BYTES = 32 << 20
"""Files from this size on are mapped into memory instead of read."""


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
    """The bytes of a regular file or URL. Raises OSError, and ChangedWhileRead if it changed meanwhile."""
    if remote.is_url(path):
        yield OpenFile(*remote.read(path))
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise ChangedWhileRead
        with _bytes_of(descriptor, before.st_size) as data:
            yield OpenFile(data, before.st_size, before.st_mtime_ns)
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ChangedWhileRead
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _bytes_of(descriptor: int, size: int) -> Iterator[Buffer]:
    if size >= _MAPPED_BYTES:
        with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as mapped:
            yield mapped
        return
    pieces = []
    left = size
    while left and (piece := os.read(descriptor, left)):
        pieces.append(piece)
        left -= len(piece)
    if left:
        raise ChangedWhileRead
    yield pieces[0] if len(pieces) == 1 else b"".join(pieces)
