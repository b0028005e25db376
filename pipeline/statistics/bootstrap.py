"""The bootstrap of patients: one resample serves all statistics and all models.

Patients are drawn with replacement, unstratified; a resample is the vector of how often each patient
was drawn, and a statistic is a function of that vector, so cases are sorted and summed up only once
(Efron & Tibshirani 1993 ch. 13; clusters whole: Field & Welsh 2007 JRSS B 69:369).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.statistics.estimate import Estimate
from pipeline.statistics.vectors import Flags, Floats

# Choices: resamples without a number are those of extreme mixes, so an interval that lacks 5 % of them may
# be too narrow at either end, where it has 2.5 %.
FLAGGED_SHARE = 0.01
REFUSED_SHARE = 0.05
ROUNDING = 1e-12  # what sums of weights in another order differ by
METHOD = "resampled patients"
SIMULTANEOUS = "resampled patients, simultaneous band"

Statistic = Callable[[Floats], Mapping[str, float | Floats]]
"""From the weight of each patient, shape (patients,), to named numbers or arrays; nan: undefined."""


@dataclass(frozen=True)
class Resampled:
    """The statistics on the sample itself and on every resample.

    `values[name]` has shape (resamples, *shape of the statistic). `redrawn` resamples held one class
    only and were drawn again.
    """

    point: Mapping[str, Floats]
    values: Mapping[str, Floats]
    redrawn: int

    def lost_share(self, name: str) -> float:
        """The share of drawn resamples in which a single-number statistic could not be computed."""
        values = self.values[name]
        return (self.redrawn + int(np.isnan(values).sum())) / (self.redrawn + len(values))

    def estimate(self, name: str, *, level: float) -> Estimate:
        """The statistic with its percentile interval (numpy's linear rule)."""
        value = float(self.point[name])
        if np.isnan(value):
            return Estimate(None, method=METHOD, reason="undefined on these cases: zero in the denominator")
        return percentile_interval(value, self.values[name], lost_share=self.lost_share(name), level=level)

    def band(self, name: str, *, level: float) -> tuple[Floats, Floats]:
        """The pointwise percentile band of an array statistic; nan where 5 % of resamples are lost."""
        values = self.values[name]
        lost = (self.redrawn + np.isnan(values).sum(axis=0)) / (self.redrawn + len(values))
        ends = np.full((2, values.shape[1]), np.nan)
        kept = lost <= REFUSED_SHARE
        ends[:, kept] = np.nanquantile(values[:, kept], _ends(level), axis=0)
        return ends[0], ends[1]

    def simultaneous(self, name: str, *, level: float) -> tuple[Floats, Floats]:
        """One band that holds a whole array statistic at `level`: the sup-t band of the resamples.

        Its half-width is the same number of standard errors everywhere, the `level` quantile of the largest
        deviation of a resample (Montiel Olea & Plagborg-Møller 2019, J Appl Econometrics 34:1). nan where
        resamples don't differ, or 5 % of them are lost.
        """
        point, values = self.point[name], self.values[name]
        lost = (self.redrawn + np.isnan(values).sum(axis=0)) / (self.redrawn + len(values))
        ends = np.full((2, point.size), np.nan)
        kept = (lost <= REFUSED_SHARE) & ~np.isnan(point)
        kept[kept] = np.nanstd(values[:, kept], axis=0) > ROUNDING
        if not kept.any():
            return ends[0], ends[1]
        error = np.nanstd(values[:, kept], axis=0, ddof=1)
        largest = np.nanmax(np.abs(values[:, kept] - point[kept]) / error, axis=1)
        half = np.nanquantile(largest, level) * error
        ends[:, kept] = point[kept] - half, point[kept] + half
        return ends[0], ends[1]


def resample(statistic: Statistic, membership: Flags, *, resamples: int, seed: int) -> Resampled:
    """The statistic on the sample and on `resamples` draws of its patients (PCG64 from `seed`).

    `membership[patient, class]` tells whether the patient has a case of the class; a draw that leaves
    one class only is drawn again and counted. When that happens more often than not, all values are nan.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    patients = len(membership)
    of_class = membership.astype(np.float64)
    needed = min(2, int(membership.any(axis=0).sum()))
    point = {name: np.asarray(value) for name, value in statistic(np.ones(patients)).items()}
    values = {name: np.full((resamples, *value.shape), np.nan) for name, value in point.items()}
    done = redrawn = 0
    while done < resamples and redrawn <= resamples:
        patient_indices = generator.integers(0, patients, size=patients)
        weights = np.bincount(patient_indices, minlength=patients).astype(np.float64)
        if np.count_nonzero(weights @ of_class) < needed:
            redrawn += 1
            continue
        for name, value in statistic(weights).items():
            values[name][done] = value
        done += 1
    return Resampled(point, values, redrawn)


def percentile_interval(value: float, values: Floats, *, lost_share: float, level: float) -> Estimate:
    """The value with the percentile interval of its resampled `values`, nan left out.

    More than 5 % of resamples lost: no interval; more than 1 %: flagged. No interval either where the
    resamples don't differ: it would have no width, as if nothing were unknown.
    """
    if lost_share > REFUSED_SHARE:
        reason = f"undefined in {lost_share:.1%} of the resamples: no interval"
        return Estimate(value, method=METHOD, reason=reason)
    low, high = np.quantile(values[~np.isnan(values)], _ends(level))
    if high - low <= ROUNDING * max(1.0, abs(high)):
        alike = f"{level:.0%} or more of the resamples of patients give one number: no interval"
        return Estimate(value, method=METHOD, reason=alike)
    flag = f"undefined in {lost_share:.1%} of the resamples" if lost_share > FLAGGED_SHARE else None
    return Estimate(value, float(low), float(high), METHOD, flag=flag)


def two_sided_p(values: Floats) -> float:
    """The share of resampled differences on the rarer side of zero, doubled; never below 2 / (B + 1)."""
    defined = values[~np.isnan(values)]
    rarer = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (defined.size + 1))


def _ends(level: float) -> tuple[float, float]:
    return 0.5 - level / 2, 0.5 + level / 2
