"""What is chosen on the validation part and then fixed: of which targets only the largest piece is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.bits import of_bit
from pipeline.config import Evaluate
from pipeline.contracts.unopened import Unopened
from pipeline.statistics.laws import student_quantile
from pipeline.statistics.masks import dice
from pipeline.statistics.vectors import Floats
from pipeline.tasks.measured import Json
from pipeline.tasks.segmentation.answers import Frozen
from pipeline.tasks.segmentation.asking import Marked, largest_piece
from pipeline.tasks.segmentation.structures import PRESENT, Structures, cells_of

STUDENT: Final = "Student's t on patients' differences"
_FEWEST: Final = 3  # patients: the spread of fewer says nothing
_LEVEL: Final = 0.95  # not `evaluate.level`: how numbers are told must not change the answers


@dataclass(frozen=True)
class Cleaning:
    """Whether only the largest piece of a target is kept, and the gain in Dice on validation patients.

    It is kept alone where the interval of the gain lies above nothing.
    """

    applied: bool
    patients: int
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = STUDENT


@dataclass(frozen=True)
class Choices:
    """What the validation part settled, by target, and the tolerance that the YAML fixed."""

    cleaning: Mapping[str, Cleaning]
    tolerance_mm: float

    @property
    def fixed(self) -> Frozen:
        """What every later answer is made with."""
        applied = tuple(name for name, cleaning in self.cleaning.items() if cleaning.applied)
        return Frozen(applied, self.tolerance_mm)

    def to_json(self) -> Json:
        """What is handed on of them."""
        return {
            "cleaning": {name: asdict(cleaning) for name, cleaning in self.cleaning.items()},
            "tolerance_mm": self.tolerance_mm,
        }


def choose(
    truth: Sequence[str],
    marked: NDArray[np.object_],
    patients: Sequence[str],
    *,
    question: Structures,
    plan: Evaluate,
) -> Choices:
    """For each target, whether its largest piece alone agrees better; `marked` has a `Marked` a case.

    A target that is in none of the cases is left as it is.
    """
    gains: dict[str, dict[str, list[float]]] = {name: {} for name in question.names}
    for value, case, patient in zip(truth, marked, patients, strict=True):
        for name, gain in _gains(case, value, question).items():
            gains[name].setdefault(patient, []).append(gain)
    return Choices(
        {name: _cleaning(np.array([np.mean(those) for those in by.values()])) for name, by in gains.items()},
        plan.tolerance_mm,
    )


def of_table(table: Any, plan: Evaluate) -> Choices:
    """What holds of a table from elsewhere: its masks are as they were measured."""
    return Choices({}, plan.tolerance_mm)


def add_to_metrics(metrics: Json, choices: Choices) -> None:
    """Puts the choices where metrics.json has them."""
    metrics["thresholds"] = ()
    metrics["choices"] = Unopened(choices.to_json())


def _gains(case: Marked, value: str, question: Structures) -> dict[str, float]:
    """What the largest piece alone gains in Dice, of each target that is there and was marked."""
    cells, bits = cells_of(value, question.names), case.predicted()
    gains = {}
    for bit, name in enumerate(question.names):
        predicted = of_bit(bits, bit)
        if cells[name] == PRESENT and predicted.any():
            truth = case.truth(name)
            gains[name] = dice(truth, largest_piece(predicted)) - dice(truth, predicted)
    return gains


def _cleaning(gains: Floats) -> Cleaning:
    """The choice, from the mean gain of each patient."""
    count = int(gains.size)
    if count < _FEWEST:
        return Cleaning(applied=False, patients=count)
    mean, error = float(gains.mean()), float(gains.std(ddof=1)) / count**0.5
    half = student_quantile((1 + _LEVEL) / 2, count - 1) * error
    return Cleaning(mean - half > 0, count, mean, mean - half, mean + half)
