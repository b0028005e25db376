"""All numbers and curves of a view: errors, agreement, recalibration, and whether intervals hold."""

from __future__ import annotations

import numpy as np

from pipeline.statistics import agreement, bootstrap
from pipeline.statistics.bootstrap import Resampled, Statistic, resample
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.laws import student_quantile
from pipeline.statistics.proportions import at_an_end, wilson
from pipeline.statistics.sample import codes
from pipeline.statistics.small_sample import FULL
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.measured import Curves, Json, Measured, merged
from pipeline.tasks.regression.view import View, withheld

NAMES = (
    "mae", "rmse", "bias", "sd", "limit_low", "limit_high", "r2", "icc", "mae_ratio", "calibration_slope",
    "calibration_intercept", "coverage", "interval_width",
)  # fmt: skip
_RESAMPLED = ("mae", "rmse", "sd", "r2", "mae_ratio")
_NO_INTERVALS = "there are no intervals"
FEWEST_GROUPS, MOST_GROUPS = 3, 5
"""Of a calibration curve: two points always lie on a line, and more than five hardly differ."""


def measure(view: View) -> Measured:
    """All metrics and curves of the view."""
    if not view.judge().estimable:
        return Measured(withheld(view, NAMES))
    resampled = resampled_of(view, merged(agreement.statistic(view.rows), _of_intervals(view)))
    estimates = {
        **{name: resampled.estimate(name, level=view.plan.level) for name in _RESAMPLED},
        **_agreement(view, resampled),
        **_recalibration(view),
        **_intervals(view, resampled),
    }
    return Measured(
        metrics=[view.metric(name, estimates[name]) for name in NAMES],
        curves=_curves(view),
        redrawn=resampled.redrawn,
    )


def resampled_of(view: View, statistic: Statistic) -> Resampled:
    """A statistic of the view's patients on resamples of them."""
    everybody: Flags = np.ones((view.rows.patients, 1), dtype=np.bool_)
    return resample(statistic, everybody, resamples=view.plan.resamples, seed=view.plan.seed)


def _agreement(view: View, resampled: Resampled) -> dict[str, Estimate]:
    """Bias, limits of agreement and intraclass correlation, by formula where each patient has one row."""
    rows, level = view.rows, view.plan.level
    bias = {"bias": agreement.bias(rows, level=level)}
    if rows.repeated:
        return bias | {
            name: resampled.estimate(name, level=level) for name in ("limit_low", "limit_high", "icc")
        }
    low, high = agreement.limits(rows, level=level)
    return bias | {"limit_low": low, "limit_high": high, "icc": agreement.icc(rows, level=level)}


def _recalibration(view: View) -> dict[str, Estimate]:
    """Slope and intercept of the reference on the prediction, withheld of fewer than ten patients."""
    fitted = agreement.recalibration(view.rows, level=view.plan.level)
    few = missing(f"not estimable with {view.rows.patients} patients, {FULL} are needed", agreement.ROBUST)
    enough = view.rows.patients >= FULL
    return {f"calibration_{name}": each if enough else few for name, each in fitted.items()}


def _of_intervals(view: View) -> Statistic:
    """The share of rows whose interval holds, and the mean width; nan without intervals."""
    patients = view.rows.patients
    sums = np.column_stack(
        [np.bincount(view.rows.patient, column, patients) for column in (view.held, view.width)]
    )
    rows = np.bincount(view.rows.patient, minlength=patients)

    def measured(weights: Floats) -> dict[str, float | Floats]:
        held, width = weights @ sums / (weights @ rows)
        return {"coverage": float(held), "interval_width": float(width)}

    return measured


def _intervals(view: View, resampled: Resampled) -> dict[str, Estimate]:
    if np.isnan(view.held).any():
        nothing = missing(_NO_INTERVALS, bootstrap.METHOD)
        return {"coverage": nothing, "interval_width": nothing}
    level, rows = view.plan.level, view.rows
    coverage = (
        at_an_end(resampled.estimate("coverage", level=level), rows.patients, level=level)
        if rows.repeated
        else wilson(int(view.held.sum()), view.held.size, level=level)
    ).counted(int(view.held.sum()), view.held.size)
    return {"coverage": coverage, "interval_width": resampled.estimate("interval_width", level=level)}


def _curves(view: View) -> Curves:
    """Mean reference and mean error of groups of predictions, from small to large, with intervals.

    Each has ten patients at least; where there would be fewer than three groups there is no curve.
    """
    rows = view.rows
    groups = min(MOST_GROUPS, rows.patients // FULL)
    if groups < FEWEST_GROUPS:
        return {}
    order = np.argsort(rows.prediction, kind="stable")
    parts = np.array_split(order, groups)
    points = [_point(view, np.isin(np.arange(order.size), part)) for part in parts]
    return {"calibration": [{"part": view.part, "unit": view.unit, "points": points}]}


def _point(view: View, chosen: Flags) -> Json:
    """Mean prediction and reference of some rows, and mean error, with Student's intervals of patients."""
    rows = view.rows.where(chosen)
    observed, low, high = _mean(rows.reference, view, chosen)
    error, error_low, error_high = _mean(np.abs(rows.difference), view, chosen)
    return {
        "mean": float(rows.prediction.mean()),
        "observed": observed,
        "low": low,
        "high": high,
        "error": error,
        "error_low": max(error_low, 0.0),
        "error_high": error_high,
        "patients": rows.patients,
        "n": int(rows.reference.size),
    }


def _mean(values: Floats, view: View, chosen: Flags) -> tuple[float, float, float]:
    patient = codes(view.rows.patient[chosen])
    means = np.bincount(patient, values) / np.bincount(patient)
    half = float(
        student_quantile(0.5 + view.plan.level / 2, means.size - 1) * means.std(ddof=1) / means.size**0.5
    )
    middle = float(means.mean())
    return middle, middle - half, middle + half
