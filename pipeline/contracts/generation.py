"""`digests.json`: the seal of a generation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.contracts.damage import from_backup
from pipeline.contracts.objects import ObjectFile, Schema


@dataclass(frozen=True)
class Seal:
    """The digests of all other files of the folder, by their paths in it; `pruned` are of files that went."""

    files: Mapping[str, str]
    pruned: Mapping[str, str] = field(default_factory=dict)


FILE: Final = ObjectFile("digests.json", Seal, Schema("digests", 1), from_backup)
