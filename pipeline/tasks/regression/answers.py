"""What a network's output says: a number in the unit with its interval, the table, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.contracts.operating import Operating
from pipeline.contracts.predictions import GROUP, PREDICTED, TRUTH, nine_digits
from pipeline.scoring import ask, marked
from pipeline.statistics.conformal import Spread, Width
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.contract import Kind, Pictured
from pipeline.tasks.regression.elsewhere import fits, read_table, require_table
from pipeline.tasks.regression.predictions import HIGH, LOW, OUTPUT, read
from pipeline.tasks.regression.quantity import Quantity

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Frozen",
    "ask",
    "decided",
    "fits",
    "followed",
    "frozen",
    "in_words",
    "kinds",
    "marked",
    "observed",
    "output_of",
    "outputs",
    "overlays",
    "pictured",
    "read",
    "read_table",
    "require_table",
    "scores",
    "table",
]

WORST: Final = 6
"""How many cases a gallery shows of each kind of error."""


@dataclass(frozen=True)
class Interval:
    """A width as it is handed on: `factor` times `at_centre` + `slope` (x - `centre`), or times `least`."""

    factor: float
    at_centre: float
    slope: float
    centre: float
    least: float
    patients: int

    @property
    def width(self) -> Width:
        """The width that says how far an interval reaches."""
        return Width(self.factor, Spread(self.at_centre, self.slope, self.centre, self.least), self.patients)


@dataclass(frozen=True)
class Frozen:
    """What validation fixed: `slope` and `intercept` of the recalibration, and the width of intervals."""

    slope: float = 1.0
    intercept: float = 0.0
    interval: Interval | None = None


def frozen(operating: Operating | None) -> Frozen:
    """What the record holds; before the evaluation nothing is fixed. Raises DamageError."""
    return Frozen() if operating is None else operating.choices.opened(Frozen)


def scores(logits: Floats, fixed: Frozen) -> Floats:
    """The numbers in the unit, shape (cases, 1): the outputs, recalibrated; nan rows stay nan."""
    return fixed.intercept + fixed.slope * logits


def predicted(logits: Floats, fixed: Frozen) -> Floats:
    """The same, shape (cases,), to the nine digits with which the table of predictions is written."""
    return nine_digits(scores(logits, fixed)[:, 0])


def decided(scores: Floats, fixed: Frozen) -> None:
    """None: nothing is decided of a number."""
    return


def followed(scores: Floats, question: Quantity) -> Integers:
    """Which output of each row a reader follows: the only one."""
    return np.zeros(len(scores), dtype=np.int64)


def table(
    cases: pd.DataFrame, logits: Floats, reasons: Sequence[str], *, question: Quantity, fixed: Frozen
) -> pd.DataFrame:
    """The table of predictions of `cases`, which have `case_id, patient_id, part, truth` and groups.

    `logits` has shape (cases, 1), `reasons` says why a case has no answer, empty where it has one.
    """
    answered = np.array([not reason for reason in reasons], dtype=np.bool_)
    known = np.where(answered[:, None], logits, np.nan)
    numbers = predicted(known, fixed)
    half = np.full(len(numbers), np.nan) if fixed.interval is None else fixed.interval.width.half(numbers)
    frame = cases[["case_id", "patient_id", "part", TRUTH]].assign(
        **{PREDICTED: _texts(numbers), LOW: _texts(numbers - half), HIGH: _texts(numbers + half)},
        **{OUTPUT: _texts(known[:, 0])},
        status=np.where(answered, "ok", "failed"),
        reason=list(reasons),
    )
    return frame.join(cases[[name for name in cases.columns if name.startswith(GROUP)]])


def outputs(predictions: pd.DataFrame, question: Quantity) -> Floats:
    """The network's own outputs as a table of predictions holds them, shape (rows, 1)."""
    return np.asarray(predictions[[OUTPUT]].astype(np.float64).to_numpy())


def in_words(predicted: Sequence[str]) -> str:
    """The predictions of a table in a few words for the terminal: their range and median."""
    numbers = np.array([float(text) for text in predicted])
    if not numbers.size:
        return ""
    low, middle, high = numbers.min(), np.median(numbers), numbers.max()
    return f"predicted {low:.4g} to {high:.4g}, median {middle:.4g}"


def observed(predictions: pd.DataFrame, question: Quantity) -> dict[str, Floats]:
    """What is compared of each row when new scans come: the predicted number."""
    return {"predicted": np.asarray(predictions[PREDICTED].astype(np.float64).to_numpy())}


def output_of(predicted: str, question: Quantity) -> int:
    """Which output of the network says so: the only one."""
    return 0


def kinds(question: Quantity) -> tuple[Kind, ...]:
    """The kinds of cases that a gallery shows: those predicted far too high, and far too low."""
    return Kind("too_high", WORST), Kind("too_low", WORST)


def overlays(
    predictions: pd.DataFrame, outputs: Mapping[str, Any], *, question: Quantity, fixed: Frozen
) -> None:
    """None: an answer is no mask."""
    return


def pictured(row: Mapping[str, object], question: Quantity) -> tuple[Pictured, ...]:
    """What a row of the table can be shown for, with the size of its error, in the unit."""
    truth, said = str(row[TRUTH]), str(row[PREDICTED])
    error = float(said) - float(truth)
    return (Pictured("too_high" if error >= 0 else "too_low", truth, said, abs(error)),)


def _texts(numbers: Floats) -> list[str]:
    """The numbers with nine digits, empty where there is none."""
    return ["" if np.isnan(number) else f"{number:.9g}" for number in numbers.tolist()]
