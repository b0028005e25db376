"""Before every ingest: a damaged catalogue is set aside, so that a new one is made from the scans.

It holds nothing that RAW, the key and the ledgers don't give again. A lost pointer to the champion holds
nothing that the ledger of promotions doesn't: it is written again.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.catalogue import Catalogue
from pipeline.champion.pointer import finish_move
from pipeline.contracts import pointer
from pipeline.errors import DamageError
from pipeline.records import Summary
from pipeline.workspace import Workspace

_ENDINGS = ("-wal", "-shm", "")
"""The catalogue itself moves last: a kill leaves no journal that a new one would take for its own."""


def run(workspace: Workspace) -> Summary:
    """What was set aside or written again; nothing where catalogue and pointer are sound.

    Without a catalogue, stamps of stages say nothing any more: they go, and all is made again.
    """
    path = workspace.catalogue
    lines = _pointer(workspace)
    if path.is_file() and _is_sound(path):
        return Summary(lines, changed=bool(lines))
    if path.is_file():
        aside = set_aside(path)
        for ending in _ENDINGS:
            if (old := path.with_name(path.name + ending)).exists():
                old.replace(aside.with_name(aside.name + ending))
        lines += (
            f"{path.name} was damaged; it lies beside as {aside.name}. "
            "A new one is made from the scans, the key and the ledgers.",
        )
    workspace.forget_stamps()
    return Summary(lines)


def _pointer(workspace: Workspace) -> tuple[str, ...]:
    """Writes a pointer that is gone as the ledger of promotions has it."""
    path = pointer.FILE.path(workspace.reports)
    if path.exists() or not finish_move(workspace):
        return ()
    shown = workspace.shown(path)
    return (f"{shown} was gone; it is written again from ledger/promotions.jsonl.",)


def set_aside(path: Path) -> Path:
    """Where a damaged catalogue is kept."""
    return path.with_name(f"{path.stem}-damaged{path.suffix}")


def _is_sound(path: Path) -> bool:
    try:
        with Catalogue(path) as catalogue:
            return catalogue.is_whole()
    except DamageError:
        return False
