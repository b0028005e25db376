"""What was measured of masks: a number for each row and structure, nan where the row has none to give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from pipeline.statistics.vectors import Flags, Floats, Integers

Reduce = Callable[[Floats, Flags], Floats]
"""From numbers and which of them are held to one along the last axis."""


@dataclass(frozen=True)
class Scored:
    """Numbers of the shape (rows, structures); of a single structure, and over all, (rows,).

    Rows whose reference says that the structure isn't there have a number in `invented` (1: the prediction
    holds it, with `invented_ml`), those whose reference holds it in `missed` (1: the prediction is empty) and
    in all others. Distances are in mm, volumes in mL.
    """

    dice: Floats
    hd95: Floats
    hd: Floats
    nsd: Floats
    volume_truth: Floats
    volume_predicted: Floats
    false_components: Floats
    missed: Floats
    invented: Floats
    invented_ml: Floats

    @property
    def all(self) -> tuple[Floats, ...]:
        """The numbers in the order of their names."""
        return (
            self.dice, self.hd95, self.hd, self.nsd, self.volume_truth, self.volume_predicted,
            self.false_components, self.missed, self.invented, self.invented_ml,
        )  # fmt: skip

    def each(self, change: Callable[[Floats], Floats]) -> Scored:
        """The same of every number."""
        return Scored(*map(change, self.all))

    def where(self, rows: Flags) -> Scored:
        """The rows that are true in `rows`."""
        return self.each(lambda values: values[rows])

    def of_structure(self, index: int) -> Scored:
        """The numbers of one structure, shape (rows,)."""
        return self.each(lambda values: values[:, index])

    def over_structures(self) -> Scored:
        """The mean over the structures that a row's reference holds; missed or invented where any is."""
        return self._reduced(lambda reduce, values, held: reduce(values, held))

    def of_patients(self, patient: Integers) -> Scored:
        """One row a patient: the mean over the cases; missed or invented where any is."""
        cases = [patient == code for code in range(int(patient.max()) + 1)]
        return self._reduced(
            lambda reduce, values, held: np.stack([reduce(values[own].T, held[own].T) for own in cases])
        )

    def _reduced(self, along: Callable[[Reduce, Floats, Flags], Floats]) -> Scored:
        """The numbers with their last axis reduced; `along` says how rows are laid out for that."""
        held = ~np.isnan(self.dice)
        reduced = []
        for name, values in zip(NAMES, self.all, strict=True):
            counted = ~np.isnan(values) if name == "invented_ml" else held
            reduced.append(along(_largest if name in _ANY else _mean, values, counted))
        return Scored(*reduced)


NAMES: Final = tuple(field.name for field in fields(Scored))
_ANY: Final = ("missed", "invented")


def both_known(one: Scored, other: Scored) -> tuple[Scored, Scored]:
    """The numbers that both have, nan where one of them has none; what was invented stands as it is."""

    def known(mine: Scored, yours: Scored) -> Scored:
        pairs = zip(mine.all, yours.all, strict=True)
        kept = Scored(*(np.where(np.isnan(theirs), np.nan, values) for values, theirs in pairs))
        return replace(kept, invented_ml=mine.invented_ml)

    return known(one, other), known(other, one)


def _mean(values: Floats, held: Flags) -> Floats:
    """The mean over the last axis of what is held, nan of nothing; nan, too, where a number of it lacks."""
    count = held.sum(axis=-1)
    total = np.where(held, values, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0))


def _largest(values: Floats, held: Flags) -> Floats:
    """The largest over the last axis of the numbers that are there, nan of none."""
    filled = np.where(np.isnan(values), -np.inf, values).max(axis=-1)
    return np.where(np.isinf(filled), np.nan, filled)
