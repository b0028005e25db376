"""What the stage leaves out, and what it found that a person should know."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exclusion:
    """A scan that is not in the cohort: a code and a sentence."""

    case_id: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Finding:
    """Something a person should know: a code, how many it concerns, and a sentence."""

    kind: str
    count: int
    detail: str
    case_ids: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return dataclasses.asdict(self)
