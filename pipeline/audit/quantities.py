"""The metrics of a measured quantity, each computed anew from predictions.csv."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.audit import formulas
from pipeline.audit.account import Account
from pipeline.audit.formulas import Draws, Number, compare_number
from pipeline.audit.ranked import over
from pipeline.audit.rows import Flags, Floats, Rows, Table

FEWEST: Final = 5  # patients, below which no number is shown
FULL: Final = 10  # patients, below which there is no calibration
WITHIN: Final = 1.96  # the limits of agreement as Bland & Altman 1999 draw them
Json = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """Rows of a part: reference, prediction and the ends of its interval `(rows,)`, and whose they are."""

    reference: Floats
    prediction: Floats
    held: Floats
    width: Floats
    patient: NDArray[np.str_]

    @property
    def difference(self) -> Floats:
        """Prediction less reference."""
        return self.prediction - self.reference

    @property
    def codes(self) -> NDArray[np.int64]:
        """The number of each row's patient, in the order of their names."""
        return np.unique(self.patient, return_inverse=True)[1].astype(np.int64)

    @property
    def patients(self) -> int:
        """How many patients there are."""
        return int(np.unique(self.patient).size)

    @property
    def repeated(self) -> bool:
        """Whether a patient has several rows."""
        return self.patients < self.patient.size


def audit(table: Table, metrics: Json, account: Account) -> None:
    """Compares every metric over a part or a subgroup, at each unit."""
    known: dict[tuple[str, str, str | None], tuple[Measured, dict[str, Number]]] = {}
    for metric in metrics["metrics"]:
        key = (metric["part"], metric["unit"], metric["group"])
        if key not in known:
            rows = _rows(table, *key)
            known[key] = rows, _numbers(rows, metrics["bootstrap"], metric["level"])
        rows, numbers = known[key]
        where = " ".join(filter(None, ("metrics.json:", metric["id"], metric["part"], metric["group"])))
        where += f" by {metric['unit']}"
        account.compare(f"{where}, cases", metric["cases"], int(rows.reference.size))
        account.compare(f"{where}, patients", metric["patients"], rows.patients)
        number = Number(None) if rows.patients < FEWEST else numbers.get(metric["id"])
        compare_number(where, metric, number, account)


def _rows(table: Table, part: str, unit: str, group: str | None) -> Measured:
    known = [row for row in table if row["part"] == part and row["status"] == "ok" and row["truth"]]
    columns = {
        name: np.array([float(row.get(name) or math.nan) for row in known], dtype=np.float64)
        for name in ("truth", "predicted", "low", "high")
    }
    truth, low, high = columns["truth"], columns["low"], columns["high"]
    held = np.where(np.isnan(low), np.nan, (low <= truth) & (truth <= high))
    names = np.array([row["patient_id"] for row in known], dtype=np.str_)
    rows = Measured(truth, columns["predicted"], held, high - low, names)
    column, _, wanted = (group or "").partition("=")
    values = np.array([row[column] if group else "" for row in known], dtype=object)
    if unit == "patient":
        values = np.array([_common(values[names == name]) for name in np.unique(names)], dtype=object)
        rows = _by_patient(rows)
    if not group:
        return rows
    return _chosen(rows, np.array([(value or "unknown") == wanted for value in values], dtype=np.bool_))


def _by_patient(rows: Measured) -> Measured:
    """One row a patient: the means; the interval holds where those of all rows do."""
    names = np.unique(rows.patient)
    of = [rows.patient == name for name in names]
    return Measured(
        reference=np.array([rows.reference[own].mean() for own in of]),
        prediction=np.array([rows.prediction[own].mean() for own in of]),
        held=np.array([rows.held[own].min() for own in of]),
        width=np.array([rows.width[own].mean() for own in of]),
        patient=names,
    )


def _chosen(rows: Measured, which: Flags) -> Measured:
    return Measured(
        rows.reference[which],
        rows.prediction[which],
        rows.held[which],
        rows.width[which],
        rows.patient[which],
    )


def _common(values: NDArray[np.object_]) -> object:
    return values[0] if len(set(values)) == 1 else "several values"


def _numbers(rows: Measured, plan: Json, level: float) -> dict[str, Number]:
    if rows.patients < FEWEST:
        return {}
    drawn = _draws(rows, plan)

    def resampled(statistic: Callable[[Floats], Floats]) -> Number:
        return formulas.resampled(statistic, rows.codes, drawn, level)

    statistics = _statistics(rows)
    numbers = {name: resampled(statistics[name]) for name in ("mae", "rmse", "sd", "r2", "mae_ratio")}
    numbers |= {"bias": _bias(rows, level)} | _calibration(rows, level)
    if rows.repeated:
        numbers |= {name: resampled(statistics[name]) for name in ("limit_low", "limit_high")}
    else:
        numbers |= _limits(rows, level) | {"icc": _icc(rows, level)}
    return numbers | _coverage(rows, resampled, level)


def _draws(rows: Measured, plan: Json) -> Draws:
    """Resamples of patients; of measured quantities none is ever drawn again."""
    nothing = np.zeros(rows.reference.size, dtype=np.int64)
    as_rows = Rows(nothing, np.zeros((rows.reference.size, 1)), rows.patient)
    return formulas.draws(as_rows, 1, resamples=plan["resamples"], seed=plan["seed"])


