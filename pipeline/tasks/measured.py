"""What a task hands back when it has measured a part, and statistics put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.statistics.bootstrap import Statistic
from pipeline.statistics.vectors import Floats

Json = dict[str, Any]
Curves = dict[str, list[Json]]


@dataclass(frozen=True)
class Measured:
    """Metrics, confusion matrices and curves as they stand in metrics.json, and the redrawn resamples."""

    metrics: list[Json]
    confusion: list[Json] = field(default_factory=list)
    curves: Curves = field(default_factory=dict)
    redrawn: int = 0


def merged(*statistics: Statistic) -> Statistic:
    """One statistic with the numbers of all, so that they share every resample."""

    def measured(weights: Floats) -> dict[str, float | Floats]:
        return {name: value for each in statistics for name, value in each(weights).items()}

    return measured


def prefixed(statistic: Statistic, prefix: str) -> Statistic:
    """The statistic with `prefix` before every name."""

    def measured(weights: Floats) -> dict[str, float | Floats]:
        return {prefix + name: value for name, value in statistic(weights).items()}

    return measured
