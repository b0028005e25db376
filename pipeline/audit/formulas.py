"""The formulas of the intervals, written anew from their papers, on arrays of rows.

Where a library has one it is asked (scipy, scikit-learn); nothing comes from the project's statistics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from pipeline.audit.account import FITTED, TOLERANCE, Account
from pipeline.audit.rows import Floats, Rows

_FITTED_METRICS: Final = ("calibration_intercept", "calibration_slope")
"""What an optimiser finds, so that two of them stop at places that differ."""
_BLOCK = 2_000_000
"""Pairs of rows that are compared, or weights that are summed up, at a time: some 50 MB."""


@dataclass(frozen=True)
class Number:
    """A value with the ends of its interval, each None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


def compare_number(where: str, metric: Mapping[str, Any], number: Number | None, account: Account) -> None:
    """Compares a metric's value and ends with the number; counts them as not computed anew without one."""
    if number is None:
        account.unseen[metric["id"]] += sum(metric[end] is not None for end in ("value", "low", "high"))
        return
    tolerance = FITTED if metric["id"] in _FITTED_METRICS else TOLERANCE
    for end, anew in (("value", number.value), ("low", number.low), ("high", number.high)):
        account.compare(f"{where}, {end}", metric[end], anew, tolerance=tolerance)


def wilson(successes: int, trials: int, level: float) -> Number:
    """Wilson's score interval, by scipy."""
    if not trials:
        return Number(None)
    ends = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    return Number(successes / trials, float(ends.low), float(ends.high))


def exact(successes: int, trials: int, level: float) -> Number:
    """Clopper and Pearson's interval, by scipy."""
    if not trials:
        return Number(None)
    ends = stats.binomtest(successes, trials).proportion_ci(level, method="exact")
    return Number(successes / trials, float(ends.low), float(ends.high))


def area(rows: Rows, of: int, level: float) -> Number:
    """AUROC of class `of` against the rest: pairs counted one by one, DeLong 1988 or Obuchowski 1997.

    The interval is that of Brunner and Munzel's t on the logit scale, or Newcombe's fifth where the scores
    show no variance.
    """
    is_positive = rows.truth == of
    above_negatives, below_positives = _components(rows.score[:, of], is_positive)
    value = float(above_negatives.mean())
    variance, of_classes, patients = _variance(rows, is_positive, above_negatives, below_positives)
    # Rounding alone gives so much where the scores show no variance.
    if variance < 1e-24 or min(patients) < 2 or not 0 < value < 1:
        return _newcombe(value, patients, level)
    freedom = sum(of_classes) ** 2 / sum(v * v / (n - 1) for v, n in zip(of_classes, patients, strict=True))
    half = stats.t.ppf(0.5 + level / 2, freedom) * math.sqrt(variance) / (value * (1 - value))
    centre = special.logit(value)
    return Number(value, float(special.expit(centre - half)), float(special.expit(centre + half)))


