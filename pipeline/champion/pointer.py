"""Which generation is in use: the pointer `champion.json`, and the ledger of promotions behind it.

The ledger's last line is written first and the pointer is made from it, so a kill in between leaves
the old pointer, and `finish_move` makes up for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline import ledger
from pipeline.contracts import pointer
from pipeline.contracts.pointer import Pointer
from pipeline.errors import DamageError
from pipeline.ledger import Record
from pipeline.workspace import Workspace


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
    record = pointer.FILE.find(workspace.reports)
    if record is None:
        return None
    folder = _folder(workspace, record)
    return Champion(
        record.generation, record.model_sha256, record.approver, record.reason, record.created, folder
    )


def generation_in_use(workspace: Workspace) -> Path | None:
    """The folder of the champion's generation, or None before the first promotion.

    Raises DamageError when the pointer can't be read or its generation is not there.
    """
    champion = current(workspace)
    return champion.folder if champion else None


def _folder(workspace: Workspace, record: Pointer) -> Path:
    folder = workspace.generations / record.generation
    if not folder.is_dir():
        raise DamageError(
            f"{workspace.shown(pointer.FILE.path(workspace.reports))} points at generation "
            f"{record.generation}, which is not in {workspace.shown(workspace.generations)}. Put it back "
            "from your backup."
        )
    return folder


def finish_move(workspace: Workspace) -> list[Record]:
    """The promotions so far, once the pointer stands where the last of them put it.

    Raises DamageError when the pointer can't be read.
    """
    records = ledger.read(workspace.ledger("promotions"))
    if records:
        wanted = _as_promoted(records[-1])
        before = pointer.FILE.find(workspace.reports)
        if before is None or replace(before, ledgers={}) != wanted:
            wanted = replace(wanted, ledgers=ledger.heads(workspace.ledgers))
            pointer.FILE.write(workspace.reports, wanted)
    return records


def _as_promoted(record: Record) -> Pointer:
    """The pointer that follows from a line of the ledger of promotions."""
    return Pointer(
        record["generation"], record["model"], record["approver"], record["reason"], record["created"]
    )


def record_move(workspace: Workspace, record: Record) -> None:
    """Writes the move (action, generation, model, approver, reason, verdict) down, then makes it."""
    ledger.append(workspace.ledger("promotions"), record)
    finish_move(workspace)


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
