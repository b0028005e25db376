"""What validation settled and the YAML fixed, as metrics.json tells it beside the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.contracts.metrics import Metrics


@dataclass(frozen=True)
class Cleaned:
    """Whether only the largest piece of a structure is kept."""

    applied: bool = False


@dataclass(frozen=True)
class Settled:
    """The tolerance of NSD in mm, and what is kept of each structure."""

    tolerance_mm: float = 1.0
    cleaning: Mapping[str, Cleaned] = field(default_factory=dict)

    @property
    def cleaned(self) -> list[str]:
        """The structures of which the largest piece alone is kept."""
        return [name for name, each in self.cleaning.items() if each.applied]


def settled(metrics: Metrics) -> Settled:
    """What metrics.json tells. Raises DamageError."""
    return metrics.choices.opened(Settled)
