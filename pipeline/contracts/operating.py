"""`operating.json`: what the validation part alone fixed of a model's decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema

Number = float | int


@dataclass(frozen=True)
class Threshold:
    """The threshold of the positive class, the rule that chose it, and the digest of the rows it saw."""

    threshold: Number
    id: str = "operating_point"
    rule: str = ""
    target: Number | None = None
    chosen_on: str = ""
    digest: str | None = None
    cost_fn: Number | None = None
    cost_fp: Number | None = None
    prevalence: Number | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Operating:
    """What logits are divided by, the thresholds, and which score of a patient's scans counts.

    There is no threshold where the likeliest class is taken.
    """

    temperature: Number
    thresholds: tuple[Threshold, ...]
    patient_score: Literal["max", "mean"]
    classes: tuple[str, ...] = ()
    positive: str | None = None
    unit: str = ""

    @property
    def threshold(self) -> float | None:
        """The frozen threshold of the positive class, None where the likeliest class is taken."""
        return float(self.thresholds[0].threshold) if self.thresholds else None


FILE: Final = ObjectFile("operating.json", Operating, Schema("operating", 1), rewritten_by("evaluate"))
