"""`ingest.json`: what later stages depend on, by digests of the catalogue's rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema


@dataclass(frozen=True)
class Ingested:
    """Digests of all cases and of their identifiers, the files of each state and reason, the key's id."""

    key_id: str
    cases: str
    identifiers: str
    files: Mapping[str, Mapping[str, int]]


FILE: Final = ObjectFile("ingest.json", Ingested, Schema("ingest", 1), rewritten_by("ingest"))
