"""What a candidate gains over a reference on the same patients: a difference of a metric with its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DRAWS: Final = 5000
"""Resamples of whole patients behind a bootstrapped gain: at alpha 0.005 a bound still has 25 beyond it."""


@dataclass(frozen=True)
class Gain:
    """Both values of a metric, their difference, its one-sided bounds and standard error; plus is better.

    `better` is 1 where more of the metric is better, -1 where less is. Bounds and error are None together,
    with a `reason`. `about` says what the gain is about, where the metric's name doesn't.
    """

    reference: float
    candidate: float
    low: float | None
    high: float | None
    standard_error: float | None
    method: str
    reason: str | None = None
    better: int = 1
    about: str = ""

    @property
    def value(self) -> float:
        """The candidate's gain."""
        return self.better * (self.candidate - self.reference)


@dataclass(frozen=True)
class Guard:
    """What vetoes on a shown loss over the whole test part: its rule, its metric, and its label."""

    rule: str
    metric: str
    label: str
