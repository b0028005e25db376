"""A file of RAW opened for reading: never a link, never something that blocks, never half changed.

A file inside an archive is read out of it in place; the archive is then what must not change.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source import members, remote
from pipeline.ingest.source.archives import Member

_MAPPED_BYTES = 32 << 20
"""Files from this size on are mapped into memory instead of read: a header then costs no gigabyte."""
# What network disks and worn ones give once, and not again when asked a second time.
_PASSING = frozenset({errno.EIO, errno.ESTALE})
_WAITS_SECONDS = (0.1, 0.5, 2.0)  # a choice: a disk that isn't back then is the user's to mend


class ChangedWhileRead(Exception):
    """The file's size or time changed, or it is another kind of file than it was."""


@dataclass(frozen=True)
class OpenFile:
    """A file's bytes, and the size and time that they belong to."""

    data: Buffer
    size: int
    mtime_ns: int


@contextlib.contextmanager
def open_file(path: bytes, member: Member | None = None) -> Iterator[OpenFile]:
    """The bytes of a regular file or URL, or of a member of the archive at `path`.

    Raises OSError, ChangedWhileRead if it changed meanwhile, and Refusal where an archive is damaged. A
    disk's error, and a handle that a network's disk lost, may pass: the file is opened again, three times.
    """
    if remote.is_url(path):
        yield OpenFile(*remote.read(path))
        return
    descriptor, before, data = _patiently(path, member)
    try:
        try:
            if member is None:
                yield OpenFile(data, before.st_size, before.st_mtime_ns)
            else:
                yield OpenFile(data, member.size, member.version)
        finally:
            if isinstance(data, mmap.mmap):
                data.close()
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ChangedWhileRead
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def open_archive(path: bytes) -> Iterator[tuple[int, os.stat_result]]:
    """The descriptor of a regular file, its size and time. Raises OSError and ChangedWhileRead."""
    descriptor, before = _descriptor(path)
    try:
        yield descriptor, before
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ChangedWhileRead
    finally:
        os.close(descriptor)


def approach(path: bytes, member: Member) -> None:
    """Goes to where a member begins, if that takes time; what is wrong is told when it is opened."""
    with contextlib.suppress(OSError, ChangedWhileRead, Refusal), open_archive(path) as (descriptor, status):
        if _is_same(status, member):
            members.approach(descriptor, member)


def _patiently(path: bytes, member: Member | None) -> tuple[int, os.stat_result, Buffer]:
    for seconds in _WAITS_SECONDS:
        try:
            return _opened(path, member)
        except OSError as error:
            if error.errno not in _PASSING:
                raise
        time.sleep(seconds)
    return _opened(path, member)


def _opened(path: bytes, member: Member | None) -> tuple[int, os.stat_result, Buffer]:
    """The descriptor of a regular file, its size and time, and its bytes or those of a member."""
    descriptor, status = _descriptor(path)
    try:
        size = status.st_size
        if member is None:
            data = _mapped(descriptor, size) if size >= _MAPPED_BYTES else _read(descriptor, size)
        elif _is_same(status, member):
            data = members.read_member(descriptor, member)
        else:
            raise ChangedWhileRead
        return descriptor, status, data
    except BaseException:  # also when the clock or Ctrl-C strikes: nobody else knows the descriptor yet
        os.close(descriptor)
        raise


def _descriptor(path: bytes) -> tuple[int, os.stat_result]:
    # A link could lead out of RAW, a pipe would never end, and the path may be either since it was listed.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ChangedWhileRead
        return descriptor, status
    except BaseException:  # as above
        os.close(descriptor)
        raise


def _is_same(status: os.stat_result, member: Member) -> bool:
    """Whether it is the archive whose files were listed."""
    return (status.st_size, status.st_mtime_ns) == (member.archive_size, member.archive_mtime_ns)


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
