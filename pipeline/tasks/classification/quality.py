"""Whether the probabilities are right: losses, calibration error, recalibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.statistics import calibration
from pipeline.statistics.bootstrap import Resampled, Statistic
from pipeline.statistics.confusion import ratio
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.sample import Sample
from pipeline.statistics.small_sample import CURVE_EVENTS, FULL
from pipeline.statistics.vectors import Floats
from pipeline.tasks.classification.classes import finding

LOSSES = ("brier", "brier_skill", "log_loss")
ERRORS = ("ece", "ece_null_mean")
BIASED = "no interval: resampling inflates a calibration error; read it beside the one by chance"


def statistic(sample: Sample) -> Statistic:
    """Losses, and observed over expected of the last class, as a function of the patients' weights."""
    per_patient = _sums(
        sample,
        np.ones(sample.truth.size),
        calibration.brier_losses(sample.truth, sample.probability),
        calibration.log_losses(sample.truth, sample.probability)[0],
        sample.probability[:, -1],
    )
    of_class = _sums(sample, *np.eye(sample.classes)[sample.truth].T)

    def measured(weights: Floats) -> dict[str, float | Floats]:
        rows, brier, log_loss, expected = weights @ per_patient
        shares = weights @ of_class / rows
        return {
            "brier": brier / rows,
            "brier_skill": 1 - ratio(brier / rows, _brier_of_prevalence(shares)),
            "log_loss": log_loss / rows,
            "o_over_e": ratio(float(shares[-1] * rows), float(expected)),
        }

    return measured


def losses(sample: Sample, resampled: Resampled, *, level: float) -> dict[str, Estimate]:
    """Brier score, its skill over the prevalence, and log-loss, whose clipped rows are told."""
    estimates = {name: resampled.estimate(name, level=level) for name in LOSSES}
    clipped = calibration.log_losses(sample.truth, sample.probability)[1]
    if clipped:
        flag = f"{clipped} probabilities clipped by {calibration.CLIP:g}"
        estimates["log_loss"] = replace(estimates["log_loss"], flag=flag)
    return estimates


def error(sample: Sample, *, level: float, seed: int) -> dict[str, Estimate]:
    """The calibration error of the positive class, or of the top label of many, beside its null."""
    finding_class = finding(sample.classes)
    if finding_class is not None:
        right, probability = (
            (sample.truth == finding_class).astype(np.int64),
            sample.probability[:, finding_class],
        )
    else:
        right = (sample.probability.argmax(axis=1) == sample.truth).astype(np.int64)
        probability = sample.probability.max(axis=1)
    expected = calibration.calibration_error(right, probability).expected
    return {
        "ece": Estimate(expected, method="bins of equal width", reason=BIASED),
        "ece_null_mean": calibration.calibration_error_by_chance(probability, level=level, seed=seed),
    }


def recalibration(sample: Sample, resampled: Resampled, *, fewest: int, level: float) -> dict[str, Estimate]:
    """Intercept, slope and observed over expected of the positive of two classes.

    `fewest` is the number of patients on the smaller side; below ten there is no slope.
    """
    fit = calibration.recalibrate(sample.truth, sample.probability[:, 1], sample.patient, level=level)
    few = missing(f"not estimable with {fewest} patients on one side, {FULL} are needed", fit.slope.method)
    return {
        "calibration_intercept": fit.intercept if fewest >= FULL else few,
        "calibration_slope": fit.slope if fewest >= FULL else few,
        "o_over_e": resampled.estimate("o_over_e", level=level),
    }


def few_events(events: int) -> str | None:
    """The flag of a reliability curve drawn from few events."""
    return f"{events} patients with the event, fewer than {CURVE_EVENTS}" if events < CURVE_EVENTS else None


def _sums(sample: Sample, *columns: Floats) -> Floats:
    """Of each patient the sum of each column of row values, shape (patients, columns)."""
    patient, patients = sample.patient, sample.patients
    return np.column_stack([np.bincount(patient, column, minlength=patients) for column in columns])


def _brier_of_prevalence(shares: Floats) -> float:
    """The Brier score of always saying the prevalence, on the scale that suits the number of classes."""
    doubled = 1 - float((shares**2).sum())
    return doubled if finding(shares.size) is None else doubled / 2
