"""What a candidate is judged by: the mean area, with each finding and the probabilities guarded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from pipeline.config import Evaluate
from pipeline.contracts.comparison import Flips
from pipeline.tasks.gain import Guard, Promise
from pipeline.tasks.multilabel import flips as sides
from pipeline.tasks.multilabel.answers import Frozen
from pipeline.tasks.multilabel.gains import OF_A_FINDING, gain
from pipeline.tasks.multilabel.labels import Labels
from pipeline.tasks.multilabel.pairs import Pairs, common_cases, pair

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

HEADLINE: Final = "macro_auroc"
"""The metric that the required rows are about."""

GUARDS: Final = (
    Guard("guard_labels", OF_A_FINDING, "No finding lost"),
    Guard("guard_sensitivity", "macro_sensitivity", "Sensitivity kept"),
    Guard("guard_specificity", "macro_specificity", "Specificity kept"),
    Guard("guard_brier", "macro_brier_skill", "Probabilities kept"),
)

LEAST_ON_A_SIDE: Final = 15
"""Below it the bounds of a finding can't be relied on: too few draws hold enough of its rarer side."""


def can_be_compared(pairs: Pairs) -> bool:
    """Whether a finding has patients with and without it."""
    return max(pairs.rarer_sides()) > 0


def too_few(pairs: Pairs) -> str | None:
    """Why no answer can be had from so few patients, None where one can: of one finding at least."""
    most = max(pairs.rarer_sides())
    if most >= LEAST_ON_A_SIDE:
        return None
    return f"no finding has {LEAST_ON_A_SIDE} patients with it and as many without, {most} at most"


def rarest(pairs: Pairs) -> float:
    """The share of patients on the rarer side of the finding that has most there."""
    return max(pairs.rarer_sides()) / pairs.patients


def patients_needed(rarest: float) -> int:
    """How many patients a part must have for an answer, given that share."""
    return math.ceil(LEAST_ON_A_SIDE / rarest)


def finding_patients(pairs: Pairs) -> int | None:
    """None: patients have several findings, or none."""
    return None


def in_words(pairs: Pairs) -> str:
    """What the pairs rest on, in words."""
    return f"{pairs.patients} patients"


def flips(pairs: Pairs, question: Labels, *, level: float) -> Flips | None:
    """Who has every known finding right with one model alone."""
    return sides.flips(pairs, level=level)


def promises(fixed: Frozen, plan: Evaluate, question: Labels) -> Sequence[Promise]:
    """None: there are no sets of findings."""
    return ()