def _statistics(rows: Measured) -> dict[str, Callable[[Floats], Floats]]:
    """Of each metric a function of weights `(resamples, rows)`, by the textbook's formula."""
    d, y = rows.difference, rows.reference

    def mean(weights: Floats, values: Floats) -> Floats:
        return over(weights @ values, weights.sum(axis=1))

    def spread(weights: Floats, values: Floats) -> Floats:
        """The standard deviation with n - 1, each row counting as often as it was drawn."""
        middle = mean(weights, values)
        squares = (weights * (values[None, :] - middle[:, None]) ** 2).sum(axis=1)
        return np.sqrt(over(squares, weights.sum(axis=1) - 1))

    def explained(weights: Floats) -> Floats:
        middle = mean(weights, y)
        total = (weights * (y[None, :] - middle[:, None]) ** 2).sum(axis=1)
        return 1 - over(weights @ d**2, total)

    return {
        "mae": lambda w: mean(w, np.abs(d)),
        "rmse": lambda w: np.sqrt(mean(w, d**2)),
        "sd": lambda w: spread(w, d),
        "limit_low": lambda w: mean(w, d) - WITHIN * spread(w, d),
        "limit_high": lambda w: mean(w, d) + WITHIN * spread(w, d),
        "r2": explained,
        "mae_ratio": lambda w: over(mean(w, np.abs(d)), spread(w, y)),
    }


def _bias(rows: Measured, level: float) -> Number:
    """The mean difference with Student's t; where patients recur, from the sums of their deviations."""
    d, n = rows.difference, rows.patients
    sums = np.bincount(rows.codes, d - d.mean())
    error = math.sqrt(n / (n - 1) * float((sums**2).sum())) / d.size
    return _student(float(d.mean()), error, n - 1, level)


def _limits(rows: Measured, level: float) -> dict[str, Number]:
    """Bias -+ 1.96 SD, each with its error s sqrt(1/n + 1.96^2 / (2 (n - 1))) (Bland & Altman 1999)."""
    d, n = rows.difference, rows.patients
    s = float(np.std(d, ddof=1))
    error = s * math.sqrt(1 / n + WITHIN**2 / (2 * (n - 1)))
    return {
        "limit_low": _student(float(d.mean()) - WITHIN * s, error, n - 1, level),
        "limit_high": _student(float(d.mean()) + WITHIN * s, error, n - 1, level),
    }


def _icc(rows: Measured, level: float) -> Number:
    """ICC(A,1) with its F interval (McGraw & Wong 1996), from a two-way analysis of variance."""
    n, table = rows.patients, np.column_stack([rows.reference, rows.prediction])
    grand, of_rows, of_columns = table.mean(), table.mean(axis=1), table.mean(axis=0)
    subjects = 2 * ((of_rows - grand) ** 2).sum() / (n - 1)
    raters = n * ((of_columns - grand) ** 2).sum()
    error = ((table - of_rows[:, None] - of_columns + grand) ** 2).sum() / (n - 1)
    value = (subjects - error) / (subjects + error + 2 * (raters - error) / n)
    a = 2 * value / (n * (1 - value))
    b = 1 + 2 * value * (n - 1) / (n * (1 - value))
    freedom = (a * raters + b * error) ** 2 / ((a * raters) ** 2 + (b * error) ** 2 / (n - 1))
    f_low = stats.f.ppf(0.5 + level / 2, n - 1, freedom)
    f_high = stats.f.ppf(0.5 + level / 2, freedom, n - 1)
    low = n * (subjects - f_low * error) / (f_low * (2 * raters + (n - 2) * error) + n * subjects)
    high = n * (f_high * subjects - error) / (2 * raters + (n - 2) * error + n * f_high * subjects)
    return Number(float(value), float(low), float(high))


def _calibration(rows: Measured, level: float) -> dict[str, Number]:
    """Least squares of the reference on the prediction, errors by patient (Liang & Zeger 1986)."""
    names, n, patients = ("calibration_slope", "calibration_intercept"), rows.reference.size, rows.patients
    if patients < FULL:
        return dict.fromkeys(names, Number(None))
    design = np.column_stack([rows.prediction, np.ones(n)])
    found, *_ = np.linalg.lstsq(design, rows.reference, rcond=None)
    residual = rows.reference - design @ found
    inverse = np.linalg.inv(design.T @ design)
    scores = np.array([np.bincount(rows.codes, column * residual) for column in design.T])
    meat = patients / (patients - 1) * (n - 1) / (n - 2) * scores @ scores.T
    errors = np.sqrt(np.diag(inverse @ meat @ inverse))
    return {
        name: _student(float(value), float(error), patients - 1, level)
        for name, value, error in zip(names, found, errors, strict=True)
    }


def _coverage(
    rows: Measured, resampled: Callable[[Callable[[Floats], Floats]], Number], level: float
) -> dict[str, Number]:
    if np.isnan(rows.held).any():
        return dict.fromkeys(("coverage", "interval_width"), Number(None))
    width = resampled(lambda w: over(w @ rows.width, w.sum(axis=1)))
    if not rows.repeated:
        return {
            "coverage": formulas.wilson(int(rows.held.sum()), rows.held.size, level),
            "interval_width": width,
        }
    share = resampled(lambda w: over(w @ rows.held, w.sum(axis=1)))
    if share.value in (0.0, 1.0):
        share = formulas.wilson(int(share.value) * rows.patients, rows.patients, level)
    return {"coverage": share, "interval_width": width}


def _student(value: float, error: float, freedom: int, level: float) -> Number:
    half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    return Number(value, value - half, value + half)
