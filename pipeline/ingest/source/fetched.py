"""What was fetched from a URL for its header, kept for its pixels, so that each file is fetched once.

The bytes lie in one file without a name, which is gone with the program, however that ends: scans hold what
people are called. Children reach it through the program's list of open files, which Linux shows; elsewhere,
and beyond what may be kept, files are fetched again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.ingest.dicom.encoding import Buffer

_MOST_BYTES = 4 << 30  # a choice, some 8000 slices: what is beyond is fetched twice, not lost
_FREE_SHARE = 4
"""No more than a quarter of the free disk: shards and catalogue need room, too."""


@dataclass(frozen=True)
class Keep:
    """The file that keeps what is fetched, as children see it, and the most bytes that it may hold."""

    path: str
    most_bytes: int


@dataclass(frozen=True)
class Kept:
    """Where the bytes of one file are kept, and their checksum."""

    path: str
    start: int
    crc32: int


@contextlib.contextmanager
def keeping(folder: Path) -> Iterator[Keep | None]:
    """The file on the disk of `folder` while it is needed; None where children couldn't reach it."""
    with tempfile.TemporaryFile(dir=folder) as file:
        path = f"/proc/{os.getpid()}/fd/{file.fileno()}"
        most = min(_MOST_BYTES, shutil.disk_usage(folder).free // _FREE_SHARE)
        yield Keep(path, most) if Path(path).exists() else None


def keep(place: Keep, data: Buffer) -> Kept | None:
    """Where the bytes are kept from now on; None where there is no room for them."""
    try:
        descriptor = os.open(place.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        has_room = os.fstat(descriptor).st_size + len(data) <= place.most_bytes
        if not has_room or os.write(descriptor, data) < len(data):
            return None
        # Children write at once: each write goes to the end as it is then, and leaves its own end behind.
        start = os.lseek(descriptor, 0, os.SEEK_CUR) - len(data)
    except OSError:  # the disk is full
        return None
    finally:
        os.close(descriptor)
    return Kept(place.path, start, zlib.crc32(data))


def kept_bytes(kept: Kept, size: int) -> bytes | None:
    """The bytes that were kept; None where they aren't there any more as they were."""
    try:
        with Path(kept.path).open("rb", buffering=0) as file:
            data = os.pread(file.fileno(), size, kept.start)
    except OSError:
        return None
    return data if len(data) == size and zlib.crc32(data) == kept.crc32 else None
