"""What holds a new patient's truth with a stated probability, by split conformal prediction.

Intervals hold a number. A residual is divided by its expected size before the quantile is taken, so that
they are wide where the model errs more (Lei et al. 2018, JASA 113:1094, section 5.2). Sets hold a class, and
are made class by class, so that a rare one is held as often as a frequent one (Vovk 2012, PMLR 25:475). The
patient is what is exchangeable: each gives one score, that of the worst of the patient's scans.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.statistics.agreement import Measurements
from pipeline.statistics.laws import beta_binomial
from pipeline.statistics.sample import Sample
from pipeline.statistics.vectors import Floats

LEAST_SHARE: Final = 0.25
"""An expected residual is never less than this share of the mean one: no interval shrinks to nothing."""


@dataclass(frozen=True)
class Spread:
    """The expected size of a residual, in the target's unit: a straight line of the prediction."""

    at_centre: float
    slope: float
    centre: float
    least: float

    def of(self, prediction: Floats | float) -> Floats:
        """The expected residual at each prediction, never below `least`."""
        return np.maximum(self.at_centre + self.slope * (prediction - self.centre), self.least)


@dataclass(frozen=True)
class Width:
    """Half the width of an interval is `factor` times the expected residual; `patients` told so."""

    factor: float
    spread: Spread
    patients: int

    def half(self, prediction: Floats) -> Floats:
        """Half the width at each prediction, in the target's unit."""
        return self.factor * self.spread.of(prediction)


def fewest_patients(alpha: float) -> int:
    """How many patients an interval takes that misses a new patient with probability `alpha` at most.

    >>> fewest_patients(0.1)
    10
    """
    # 1 / (1 - 0.9) is a little more than 10, and would ask for one patient more.
    return math.ceil(round(1 / alpha, 9))


def width(rows: Measurements, *, alpha: float) -> Width | None:
    """The width from rows that the network did not learn from, None of too few patients or without residuals.

    The residuals of a patient are divided by what those of the other patients let expect, as a new patient's
    are divided by what all of these do.
    """
    patients = rows.patients
    residual = np.abs(rows.difference)
    if patients < fewest_patients(alpha) or not residual.any():
        return None
    sums, least = _sums(rows, residual), LEAST_SHARE * float(residual.mean())
    lines = [_line(others, least) for others in sums.sum(axis=0) - sums]
    expected = [float(lines[who].of(said)) for who, said in zip(rows.patient, rows.prediction, strict=True)]
    scores = np.zeros(patients)
    np.maximum.at(scores, rows.patient, residual / np.array(expected))
    # Rounded first, as above: last bits must not move the rank by a patient.
    rank = math.ceil(round((patients + 1) * (1 - alpha), 9))
    return Width(float(np.sort(scores)[min(rank, patients) - 1]), _line(sums.sum(axis=0), least), patients)


def least_probabilities(sample: Sample, *, alpha: float) -> Floats | None:
    """From which probability on each class belongs to a set, shape (classes,); None of too few patients.

    A patient counts in each class that the patient's scans have, by the least probability that they give it.
    A new patient's scans of a class all reach it with probability 1 - `alpha` at least.
    """
    least = np.full((sample.patients, sample.classes), np.inf)
    of_truth = sample.probability[np.arange(sample.truth.size), sample.truth]
    np.minimum.at(least, (sample.patient, sample.truth), of_truth)
    limits = np.empty(sample.classes)
    for index, scores in enumerate(least.T):
        known = np.sort(scores[np.isfinite(scores)])
        if known.size < fewest_patients(alpha):
            return None
        limits[index] = known[known.size - math.ceil(round((known.size + 1) * (1 - alpha), 9))]
    return limits


def held_or_fewer(held: int, rows: int, *, patients: int, level: float) -> float:
    """How probable it is that so few of `rows` new patients are held, where `patients` set the limit.

    The limit is the rank of an order, so the share that it holds follows a beta law (Vovk 2012, section 3):
    few validation patients alone can hold a few per cent less than `level`.
    """
    rank = min(math.ceil(round((patients + 1) * level, 9)), patients)
    return beta_binomial(held, rows, rank, patients + 1 - rank)


def _sums(rows: Measurements, residual: Floats) -> Floats:
    """Of each patient the sums of 1, x, x^2, r and xr over the rows, shape (patients, 5)."""
    x = rows.prediction
    columns = (np.ones(x.size), x, x**2, residual, x * residual)
    return np.column_stack([np.bincount(rows.patient, column, rows.patients) for column in columns])


def _line(sums: Floats, least: float) -> Spread:
    """The least-squares line of the residuals on the predictions, never below `least`."""
    n, x, xx, r, xr = (float(value) for value in sums)
    centre, mean = x / n, r / n
    spread = xx - n * centre**2
    # Predictions that differ by rounding alone have no slope; below it the quotient is noise.
    slope = (xr - n * centre * mean) / spread if spread > 1e-9 * max(xx, 1e-300) else 0.0
    return Spread(mean, slope, centre, least)
