"""`stages/STAGE.json`: that a stage is done; make compares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema


@dataclass(frozen=True)
class Stamp:
    """The digests of what the stage wrote, by name."""

    outputs: Mapping[str, str]
    stage: str = ""


def of(stage: str) -> ObjectFile[Stamp]:
    """The file of the stage."""
    return ObjectFile(f"{stage}.json", Stamp, Schema("stamp", 1), rewritten_by(stage))
