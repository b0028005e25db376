"""Loaded by every Python process whose PYTHONPATH names this folder: notes each fsync and each rename.

A line of the file that SCANLOOM_WRITES names: process, thread, what, and the file as it was then (inode, size
and time of its last change); of a rename also the new path and its folder's inode.
"""

import os
import sys
import threading
from pathlib import Path


def _note(*words: object) -> None:
    line = "\t".join(map(str, (os.getpid(), threading.get_ident(), *words))) + "\n"
    descriptor = os.open(os.environ["SCANLOOM_WRITES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _watch() -> None:
    sync, replace, rename = os.fsync, os.replace, os.rename

    def fsync(file) -> None:
        sync(file)
        _note("sync", *_state(os.fstat(file if isinstance(file, int) else file.fileno())))

    def moving(move):
        def moved(source, target, **more) -> None:
            state = _state(Path(source).stat())
            move(source, target, **more)
            path = Path(target).absolute()
            _note("move", *state, path.parent.stat().st_ino, path)

        return moved

    os.fsync, os.replace, os.rename = fsync, moving(replace), moving(rename)


if os.environ.get("SCANLOOM_WRITES") and sys.platform == "linux":
    _watch()
