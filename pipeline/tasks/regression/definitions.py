"""Every metric of a regression, once, and what the rules by which they are made stand for."""

from __future__ import annotations

from typing import Final

from pipeline.tasks.metric import UNBOUNDED, Metric, by_id

RULES: Final = {
    "agreement": "Limits of agreement, bias -+ 1.96 SD of the differences, and ICC(A,1) (Bland & Altman "
    "1999; McGraw & Wong 1996); where patients recur, resampled by patient.",
    "bias": "Mean of prediction less reference, with Student's interval; where patients recur, of their sums "
    "of deviations.",
    "conformal": "Split conformal intervals from the residuals of the validation part, divided by their "
    "expected size, one score a patient; the share that hold the reference has Wilson's interval, or is "
    "resampled where patients recur.",
    "differences": "From prediction less reference; resampled by patient.",
    "Holm": "Subgroup against all others, or models by pairs; p values corrected by Holm within one metric.",
    "recalibration": "Least squares of the reference on the prediction, errors by patient, Student's t.",
    "resampled patients": "Percentile interval over resamples of whole patients; one resample serves all "
    "metrics.",
}

IN_UNIT: Final = frozenset(
    {
        "absolute_bias",
        "bias",
        "calibration_intercept",
        "fitted_intercept",
        "interval_width",
        "limit_high",
        "limit_low",
        "mae",
        "rmse",
        "sd",
    }
)
"""The metrics that are in the unit of what is predicted; all others are pure numbers."""

METRICS: Final = by_id(
    Metric("mae", "Mean absolute error", "MAE", "differences", -1, high=UNBOUNDED),
    Metric("rmse", "Root mean squared error", "RMSE", "differences", -1, high=UNBOUNDED),
    Metric(
        "bias", "Bias", "bias", "bias", 0, -UNBOUNDED, UNBOUNDED,
        reading="0 is right; above 0 predictions are too high on the whole",
    ),
    Metric("absolute_bias", "Size of the bias", "size of the bias", "bias", -1, high=UNBOUNDED),
    Metric("sd", "SD of the differences", "SD of the differences", "differences", -1, high=UNBOUNDED),
    Metric("limit_low", "Lower limit of agreement", "lower limit", "agreement", 0, -UNBOUNDED, UNBOUNDED),
    Metric("limit_high", "Upper limit of agreement", "upper limit", "agreement", 0, -UNBOUNDED, UNBOUNDED),
    Metric("r2", "R²", "R²", "differences", low=-UNBOUNDED, reading="0 is as good as always saying the mean"),
    Metric("icc", "Intraclass correlation", "ICC", "agreement", low=-1.0, reading="1 is perfect agreement"),
    Metric(
        "mae_ratio", "MAE over the SD of the reference", "MAE / SD", "differences", -1, high=UNBOUNDED,
        reading="always saying the mean gives about 0.8",
    ),
    Metric(
        "calibration_slope", "Slope", "calibration slope", "recalibration", 0, -UNBOUNDED, UNBOUNDED,
        reading="1 is right; below 1 predictions are too extreme",
    ),
    Metric(
        "calibration_intercept", "Intercept", "calibration intercept", "recalibration", 0, -UNBOUNDED,
        UNBOUNDED, reading="0 is right where the slope is 1",
    ),
    Metric(
        "fitted_slope", "Slope on validation", "slope on validation", "recalibration", 0, -UNBOUNDED,
        UNBOUNDED,
    ),
    Metric(
        "fitted_intercept", "Intercept on validation", "intercept on validation", "recalibration", 0,
        -UNBOUNDED, UNBOUNDED,
    ),
    Metric("coverage", "Intervals that hold the reference", "coverage", "conformal", 0),
    Metric("interval_width", "Mean width of the intervals", "mean width", "conformal", -1, high=UNBOUNDED),
)  # fmt: skip
