"""Who changes sides from champion to candidate: how many patients, with exact intervals, and who by name.

Two models of equal accuracy can disagree on many patients (Yan et al., CVPR 2021), which the people who
use them notice. What makes an answer better or worse is the task's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.contracts.comparison import Flip, Flips, Sides
from pipeline.statistics.paired import mcnemar
from pipeline.statistics.proportions import clopper_pearson
from pipeline.statistics.vectors import Flags, Integers


@dataclass(frozen=True)
class Turned:
    """Units that got worse (-1), stayed (0) or got better (1) with the candidate, and the patient of each.

    Both of shape (units,); a patient with a unit that got worse counts as worse, whatever the others did.
    """

    change: Integers
    patient: Integers

    def where(self, rows: Flags) -> Turned:
        """The units that are true in `rows`."""
        return Turned(self.change[rows], self.patient[rows])

    def sides(self, name: str, *, level: float) -> Sides:
        """How many of the patients got worse and better, each share with its exact interval."""
        patients = _patients(self.patient)
        worse, better = (_patients(self.patient[self.change == way]) for way in (-1, 1))
        lost, gained = (clopper_pearson(some, patients, level=level) for some in (worse, better))
        return Sides(name, patients, worse, better, lost.low, lost.high, gained.low, gained.high)


def turned(was_right: Flags, is_right: Flags, patient: Integers) -> Turned:
    """The units by whether the champion's and the candidate's answers are right, all of shape (units,)."""
    return Turned(is_right.astype(np.int64) - was_right.astype(np.int64), patient)


def flips(
    everybody: Turned, classes: Mapping[str, Turned], flip_of: Callable[[int], Flip], *, level: float
) -> Flips:
    """Counts, exact intervals of `level` over all and by class, the sign test, and who flips, worst first."""
    worse, better = (np.flatnonzero(everybody.change == way) for way in (-1, 1))
    test = mcnemar(worse.size, better.size)
    units = int(everybody.change.size)
    return Flips(
        units=units,
        negative=int(worse.size),
        positive=int(better.size),
        negative_rate=float(worse.size / max(units, 1)),
        mcnemar_p=test.p_exact,
        mcnemar_mid_p=test.p_mid,
        negative_list=_worst_first(worse, flip_of),
        positive_list=_worst_first(better, flip_of),
        level=level,
        sides=everybody.sides("", level=level),
        classes=tuple(each.sides(name, level=level) for name, each in classes.items()),
    )


def _worst_first(rows: Integers, flip_of: Callable[[int], Flip]) -> tuple[Flip, ...]:
    """Those whose score moved furthest first."""
    return tuple(sorted((flip_of(int(row)) for row in rows), key=lambda flip: (-_moved(flip), flip.name)))


def _moved(flip: Flip) -> float:
    return abs((flip.candidate_score or 0.0) - (flip.champion_score or 0.0))


def _patients(codes: Integers) -> int:
    return int(np.unique(codes).size)
