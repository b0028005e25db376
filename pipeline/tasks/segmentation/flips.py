"""Who changes sides: those whose outlines agree with the reference much less, or much more, than before.

An outline is never right or wrong as a whole, so a side is changed by a fall or a rise of the overlap.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from pipeline.contracts.comparison import Flip, Flips
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks import sides
from pipeline.tasks.segmentation.pairs import Pairs
from pipeline.tasks.segmentation.predictions import DICE
from pipeline.tasks.segmentation.view import View

FALL: Final = 0.1
"""Of a patient's mean Dice, a choice: twice the loss of the mean of all that a comparison lets pass."""
_DIGITS: Final = 9  # a fall of 0.4 to 0.3 is none by more than 0.1, whatever the last bits say


def flips(pairs: Pairs, *, level: float) -> Flips:
    """Counts with intervals of `level`, over all and by structure, and whose Dice moved so far."""
    before, after = (view.scored.over_structures().dice for view in (pairs.reference, pairs.candidate))
    held = ~np.isnan(before)
    patient = pairs.reference.patient
    everybody = sides.Turned(_change(before[held], after[held]), patient[held])
    structures = {
        name: _of_structure(pairs, index, patient) for index, name in enumerate(pairs.reference.names)
    }
    rows = np.flatnonzero(held)
    found = sides.flips(everybody, structures, lambda at: _flip(pairs, int(rows[at])), level=level)
    return replace(
        found, lost=f"mean Dice fell by more than {FALL:g}", gained=f"mean Dice rose by more than {FALL:g}"
    )


def _of_structure(pairs: Pairs, index: int, patient: Integers) -> sides.Turned:
    before, after = (view.scored.dice[:, index] for view in (pairs.reference, pairs.candidate))
    held = ~np.isnan(before)
    return sides.Turned(_change(before[held], after[held]), patient[held])


def _change(before: Floats, after: Floats) -> Integers:
    """-1 where the overlap fell by more than `FALL`, 1 where it rose by more, else 0."""
    moved = np.round(after - before, _DIGITS)
    return np.where(np.abs(moved) > FALL, np.sign(moved), 0).astype(np.int64)


def _flip(pairs: Pairs, row: int) -> Flip:
    """The row with the overlap of the structure on which the two models differ most."""
    before, after = pairs.reference.scored, pairs.candidate.scored
    apart = np.abs(after.missed[row] - before.missed[row])
    index = int(np.nan_to_num(apart, nan=-1.0).argmax())
    return Flip(
        name=pairs.names[row],
        truth=_said(pairs.reference, ~np.isnan(before.missed[row])),
        champion=_said(pairs.reference, before.missed[row] == 0),
        candidate=_said(pairs.candidate, after.missed[row] == 0),
        score_of=pairs.reference.names[index],
        champion_score=float(before.dice[row, index]),
        candidate_score=float(after.dice[row, index]),
        column=f"{DICE}_{pairs.reference.names[index]}",
    )


def _said(view: View, flags: Flags) -> str:
    return ", ".join(name for name, flag in zip(view.names, flags.tolist(), strict=True) if flag) or "none"
