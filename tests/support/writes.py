"""What processes wrote, as the watcher saw it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WATCHER = Path(__file__).parent / "watcher"

State = tuple[int, int, int]
"""Inode, size, and time of the last change in nanoseconds."""


@dataclass(frozen=True)
class Event:
    """A sync of a file or folder, or a move of one to `path` in the folder of inode `folder`."""

    thread: tuple[str, str]
    kind: str
    state: State
    folder: int = 0
    path: Path = Path()


def watching(log: Path) -> dict[str, str]:
    """The environment in which all writes are noted in `log`."""
    return {"PYTHONPATH": f"{WATCHER}:{WATCHER.parents[2]}", "SCANLOOM_WRITES": str(log)}


def events(log: Path) -> list[Event]:
    """All that was noted, in its order."""
    found = []
    for line in log.read_text().splitlines():
        process, thread, kind, inode, size, changed, *where = line.split("\t")
        folder, path = (int(where[0]), Path(where[1])) if where else (0, Path())
        found.append(Event((process, thread), kind, (int(inode), int(size), int(changed)), folder, path))
    return found


def state_of(path: Path) -> State:
    """The file as it is now."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def unsafe_moves(told: list[Event]) -> list[str]:
    """Each move before which the file wasn't synced as it was, or after which its folder wasn't.

    The next that the thread does must be to sync the folder: what it did before would else be visible first.
    """
    wrong = []
    for place, event in enumerate(told):
        if event.kind != "move":
            continue
        own = [other for other in told[:place] if other.kind == "sync"]
        after = next((other for other in told[place + 1 :] if other.thread == event.thread), None)
        if event.state not in {other.state for other in own}:
            wrong.append(f"{event.path} was not synced as it was moved")
        if after is None or (after.kind, after.state[0]) != ("sync", event.folder):
            wrong.append(f"the folder of {event.path} was not synced after the move")
    return wrong
