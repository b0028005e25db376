"""What a candidate is judged by: the mean absolute error, with bias and large errors guarded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from pipeline.config import Evaluate
from pipeline.contracts.comparison import Flips
from pipeline.tasks.gain import Guard, Promise
from pipeline.tasks.regression.answers import Frozen
from pipeline.tasks.regression.gains import gain
from pipeline.tasks.regression.pairs import Pairs, common_cases, pair
from pipeline.tasks.regression.quantity import Quantity

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

HEADLINE: Final = "mae"
"""The metric that the required rows are about."""

GUARDS: Final = (
    Guard("guard_bias", "absolute_bias", "No new bias"),
    Guard("guard_rmse", "rmse", "Large errors kept rare"),
)

LEAST: Final = 15
"""Below so many patients the law of the mean difference can't be relied on, however errors are spread."""


def can_be_compared(pairs: Pairs) -> bool:
    """Whether there is a patient at all."""
    return pairs.patients > 0


def too_few(pairs: Pairs) -> str | None:
    """Why no answer can be had from so few patients, None where one can."""
    return None if pairs.patients >= LEAST else f"it has {pairs.patients} patients, fewer than {LEAST}"


def rarest(pairs: Pairs) -> float:
    """The share of patients that limits the answer: all of them."""
    return 1.0


def patients_needed(rarest: float) -> int:
    """How many patients a part must have for an answer."""
    return math.ceil(LEAST / rarest)


def finding_patients(pairs: Pairs) -> int | None:
    """None: nothing is looked for."""
    return None


def in_words(pairs: Pairs) -> str:
    """What the pairs rest on, in words."""
    return f"{pairs.patients} patients"


def flips(pairs: Pairs, question: Quantity, *, level: float) -> Flips | None:
    """None: a number has no side to change."""
    return None


def promises(fixed: Frozen, plan: Evaluate, question: Quantity) -> Sequence[Promise]:
    """Of all, where there are intervals."""
    found = fixed.interval
    return () if found is None else (Promise("coverage", None, plan.intervals, found.patients),)
