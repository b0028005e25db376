"""What a candidate is judged by: the area, with sensitivity, specificity and probabilities guarded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from pipeline.config import Evaluate
from pipeline.tasks.classification.answers import Frozen
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.flips import flips
from pipeline.tasks.classification.gains import gain
from pipeline.tasks.classification.pairs import Pairs
from pipeline.tasks.classification.sets import COVERAGE
from pipeline.tasks.classification.units import common_cases, pair
from pipeline.tasks.gain import Guard, Promise

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

HEADLINE: Final = "auroc"
"""The metric that the required rows are about."""

GUARDS: Final = (
    Guard("guard_sensitivity", "sensitivity", "Sensitivity kept"),
    Guard("guard_specificity", "specificity", "Specificity kept"),
    Guard("guard_brier", "brier_skill", "Probabilities kept"),
)

LEAST_OF_A_CLASS: Final = 15
"""Below it the normal law of the difference can't be relied on."""


def can_be_compared(pairs: Pairs) -> bool:
    """Whether there is a patient of every class."""
    return min(pairs.patients_of_classes()) > 0


def too_few(pairs: Pairs) -> str | None:
    """Why no answer can be had from so few patients, None where one can."""
    fewest = min(pairs.patients_of_classes())
    if fewest >= LEAST_OF_A_CLASS:
        return None
    return f"its rarest class has {fewest} patients, fewer than {LEAST_OF_A_CLASS}"


def rarest(pairs: Pairs) -> float:
    """The share of patients of the rarest class."""
    return min(pairs.patients_of_classes()) / pairs.patients


def patients_needed(rarest: float) -> int:
    """How many patients a part must have for an answer, given the share of the rarest class."""
    return math.ceil(LEAST_OF_A_CLASS / rarest)


def finding_patients(pairs: Pairs) -> int | None:
    """How many patients have the finding, None where no class is looked for."""
    return None if pairs.positive is None else pairs.patients_of_classes()[pairs.positive]


def in_words(pairs: Pairs) -> str:
    """What the pairs rest on, in words."""
    positive = finding_patients(pairs)
    return f"{pairs.patients} patients" + ("" if positive is None else f", {positive} positive")


def promises(fixed: Frozen, plan: Evaluate, question: Classes) -> Sequence[Promise]:
    """Of each class, where there are sets."""
    sets = fixed.sets
    if sets is None or not sets.least:
        return ()
    return [
        Promise(COVERAGE, name, float(sets.level), patients)
        for name, patients in zip(question.names, sets.patients, strict=True)
    ]
