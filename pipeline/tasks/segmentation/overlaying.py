"""Which cases are shown with their outlines: the worst, the median and the best, and what was invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from pipeline.bits import Bits, bits_for
from pipeline.statistics.vectors import Flags
from pipeline.tasks.contract import Overlay
from pipeline.tasks.segmentation.asking import Marked, without_strays
from pipeline.tasks.segmentation.predictions import measurable, scored
from pipeline.tasks.segmentation.scored import Scored
from pipeline.tasks.segmentation.structures import Structures

if TYPE_CHECKING:
    import pandas as pd

WORST, BEST, MEDIAN, INVENTED = "worst", "best", "median", "invented"
MOST_WORST, MOST_INVENTED = 3, 2
"""How many cases of a kind are shown (a choice): errors teach more; of the others one does."""


class _Fixed(Protocol):
    """What of the choices is needed here."""

    @property
    def largest(self) -> tuple[str, ...]:
        """The structures of which the largest piece alone is kept."""
        ...


@dataclass(frozen=True)
class _Row:
    """A case of the test part by its row: its mean Dice (nan: none), and the volume of what was invented."""

    at: int
    case_id: str
    patient_id: str
    dice: float
    invented_ml: float


def overlays(
    predictions: pd.DataFrame, outputs: Mapping[str, Any], *, question: Structures, fixed: _Fixed
) -> Sequence[Overlay]:
    """The cases of the test part that are shown, one a patient, given what was marked in each by case_id."""
    test = predictions[measurable(predictions, "test")]
    asked = [isinstance(outputs.get(case_id), Marked) for case_id in test["case_id"]]
    test = test[np.array(asked, dtype=np.bool_)]
    numbers = scored(test, question.names)
    rows = [
        _Row(at, str(case_id), str(patient_id), float(dice), float(volume))
        for at, (case_id, patient_id, dice, volume) in enumerate(
            zip(
                test["case_id"],
                test["patient_id"],
                numbers.over_structures().dice,
                np.nansum(numbers.invented_ml, axis=1),
                strict=True,
            )
        )
    ]
    return [
        Overlay(
            kind,
            row.case_id,
            row.patient_id,
            None if np.isnan(row.dice) else row.dice,
            told(numbers, row.at, question.names),
            question.names,
            partial(true_bits, outputs[row.case_id], question),
            partial(said_bits, outputs[row.case_id], question, fixed.largest),
        )
        for kind, row in _chosen(rows)
    ]


def told(numbers: Scored, at: int, names: Sequence[str]) -> str:
    """How each structure of a row agrees, in words."""
    words = []
    for index, name in enumerate(names):
        if numbers.missed[at, index] == 1:
            words.append(f"{name} missed")
        elif numbers.invented[at, index] == 1:
            words.append(f"{name} invented")
        elif not np.isnan(numbers.dice[at, index]):
            words.append(f"{name} {numbers.dice[at, index]:.3f}")
    return ", ".join(words)


def true_bits(case: Marked, question: Structures) -> Bits:
    """What the case's masks mark, `(*space,)`."""
    bits = np.zeros(case.shape, bits_for(len(question.names)))
    for bit, name in enumerate(question.names):
        mask: Flags = case.truth(name)
        bits |= mask.astype(bits.dtype) << bits.dtype.type(bit)
    return bits


def said_bits(case: Marked, question: Structures, largest: Sequence[str]) -> Bits:
    """What the network marked, as it is measured, `(*space,)`."""
    return without_strays(case.predicted(), question, largest)


def _chosen(rows: Sequence[_Row]) -> list[tuple[str, _Row]]:
    """The kind of each case that is shown, by kind; a patient is shown once, the worst case of each."""
    worst_first = sorted(
        (row for row in rows if not np.isnan(row.dice)), key=lambda row: (row.dice, row.case_id)
    )
    worst_of: dict[str, _Row] = {}
    for row in worst_first:
        worst_of.setdefault(row.patient_id, row)
    known = list(worst_of.values())
    shown = [(WORST, row) for row in known[: max(1, min(MOST_WORST, len(known) // 3))]]
    rest = known[len(shown) :]
    if len(rest) > 1:
        shown.append((MEDIAN, rest[(len(known) // 2) - len(shown)]))
    if rest:
        shown.append((BEST, rest[-1]))
    taken = {row.patient_id for _, row in shown}
    invented = sorted(
        (row for row in rows if row.invented_ml > 0 and row.patient_id not in taken),
        key=lambda row: (-row.invented_ml, row.case_id),
    )
    return shown + [(INVENTED, row) for row in invented[:MOST_INVENTED]]


KINDS: Final = {
    WORST: "The worst",
    MEDIAN: "The median",
    BEST: "The best",
    INVENTED: "Something marked that isn't there",
}
"""The kinds of cases in their order, each with its heading."""
