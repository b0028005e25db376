"""Whether the sets of classes hold what they promise, class by class, and how much they leave open."""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.statistics.bootstrap import Resampled, Statistic
from pipeline.statistics.estimate import Estimate
from pipeline.statistics.proportions import at_an_end, wilson
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.classification.view import View
from pipeline.tasks.measured import Json

COVERAGE: Final = "set_coverage"
SIZES: Final = ("set_one", "set_several", "set_none")
"""The shares of rows whose set has one class, several, or none."""


def statistic(view: View) -> Statistic:
    """Coverage of each class and shares of sizes, from the weights of patients; nothing without sets."""
    patients = view.sample.patients
    sums = {
        name: tuple(np.bincount(view.sample.patient, flags, patients) for flags in (among, among & right))
        for name, (among, right) in _rows(view).items()
    }

    def measured(weights: Floats) -> dict[str, float | Floats]:
        with np.errstate(invalid="ignore"):
            return {
                name: float(np.divide(weights @ counted, weights @ among))
                for name, (among, counted) in sums.items()
            }

    return measured


def metrics(view: View, resampled: Resampled) -> list[Json]:
    """The metrics of the sets: Wilson's where a patient has one row, else resampled."""
    found = []
    for name, (among, right) in _rows(view).items():
        kind, _, number = name.partition("/")
        estimate = _estimate(view, among, right, resampled.estimate(name, level=view.plan.level))
        found.append(view.metric(kind, estimate, of=int(number) if number else None))
    return found


def _rows(view: View) -> dict[str, tuple[Flags, Flags]]:
    """Of each share the rows it is over, and those that count."""
    if view.sets is None or not view.sets.least:
        return {}
    held, truth = view.sets.holds(view.sample.probability), view.sample.truth
    size, everyone = held.sum(axis=1), np.ones(truth.size, dtype=np.bool_)
    sizes: tuple[Flags, ...] = (size == 1, size > 1, size == 0)
    return {
        **{f"{COVERAGE}/{of}": (truth == of, held[:, of]) for of in range(len(view.classes))},
        **{name: (everyone, flags) for name, flags in zip(SIZES, sizes, strict=True)},
    }


def _estimate(view: View, among: Flags, right: Flags, resampled: Estimate) -> Estimate:
    level, counts = view.plan.level, (int((among & right).sum()), int(among.sum()))
    if not view.sample.repeated:
        return wilson(*counts, level=level).counted(*counts)
    patients = np.unique(view.sample.patient[among]).size
    return at_an_end(resampled, patients, level=level).counted(*counts)
