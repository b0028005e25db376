"""How far predicted numbers lie from reference numbers: errors, limits of agreement, recalibration.

A difference is prediction - reference, in the unit of both. Rows of one patient are not independent: their
sums are taken a patient, and intervals by formula count patients, not rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.statistics.bootstrap import ROUNDING, Statistic
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.laws import f_quantile, student_quantile
from pipeline.statistics.sample import codes
from pipeline.statistics.vectors import Flags, Floats, Integers

WITHIN: Final = 1.96
"""Limits of agreement hold 95 % of normal differences (Bland & Altman 1999, Stat Methods Med Res 8:135)."""

STUDENT: Final = "Student's t"
ROBUST: Final = "Student's t, errors by patient"
F_LAW: Final = "F distribution"


@dataclass(frozen=True)
class Measurements:
    """Rows with a reference and a prediction, shape (rows,) each; `patient` is a code 0..patients-1."""

    reference: Floats
    prediction: Floats
    patient: Integers

    @property
    def difference(self) -> Floats:
        """Prediction - reference of each row."""
        return self.prediction - self.reference

    @property
    def patients(self) -> int:
        """The number of patients."""
        return int(self.patient.max()) + 1 if self.patient.size else 0

    @property
    def repeated(self) -> bool:
        """Whether some patient has more than one row."""
        return self.patients < self.patient.size

    def where(self, rows: Flags) -> Measurements:
        """The rows that are true in `rows`, with patient codes renumbered."""
        return Measurements(self.reference[rows], self.prediction[rows], codes(self.patient[rows]))

    def per_patient(self) -> Measurements:
        """One row a patient: the means of the rows."""
        counts = np.bincount(self.patient)
        reference, prediction = (
            np.bincount(self.patient, values) / counts for values in (self.reference, self.prediction)
        )
        return Measurements(reference, prediction, np.arange(self.patients))


def statistic(rows: Measurements) -> Statistic:
    """Errors and agreement as a function of the patients' weights; nan where the reference doesn't vary.

    Named are mae, rmse, bias, sd (of the differences, n - 1), limit_low, limit_high, r2, icc and mae_ratio
    (the mean absolute error over that of always saying the mean's own standard deviation).
    """
    # Moments about the means keep their digits where a quantity is large and hardly varies.
    centre = float(rows.reference.mean()) if rows.reference.size else 0.0
    y, p, d = rows.reference - centre, rows.prediction - centre, rows.difference
    columns = (np.ones(y.size), np.abs(d), d, d**2, y, y**2, p, p**2, y * p)
    sums = np.column_stack([np.bincount(rows.patient, column, rows.patients) for column in columns])

    def measured(weights: Floats) -> dict[str, float | Floats]:
        return {**_measured(weights @ sums)}

    return measured


def bias(rows: Measurements, *, level: float) -> Estimate:
    """The mean difference with Student's interval; where patients recur, by their sums of deviations."""
    d, patients = rows.difference, rows.patients
    value = float(d.mean())
    if patients < 2:
        return Estimate(value, method=STUDENT, reason="one patient has no spread: no interval")
    residual = np.bincount(rows.patient, d - value, patients)
    error = math.sqrt(patients / (patients - 1) * float(residual @ residual)) / d.size
    return _student(value, error, patients - 1, level, ROBUST if rows.repeated else STUDENT)


def limits(rows: Measurements, *, level: float) -> tuple[Estimate, Estimate]:
    """The limits of agreement, bias -+ 1.96 SD, each with Student's interval; of one row a patient.

    Raises ValueError where patients recur: the formula counts rows that are independent.
    """
    _require_single(rows)
    d = rows.difference
    n = d.size
    if n < 2:
        nothing = missing("one patient has no spread", STUDENT)
        return nothing, nothing
    middle, spread = float(d.mean()), float(d.std(ddof=1))
    error = limit_error(spread, n)
    low, high = (_student(middle + side * WITHIN * spread, error, n - 1, level, STUDENT) for side in (-1, 1))
    return low, high


def limit_error(spread: float, rows: int) -> float:
    """The standard error of a limit of agreement, `spread` being the SD of that many differences."""
    return spread * math.sqrt(1 / rows + WITHIN**2 / (2 * (rows - 1)))


def icc(rows: Measurements, *, level: float) -> Estimate:
    """ICC(A,1), absolute agreement of single measurements, with its F interval; of one row a patient.

    McGraw & Wong 1996, Psychol Methods 1:30, table 7. Raises ValueError where patients recur.
    """
    _require_single(rows)
    n, method = rows.reference.size, F_LAW
    if n < 2:
        return missing("one patient has no spread", method)
    subjects, raters, error = _mean_squares(rows)
    value = _icc(n, subjects, raters, error)
    if not math.isfinite(value):
        return missing("neither reference nor prediction varies", method)
    if error <= ROUNDING * max(subjects, raters):
        return Estimate(value, method=method, reason="the differences don't vary: no interval")
    a, b = 2 * value / (n * (1 - value)), 1 + 2 * value * (n - 1) / (n * (1 - value))
    freedom = (a * raters + b * error) ** 2 / ((a * raters) ** 2 + (b * error) ** 2 / (n - 1))
    upper = f_quantile(0.5 + level / 2, n - 1, freedom)
    lower = f_quantile(0.5 + level / 2, freedom, n - 1)
    rest = 2 * raters + (2 * n - 2 - n) * error
    low = n * (subjects - upper * error) / (upper * rest + n * subjects)
    high = n * (lower * subjects - error) / (rest + n * lower * subjects)
    return Estimate(value, low, high, method)


def recalibration(rows: Measurements, *, level: float) -> dict[str, Estimate]:
    """Slope and intercept of the reference on the prediction, by least squares.

    Errors are by patient (Liang & Zeger 1986, Biometrika 73:13, with the correction for few of them), and
    Student's t has one degree of freedom fewer than there are patients.
    """
    n, patients = rows.reference.size, rows.patients
    centre = float(rows.prediction.mean()) if n else 0.0
    x = rows.prediction - centre
    if patients < 3 or float(x @ x) <= ROUNDING * max(1.0, centre**2) * n:
        nothing = missing(
            "the predictions don't vary" if patients >= 3 else "fewer than three patients", ROBUST
        )
        return {"slope": nothing, "intercept": nothing}
    design = np.column_stack([np.ones(n), x])
    inverse = np.linalg.inv(design.T @ design)
    middle, slope = inverse @ design.T @ rows.reference
    residual = rows.reference - design @ np.array([middle, slope])
    scores = np.column_stack([np.bincount(rows.patient, column * residual, patients) for column in design.T])
    correction = patients / (patients - 1) * (n - 1) / (n - 2)
    variance = correction * inverse @ scores.T @ scores @ inverse
    at_zero = np.array([1.0, -centre])
    errors = {"slope": variance[1, 1], "intercept": float(at_zero @ variance @ at_zero)}
    values = {"slope": float(slope), "intercept": float(middle - slope * centre)}
    return {
        name: _student(value, math.sqrt(max(errors[name], 0.0)), patients - 1, level, ROBUST)
        for name, value in values.items()
    }


def _measured(sums: Floats) -> Mapping[str, float]:
    """The numbers from the weighted sums of 1, |d|, d, d^2, y, y^2, p, p^2 and yp."""
    n, absolute, difference, squared, y, yy, p, pp, yp = (float(value) for value in sums)
    if n <= 1:
        return dict.fromkeys(NAMES, math.nan)
    middle = difference / n
    spread = math.sqrt(max(squared - n * middle**2, 0.0) / (n - 1))
    total = yy - y * y / n
    # Where all are 0, nothing is more than nothing.
    varies = total > ROUNDING * max(yy, 1e-300)
    of_rows = (yy + 2 * yp + pp) / 2 - (y + p) ** 2 / (2 * n)
    of_columns = (y * y + p * p) / n - (y + p) ** 2 / (2 * n)
    rest = yy + pp - (y + p) ** 2 / (2 * n) - of_rows - of_columns
    return {
        "mae": absolute / n,
        "rmse": math.sqrt(squared / n),
        "bias": middle,
        "sd": spread,
        "limit_low": middle - WITHIN * spread,
        "limit_high": middle + WITHIN * spread,
        "r2": 1 - squared / total if varies else math.nan,
        "icc": _icc(n, of_rows / (n - 1), of_columns, max(rest, 0.0) / (n - 1)),
        "mae_ratio": absolute / n / math.sqrt(total / (n - 1)) if varies else math.nan,
    }


NAMES: Final = ("mae", "rmse", "bias", "sd", "limit_low", "limit_high", "r2", "icc", "mae_ratio")


def _mean_squares(rows: Measurements) -> tuple[float, float, float]:
    """The mean squares of subjects, of the two columns, and of what is left: a two-way analysis."""
    table = np.column_stack([rows.reference, rows.prediction])
    n, grand = len(table), table.mean()
    of_rows = 2 * ((table.mean(axis=1) - grand) ** 2).sum()
    of_columns = n * ((table.mean(axis=0) - grand) ** 2).sum()
    rest = ((table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + grand) ** 2).sum()
    return float(of_rows / (n - 1)), float(of_columns), float(rest / (n - 1))


def _icc(n: float, subjects: float, raters: float, error: float) -> float:
    below = subjects + error + 2 * (raters - error) / n
    return (subjects - error) / below if below > 0 else math.nan


def _student(value: float, error: float, freedom: int, level: float, method: str) -> Estimate:
    if error <= ROUNDING * max(1.0, abs(value)):
        return Estimate(value, method=method, reason="the estimated variance is zero: no interval")
    half = student_quantile(0.5 + level / 2, freedom) * error
    return Estimate(value, value - half, value + half, method)


def _require_single(rows: Measurements) -> None:
    if rows.repeated:
        raise ValueError("patients recur: take one row a patient, or resample them")
