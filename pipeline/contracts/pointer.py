"""`champion.json`: which generation is in use."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline import printed
from pipeline.contracts.objects import ObjectFile, Schema
from pipeline.ledger import Heads


@dataclass(frozen=True)
class Pointer:
    """The generation in use, the digest of its model, and who put it there, when and why.

    `ledgers` are the heads of all ledgers at that time, none where an earlier version wrote the file.
    """

    generation: str
    model_sha256: str
    approver: str
    reason: str
    created: str
    ledgers: Heads = field(default_factory=dict)


def _from_the_ledger(path: Path) -> str:
    return (
        f"Put it back from your backup, or remove it and run `{printed.make('ingest')}`, which writes it "
        "again from the ledger of promotions."
    )


FILE: Final = ObjectFile("champion.json", Pointer, Schema("champion", 1), _from_the_ledger)