def _components(score: Floats, is_positive: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Of each positive row the share of negatives below it, and of each negative of positives above it."""
    positive, negative = score[is_positive], score[~is_positive]
    of_positive, of_negative = np.zeros(positive.size), np.zeros(negative.size)
    step = max(1, _BLOCK // max(negative.size, 1))
    for start in range(0, positive.size, step):
        pairs = positive[start : start + step, None], negative[None, :]
        wins = np.greater(*pairs) + 0.5 * np.equal(*pairs)  # (positives, negatives)
        of_positive[start : start + step] = wins.mean(axis=1)
        of_negative += wins.sum(axis=0)
    return of_positive, of_negative / positive.size


def _variance(
    rows: Rows, is_positive: NDArray[np.bool_], of_positive: Floats, of_negative: Floats
) -> tuple[float, tuple[float, float], tuple[int, int]]:
    """The variance of the area, each class's own part of it, and the patients of each class."""
    value = of_positive.mean()
    names = np.unique(rows.patient)
    sums = np.zeros((2, names.size))
    np.add.at(sums[0], np.searchsorted(names, rows.patient[is_positive]), of_positive - value)
    np.add.at(sums[1], np.searchsorted(names, rows.patient[~is_positive]), of_negative - value)
    patients = (rows.patients_with(is_positive), rows.patients_with(~is_positive))
    sizes = (of_positive.size, of_negative.size)
    of_classes = tuple(
        _ratio(n, n - 1) * float(own @ own) / size**2
        for own, n, size in zip(sums, patients, sizes, strict=True)
    )
    both = _ratio(names.size, names.size - 1) * float(sums[0] @ sums[1]) / (sizes[0] * sizes[1])
    shared = both if rows.repeated else 0.0
    return max(sum(of_classes) + 2 * shared, 0.0), (of_classes[0], of_classes[1]), patients


def _newcombe(value: float, patients: tuple[int, int], level: float) -> Number:
    z, half = stats.norm.ppf(0.5 + level / 2), sum(patients) / 2 - 1

    def gap(a: float) -> float:
        spread = 1 + half * (1 - a) / (2 - a) + half * a / (1 + a)
        return float((value - a) ** 2 - z * z * a * (1 - a) * spread / math.prod(patients))

    inside = min(max(value, 1e-12), 1 - 1e-12)
    low = 0.0 if value <= 0 else optimize.brentq(gap, 0, inside, xtol=1e-13)
    high = 1.0 if value >= 1 else optimize.brentq(gap, inside, 1, xtol=1e-13)
    return Number(value, float(low), float(high))


@dataclass(frozen=True)
class Draws:
    """How often each patient is in each resample, `(resamples, patients)`, and how many were drawn again."""

    weights: Floats
    redrawn: int


def draws(rows: Rows, classes: int, *, resamples: int, seed: int) -> Draws:
    """Resamples of patients with PCG64, as the method says: one with a single class is drawn again."""
    codes = rows.codes
    patients = int(codes.max()) + 1
    member = np.zeros((patients, classes))
    member[codes, rows.truth] = 1
    needed = min(2, int(member.any(axis=0).sum()))
    generator = np.random.Generator(np.random.PCG64(seed))
    kept: list[Floats] = []
    redrawn = 0
    while len(kept) < resamples and redrawn <= resamples:
        weight = np.bincount(generator.integers(0, patients, size=patients), minlength=patients)
        if np.count_nonzero(weight @ member) < needed:
            redrawn += 1
        else:
            kept.append(weight.astype(np.float64))
    return Draws(np.array(kept), redrawn)


def resampled(
    statistic: Callable[[Floats], Floats], codes: NDArray[np.int64], drawn: Draws, level: float
) -> Number:
    """The statistic of all rows, with its percentiles over the resamples (numpy's linear rule).

    `statistic` takes weights `(resamples, rows)` and gives a number a resample, nan where there is none;
    `codes` is the patient of each row.
    """
    value = float(statistic(np.ones((1, codes.size)))[0])
    if math.isnan(value):
        return Number(None)
    blocks = np.array_split(drawn.weights, -(-drawn.weights.shape[0] * codes.size // _BLOCK))
    values = np.concatenate([statistic(block[:, codes]) for block in blocks])
    lost = (drawn.redrawn + np.isnan(values).sum()) / (drawn.redrawn + values.size)
    # An interval that lacks one resample in twenty isn't told; one without a width would claim to be certain.
    if lost > 0.05:
        return Number(value)
    low, high = np.nanquantile(values, [0.5 - level / 2, 0.5 + level / 2])
    if high - low <= 1e-12 * max(1.0, abs(high)):
        return Number(value)
    return Number(value, float(low), float(high))


def on_logit(value: float, error: float, level: float) -> Number:
    """A proportion with the interval of `error` on the logit scale."""
    half, centre = special.ndtri(0.5 + level / 2) * error, special.logit(value)
    return Number(value, float(special.expit(centre - half)), float(special.expit(centre + half)))


def log_ratio(upper: tuple[int, int], lower: tuple[int, int], level: float) -> Number:
    """The ratio of two proportions (part, whole) with its log interval (Simel, Samsa & Matchar 1991)."""
    (a, n), (b, m) = upper, lower
    if not b or not n:
        return Number(None)
    value = (a / n) / (b / m)
    if not a:
        return Number(value)
    half = special.ndtri(0.5 + level / 2) * math.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    return Number(value, value * math.exp(-half), value * math.exp(half))


def logistic(truth: NDArray[np.int64], linear: Floats, rows: Rows, level: float) -> tuple[Number, Number]:
    """Cox's calibration intercept (slope 1) and slope, with Wald's intervals, by patient where they recur.

    There is no slope where a threshold parts the classes: it would be without end.
    """
    z = stats.norm.ppf(0.5 + level / 2)
    ones = np.ones((truth.size, 1))
    shift = optimize.brentq(lambda a: float((truth - special.expit(linear + a)).sum()), -50, 50, xtol=1e-14)
    fitted = special.expit(linear + shift)
    error = _errors(ones, fitted, truth, rows)[0]
    intercept = Number(shift, shift - z * error, shift + z * error)
    of_one, of_other = linear[truth == 1], linear[truth != 1]
    if of_other.max() <= of_one.min() or of_one.max() <= of_other.min():
        return intercept, Number(None)
    design = np.column_stack([np.ones(truth.size), linear])

    def loss(b: Floats) -> float:
        return float(-special.log_expit(np.where(truth == 1, design @ b, -(design @ b))).sum())

    def gradient(b: Floats) -> Floats:
        return np.asarray(-design.T @ (truth - special.expit(design @ b)))

    # The minimum is flat, so the root of the gradient has more digits than it.
    best = optimize.minimize(loss, np.array([0.0, 1.0]), jac=gradient, method="BFGS", options={"gtol": 1e-10})
    root = optimize.root(gradient, best.x, tol=1e-13)
    coefficients = root.x
    error = _errors(design, special.expit(design @ coefficients), truth, rows)[1]
    slope = float(coefficients[1])
    return intercept, Number(slope, slope - z * error, slope + z * error)


def _errors(design: Floats, fitted: Floats, truth: NDArray[np.int64], rows: Rows) -> Floats:
    bread = np.linalg.inv((design.T * (fitted * (1 - fitted))) @ design)
    if not rows.repeated:
        return np.asarray(np.sqrt(np.diag(bread)))
    codes = rows.codes
    patients = int(codes.max()) + 1
    residuals = design * (truth - fitted)[:, None]
    sums = np.array([residuals[codes == code].sum(axis=0) for code in range(patients)])
    return np.asarray(np.sqrt(np.diag(bread @ (sums.T @ sums) @ bread * patients / (patients - 1))))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
