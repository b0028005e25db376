"""What a candidate is judged by: the mean Dice, with borders, volumes and missed structures guarded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from pipeline.config import Evaluate
from pipeline.contracts.comparison import Flips
from pipeline.tasks.gain import Guard, Promise
from pipeline.tasks.segmentation import flips as sides
from pipeline.tasks.segmentation.gains import DIAMETER, MISSED, VOLUME, gain
from pipeline.tasks.segmentation.pairs import Pairs, common_cases, pair
from pipeline.tasks.segmentation.structures import Structures

__all__ = [
    "GUARDS",
    "HEADLINE",
    "can_be_compared",
    "common_cases",
    "finding_patients",
    "flips",
    "gain",
    "in_words",
    "pair",
    "patients_needed",
    "promises",
    "rarest",
    "too_few",
]

HEADLINE: Final = "dice"
"""The metric that the required rows are about."""

GUARDS: Final = (
    Guard("guard_borders", DIAMETER, "Borders kept"),
    Guard("guard_volume", VOLUME, "No new bias of volumes"),
    Guard("guard_missed", MISSED, "No more missed"),
)

LEAST: Final = 15
"""Below so many patients the law of the mean difference can't be relied on, however overlaps are spread."""


def can_be_compared(pairs: Pairs) -> bool:
    """Whether a patient has a structure at all."""
    return pairs.measured > 0


def too_few(pairs: Pairs) -> str | None:
    """Why no answer can be had from so few patients, None where one can."""
    if pairs.measured >= LEAST:
        return None
    return f"it has {pairs.measured} patients with a structure, fewer than {LEAST}"


def rarest(pairs: Pairs) -> float:
    """The share of patients that limits the answer: those who have a structure."""
    return pairs.measured / pairs.patients


def patients_needed(rarest: float) -> int:
    """How many patients a part must have for an answer, given that share."""
    return math.ceil(LEAST / rarest)


def finding_patients(pairs: Pairs) -> int | None:
    """None: an outline is judged in all who have the structure."""
    return None


def in_words(pairs: Pairs) -> str:
    """What the pairs rest on, in words."""
    return f"{pairs.measured} patients with a structure"


def flips(pairs: Pairs, question: Structures, *, level: float) -> Flips | None:
    """Whose outlines agree much less, or much more, with the reference."""
    return sides.flips(pairs, level=level)


def promises(fixed: Any, plan: Evaluate, question: Structures) -> Sequence[Promise]:
    """None: there are no sets of outlines."""
    return ()
