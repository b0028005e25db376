"""`rule.json`: the rule that was fixed before the look at the test part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline import digests
from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import Json, ObjectFile, Schema, plain

_SCHEMA: Final = Schema("rule", 1)


@dataclass(frozen=True)
class Rule:
    """What decides on the model: the sections `evaluate` and `compare`, but for what decides nothing."""

    evaluate: Json
    compare: Json

    @property
    def digest(self) -> str:
        """What stands for the rule in the ledger of looks."""
        return digests.of_json({"schema": _SCHEMA.word, **plain(self)})


FILE: Final = ObjectFile("rule.json", Rule, _SCHEMA, rewritten_by("evaluate"))
