"""What the stage leaves out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Exclusion:
    """A scan that is not in the cohort: a code and a sentence."""

    case_id: str
    reason: str
    detail: str
