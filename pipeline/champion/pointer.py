"""Which generation is in use: the pointer `champion.json`, and the ledger of promotions behind it.

The ledger's last line is written first and the pointer is made from it, so a kill in between leaves
the old pointer, and `settle` finishes the move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline import ledger
from pipeline.contracts import read_object
from pipeline.errors import DamageError
from pipeline.ledger import Record
from pipeline.workspace import Workspace
from pipeline.writing import write_json

_FROM_LEDGER: Final = ("generation", "approver", "reason", "created")
_FIELDS: Final = (*_FROM_LEDGER, "model_sha256")


@dataclass(frozen=True)
class Champion:
    """The generation in use, and who put it there."""

    generation: str
    model_sha256: str
    approver: str
    reason: str
    created: str
    folder: Path


def current(workspace: Workspace) -> Champion | None:
    """The champion, or None before the first promotion.

    Raises DamageError when the pointer can't be read or its generation is not there.
    """
    folder = generation_in_use(workspace)
    return Champion(folder=folder, **_read(workspace)) if folder else None


def generation_in_use(workspace: Workspace) -> Path | None:
    """The folder of the champion's generation, or None before the first promotion.

    Raises DamageError when the pointer can't be read or its generation is not there.
    """
    if not workspace.champion.exists():
        return None
    generation: str = read_object(workspace.champion, "generation")["generation"]
    folder = workspace.generations / generation
    if not folder.is_dir():
        raise DamageError(
            f"{workspace.shown(workspace.champion)} points at generation {generation}, "
            f"which is not in {workspace.shown(workspace.generations)}. Put it back from your backup."
        )
    return folder


def _read(workspace: Workspace) -> dict[str, str]:
    """What the pointer says of the promotion."""
    pointer = read_object(workspace.champion, *_FIELDS)
    return {key: pointer[key] for key in _FIELDS}


def settle(workspace: Workspace) -> list[Record]:
    """The promotions so far, once the pointer stands where the last of them put it.

    Raises DamageError when the pointer can't be read.
    """
    records = ledger.read(workspace.ledger("promotions"))
    if records:
        last = records[-1]
        wanted = {**{key: last[key] for key in _FROM_LEDGER}, "model_sha256": last["model"]}
        before = _read(workspace) if workspace.champion.exists() else None
        if before != wanted:
            write_json(workspace.champion, {**wanted, "ledgers": ledger.heads(workspace.ledgers)})
    return records


def record_move(workspace: Workspace, record: Record) -> None:
    """Writes the move (action, generation, model, approver, reason, verdict) down, then makes it."""
    ledger.append(workspace.ledger("promotions"), record)
    settle(workspace)


def line_of_champions(records: Sequence[Record]) -> list[str]:
    """The generations that led to the present champion, which is the last.

    A rollback takes the champion that it leaves out of the line; a promotion written down twice (the first
    was cut short) is one.
    """
    line: list[str] = []
    for record in records:
        if record["action"] == "promote":
            line += [record["generation"]] if line[-1:] != [record["generation"]] else []
        else:
            line = line[: line.index(record["generation"]) + 1]
    return line
