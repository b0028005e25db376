"""All paths under RAW, a folder or a URL, sorted; links are not followed and nothing is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.ingest.source import remote
from pipeline.ingest.source.archives import Member
from pipeline.pseudonyms import Key

_TRIMMED = ("", " ", "\0")


@dataclass(frozen=True)
class SourcePath:
    """One path of RAW: its keyed token, size and time; `reason` is set where it can't be read as a file.

    Behind a URL, `path` is the file's URL, and in place of the time stands its version. So it does for a
    `member` of an archive, whose path is then in `path`; `relative` goes on inside. `companions` are the
    images that a mask may be of by its layout, the first channel of the case that a file is a channel of, or
    a mask that says that it is none.
    """

    token: str
    path: bytes
    relative: str
    size: int
    mtime_ns: int
    reason: str = ""
    detail: str = ""
    member: Member | None = None
    companions: tuple[SourcePath, ...] = ()


def discover(root: bytes, key: Key) -> list[SourcePath]:
    """Everything under `root` that is no folder, sorted by path; folders that can't be listed, too.

    Names that are no UTF-8 are kept as they are (PEP 383). RAW itself may be a link.
    """
    if remote.is_url(root):
        return [
            SourcePath(path_token(key, relative), path, relative, size, version, reason)
            for path, relative, size, version, reason in sorted(remote.listing(root))
        ]
    return [
        SourcePath(path_token(key, relative), path, relative, size, mtime_ns, reason)
        for path, size, mtime_ns, reason in sorted(_walk(root))
        for relative in [os.fsdecode(path[len(root) + 1 :])]
    ]


def path_token(key: Key, relative: str) -> str:
    """The keyed token of a path: that of its pseudonym, unless this would trim it to another path's."""
    if relative[:1] in _TRIMMED or relative[-1:] in _TRIMMED:
        relative = f"/{relative}/"
    return key.pseudonym("path", relative)


def _walk(folder: bytes) -> Iterator[tuple[bytes, int, int, str]]:
    folders = [folder]
    while folders:
        current = folders.pop()
        try:
            entries = _entries(current)
        except OSError:
            yield current, 0, 0, "io_error"
            continue
        for entry in entries:
            # A link to a folder may lead in a circle, or to another patient's scans.
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                yield _status(entry)


def _entries(folder: bytes) -> list[os.DirEntry[bytes]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _status(entry: os.DirEntry[bytes]) -> tuple[bytes, int, int, str]:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return entry.path, 0, 0, "io_error"
    reason = ""
    if stat.S_ISLNK(status.st_mode):
        reason = "link_not_followed"
    elif not stat.S_ISREG(status.st_mode):
        reason = "special_file"
    return entry.path, status.st_size, status.st_mtime_ns, reason
