"""Whether predicted probabilities are right: temperature, losses, calibration error, recalibration.

Rows are cases or patients; probabilities lie in [0, 1] and are clipped by 1e-7 before a logarithm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_softmax, logit

from pipeline.statistics.estimate import Estimate, missing, wald
from pipeline.statistics.vectors import Floats, Integers

CLIP = 1e-7  # a choice: a sure and wrong answer costs 16 in log-loss, not infinity
TEMPERATURE_BOUNDS = (0.05, 20.0)  # a choice, wider than nets need; one that reaches an end is flagged
BINS = 10  # of equal width: 10 in Naeini 2015, 15 in Guo 2017
NULL_SETS = 1000  # the error of their mean is a thirtieth of their spread
_MOST_STEPS = 100  # Newton's method takes some ten where it converges at all


@dataclass(frozen=True)
class Temperature:
    """The temperature with the mean negative log-likelihood before and after; `at_bound`: not inside."""

    value: float
    nll_before: float
    nll_after: float
    at_bound: bool


@dataclass(frozen=True)
class CalibrationError:
    """The mean (ECE, weighted by cases) and the largest gap of observed share and mean probability."""

    expected: float
    largest: float


@dataclass(frozen=True)
class Recalibration:
    """Cox's intercept (slope fixed at 1) and slope, and the intercept that belongs to that slope."""

    intercept: Estimate
    slope: Estimate
    joint_intercept: float | None


def fit_temperature(logits: Floats, truth: Integers) -> Temperature:
    """The one temperature that minimises the negative log-likelihood (Guo 2017, ICML).

    `logits` has shape (rows, classes). Dividing by a temperature keeps the order of scores and ties.
    """

    from scipy.optimize import minimize_scalar  # half a second, for one number of a training

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / math.exp(log_temperature), axis=1)
        return float(-scaled[np.arange(truth.size), truth].mean())

    bounds = (math.log(TEMPERATURE_BOUNDS[0]), math.log(TEMPERATURE_BOUNDS[1]))
    best = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-8})
    # The bounded search comes near an end, but never tries it.
    at_bound = min(best.x - bounds[0], bounds[1] - best.x) < 1e-4
    return Temperature(math.exp(best.x), loss(0.0), float(best.fun), bool(at_bound))


def brier_losses(truth: Integers, probability: Floats) -> Floats:
    """The squared error of each row, shape (rows,): of the positive class, or summed over many classes.

    With two classes the loss lies in [0, 1] and with more in [0, 2] (Brier 1950, Mon Weather Rev 78:1).
    """
    squared = (probability - np.eye(probability.shape[1])[truth]) ** 2
    return squared[:, 1] if probability.shape[1] == 2 else squared.sum(axis=1)


def log_losses(truth: Integers, probability: Floats) -> tuple[Floats, int]:
    """Minus the natural logarithm of each row's probability of the truth, and how many were clipped."""
    of_truth = probability[np.arange(truth.size), truth]
    clipped = np.clip(of_truth, CLIP, 1 - CLIP)
    return -np.log(clipped), int((clipped != of_truth).sum())


def calibration_error(truth: Integers, probability: Floats) -> CalibrationError:
    """The gaps over ten equal bins [a, b), the last closed (Naeini 2015, AAAI); `truth` is 0 or 1."""
    return _gaps(truth.astype(np.float64), probability, _bins(probability))


