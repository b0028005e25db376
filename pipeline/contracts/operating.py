"""`operating.json`: what the validation part alone fixed of a model's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.formerly import with_choices
from pipeline.contracts.objects import ObjectFile, Schema
from pipeline.contracts.unopened import OfTask


@dataclass(frozen=True)
class Operating:
    """What is asked and what validation fixed (`choices`), in the task's own keys.

    `unit` has one vote, and `patient_score` says which answer of a patient's scans counts.
    """

    question: OfTask
    choices: OfTask
    patient_score: Literal["max", "mean"]
    unit: str = ""


FILE: Final = ObjectFile(
    "operating.json", Operating, Schema("operating", 2), rewritten_by("evaluate"), with_choices
)
