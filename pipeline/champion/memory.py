"""Whether the memory is whole: no ledger lost its end, and the champion is the one that was promoted.

A cut or deleted ledger would give spent looks back, draw patients anew and forget who was withdrawn. So
the heads of all ledgers are kept with what follows from them: the last run of a stage, the verdict on a
candidate, each generation, the champion.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline import ledger, printed
from pipeline.catalogue import Catalogue
from pipeline.champion.pointer import current
from pipeline.contracts import comparison, pointer
from pipeline.contracts.comparison import Comparison
from pipeline.contracts.objects import ObjectFile
from pipeline.contracts.pointer import Pointer
from pipeline.errors import DamageError
from pipeline.ledger import Heads
from pipeline.workspace import Workspace


def require_whole(workspace: Workspace) -> None:
    """Nothing, if every ledger holds all lines that anything stored knows of.

    Raises DamageError naming the ledger, what knows better, and what to restore.
    """
    for where, known in _known(workspace):
        ledger.require(workspace.ledgers, known, where=where)


def require_champion(workspace: Workspace) -> None:
    """Nothing, if the pointer stands where the ledger of promotions put it, or stood before its last line.

    Raises DamageError when it is gone, can't be read, or points elsewhere.
    """
    moves = [
        (record["generation"], record["model"]) for record in ledger.read(workspace.ledger("promotions"))
    ]
    champion = current(workspace)
    if champion is None:
        if not moves:
            return
        state = "is not there"
    elif (champion.generation, champion.model_sha256) in moves[-2:]:
        return
    else:
        state = f"names {_named(champion.generation, champion.model_sha256)}"
    last = _named(*moves[-1]) if moves else "no champion"
    where = workspace.shown(pointer.FILE.path(workspace.reports))
    raise DamageError(
        f"{where} {state}, and ledger/promotions.jsonl names {last}. "
        f"Put it back from your backup, or remove it and run `{printed.make('ingest')}`, which writes it "
        "again from the ledger."
    )


def _named(generation: str, model: str) -> str:
    return f"generation {generation} (model {model[:12]})"


def _known(workspace: Workspace) -> Iterator[tuple[str, Heads]]:
    """What knows the ledgers' heads, and those heads; what was stored by an earlier version knows none."""
    yield ledger.HEADS_FILE, ledger.kept_heads(workspace.ledgers)
    yield workspace.shown(pointer.FILE.path(workspace.reports)), _heads_in(pointer.FILE, workspace.reports)
    for folder in (workspace.candidate, *_generations(workspace)):
        yield workspace.shown(comparison.FILE.path(folder)), _heads_in(comparison.FILE, folder)
    if workspace.catalogue.is_file():
        yield "the last run of a stage", _heads_of_last_run(workspace)


def _generations(workspace: Workspace) -> list[Path]:
    return sorted(path for path in workspace.generations.glob("[0-9]*") if path.is_dir())


def _heads_in(file: ObjectFile[Pointer] | ObjectFile[Comparison], folder: Path) -> Heads:
    """The heads that a file keeps; none where it isn't there or isn't sound, as its reader says."""
    try:
        record = file.find(folder)
    except DamageError:
        return {}
    return record.ledgers if record else {}


def _heads_of_last_run(workspace: Workspace) -> Heads:
    with Catalogue(workspace.catalogue) as catalogue:
        try:
            return ledger.heads_of(catalogue.last_run())
        except ValueError:
            return {}