def calibration_error_by_chance(probability: Floats, *, level: float, seed: int) -> Estimate:
    """The mean ECE, and its range, of outcomes drawn from the probabilities themselves.

    Even perfect probabilities have an ECE above zero on finitely many cases.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    bins = _bins(probability)
    errors = np.empty(NULL_SETS)
    for index in range(NULL_SETS):
        outcomes = (generator.random(probability.size) < probability).astype(np.float64)
        errors[index] = _gaps(outcomes, probability, bins).expected
    low, high = np.quantile(errors, [0.5 - level / 2, 0.5 + level / 2])
    method = f"{NULL_SETS} simulated sets"
    if low == high:
        reason = "every probability is 0 or 1, so all drawn outcomes are alike: no interval"
        return Estimate(float(errors.mean()), method=method, reason=reason)
    return Estimate(float(errors.mean()), float(low), float(high), method)


def recalibrate(truth: Integers, probability: Floats, patient: Integers, *, level: float) -> Recalibration:
    """Cox's calibration intercept and slope (1958, Biometrika 45:562) with Wald intervals.

    Where a patient has several rows the variance is the sandwich summed by patient. Not estimable when
    a threshold separates the classes, or all probabilities are equal (slope).
    """
    linear = logit(np.clip(probability, CLIP, 1 - CLIP))
    cases, controls = linear[truth == 1], linear[truth == 0]
    if min(cases.size, controls.size) == 0:
        return _not_estimable("only one class is present")
    intercept = _logistic(np.ones((truth.size, 1)), linear, truth, patient)
    method = "Wald" if np.unique(patient).size == patient.size else "Wald, variance by patient"
    estimate = wald(float(intercept[0][0]), float(intercept[1][0]), level=level, method=method)
    if linear.min() == linear.max():
        return Recalibration(estimate, missing("all probabilities are equal", method), None)
    if controls.max() <= cases.min() or cases.max() <= controls.min():
        return Recalibration(estimate, missing("a threshold separates the classes", method), None)
    # Probabilities that are almost alike have a slope in the hundreds: in standard deviations it is near.
    centre, spread = float(linear.mean()), float(linear.std())
    design = np.column_stack([np.ones(truth.size), (linear - centre) / spread])
    coefficients, errors = _logistic(design, np.zeros(truth.size), truth, patient)
    slope = wald(float(coefficients[1]) / spread, float(errors[1]) / spread, level=level, method=method)
    return Recalibration(estimate, slope, float(coefficients[0] - coefficients[1] * centre / spread))


def equal_mass_bins(probability: Floats) -> Integers:
    """The bin of each row when ten bins hold equally many rows; equal probabilities share a bin."""
    edges = np.unique(np.quantile(probability, np.arange(1, BINS) / BINS))
    return np.unique(np.searchsorted(edges, probability, side="right"), return_inverse=True)[1].astype(
        np.int64
    )


def _bins(probability: Floats) -> Integers:
    return np.searchsorted(np.arange(1, BINS) / BINS, probability, side="right").astype(np.int64)


def _gaps(outcomes: Floats, probability: Floats, bins: Integers) -> CalibrationError:
    gaps = np.abs(np.bincount(bins, outcomes - probability, minlength=BINS))
    numbers = np.bincount(bins, minlength=BINS)
    filled = numbers > 0
    return CalibrationError(
        expected=float(gaps.sum() / probability.size),
        largest=float((gaps[filled] / numbers[filled]).max()),
    )


def _not_estimable(reason: str) -> Recalibration:
    return Recalibration(missing(reason, "Wald"), missing(reason, "Wald"), None)


def _logistic(design: Floats, offset: Floats, truth: Integers, patient: Integers) -> tuple[Floats, Floats]:
    """Coefficients and standard errors of a logistic regression, by Newton's steps from zero.

    Shapes: `design` (rows, columns); both results (columns,). The caller has ruled out separation.
    """
    coefficients = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        fitted = expit(design @ coefficients + offset)
        residual = truth - fitted
        bread = np.linalg.inv(design.T @ (design * (fitted * (1 - fitted))[:, None]))
        step = bread @ (design.T @ residual)
        # Halving a long step keeps a start far from the answer from overshooting.
        coefficients = coefficients + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-10:  # far below what is printed, far above rounding
            break
    codes = np.unique(patient, return_inverse=True)[1]
    patients = int(codes.max()) + 1
    if patients == truth.size:
        return coefficients, np.sqrt(np.diag(bread))
    scores = np.zeros((patients, design.shape[1]))
    np.add.at(scores, codes, design * residual[:, None])
    covariance = bread @ (scores.T @ scores) @ bread * patients / (patients - 1)
    return coefficients, np.sqrt(np.diag(covariance))
