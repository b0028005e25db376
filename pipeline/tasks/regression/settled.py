"""What validation settled, as metrics.json tells it beside the numbers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.contracts.metrics import Metrics
from pipeline.tasks.regression.answers import Interval


@dataclass(frozen=True)
class Settled:
    """Whether predictions are recalibrated (`applied`), and why; the interval, and what it promises.

    `patients` are those of the validation part. A table from elsewhere has nothing of it.
    """

    applied: bool = False
    because: str = ""
    interval: Interval | None = None
    level: float = 0.0
    patients: int = 0


def settled(metrics: Metrics) -> Settled:
    """What metrics.json tells. Raises DamageError."""
    return metrics.choices.opened(Settled)
