"""All numbers of a view: over all structures, then of each; what is missed or invented counted apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from pipeline.statistics import agreement, means
from pipeline.statistics.agreement import Measurements
from pipeline.statistics.bootstrap import Resampled, Statistic, resample
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.proportions import at_an_end, clopper_pearson
from pipeline.statistics.small_sample import FULL, LEAST
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.measured import Json, Measured
from pipeline.tasks.segmentation.view import View, flagged, judged

SHARES: Final = ("dice", "nsd")
SIZES: Final = ("hd95", "hd", "false_components", "invented_ml")
PRESENCE: Final = ("missed", "invented")
OVERALL: Final = ("dice", "nsd", "hd95", "hd", "false_components", *PRESENCE)
"""What is said over all structures: volumes of different ones have no mean that says anything."""
_VOLUMES: Final = ("volume_bias", "volume_limit_low", "volume_limit_high")


def measure(view: View) -> Measured:
    """All metrics of the view."""
    over = [of_measure(view, name, None) for name in OVERALL]
    return Measured([*over, *(metric for name in view.names for metric in _of_structure(view, name))])


def of_measure(view: View, name: str, structure: str | None) -> Json:
    """A mean or a share of rows, of one structure or over all, as it stands in metrics.json."""
    values, patient = view.numbers(name, structure)
    patients = int(np.unique(patient).size)
    estimate = _share(view, values, patient) if name in PRESENCE else _mean(view, name, structure)
    return view.metric(name, estimate, structure=structure, counted=(values.size, patients))


def resampled_of(view: View, patients: int, statistic: Statistic) -> Resampled:
    """A statistic of so many patients on resamples of them."""
    everybody: Flags = np.ones((patients, 1), dtype=np.bool_)
    return resample(statistic, everybody, resamples=view.plan.resamples, seed=view.plan.seed)


def mean_by_weight(values: Floats, patient: Integers, patients: int) -> Callable[[Floats], float]:
    """The mean of rows as a function of the patients' weights; nan where no row has any."""
    sums, rows = np.bincount(patient, values, patients), np.bincount(patient, minlength=patients)

    def mean(weights: Floats) -> float:
        total = float(weights @ rows)
        return float(weights @ sums) / total if total else float("nan")

    return mean


def _mean(view: View, name: str, structure: str | None) -> Estimate:
    scale = means.OF_SHARES if name in SHARES else means.OF_SIZES
    if reason := _not_known(view, name, structure):
        return missing(reason, scale.method)
    values, patient = view.numbers(name, structure)
    estimate = judged(means.mean(values, patient, scale, level=view.plan.level), int(np.unique(patient).size))
    failed = _failed(view, structure) if name in SHARES else 0
    if failed and estimate.value is not None:
        estimate = flagged(estimate, f"failed predictions count as missed (n = {failed})")
    return estimate


def _not_known(view: View, name: str, structure: str | None) -> str:
    """Why there is no mean: a measure isn't known of all rows who have the structure; else empty.

    To leave rows out would flatter the model: those that lack a distance are often those that failed.
    """
    if name == "invented_ml":
        return ""
    known, held = view.numbers(name, structure)[0].size, view.numbers("dice", structure)[0].size
    return "" if known == held else f"not known of {held - known} of {held} {view.unit}s who have it"


def _failed(view: View, structure: str | None) -> int:
    """How many rows whose reference holds the structure, or any, have a prediction that failed."""
    held = ~np.isnan(view.scored.dice)
    rows = held.any(axis=1) if structure is None else held[:, view.names.index(structure)]
    return int((rows & view.failed).sum())


def _share(view: View, values: Floats, patient: Integers) -> Estimate:
    """The share of rows with its exact interval; where patients recur, resampled."""
    patients = int(np.unique(patient).size)
    if not values.size:
        return missing("no reference says so of any patient", "Clopper-Pearson")
    if patients == values.size:
        estimate = clopper_pearson(int(values.sum()), values.size, level=view.plan.level)
    else:
        mean = mean_by_weight(values, patient, patients)
        resampled = resampled_of(view, patients, lambda weights: {"share": mean(weights)})
        estimate = at_an_end(
            resampled.estimate("share", level=view.plan.level), patients, level=view.plan.level
        )
    estimate = estimate.counted(int(values.sum()), values.size)
    return flagged(estimate, f"small sample ({patients} patients)") if patients < FULL else estimate


def _of_structure(view: View, name: str) -> Iterator[Json]:
    for measure in (*SHARES, *SIZES, *PRESENCE):
        yield of_measure(view, measure, name)
    yield from _volumes(view, name)


def volumes(view: View, structure: str) -> Measurements:
    """Reference and predicted volume in mL of the rows whose reference holds the structure."""
    scored = view.scored.of_structure(view.names.index(structure))
    rows = Measurements(scored.volume_truth, scored.volume_predicted, view.patient)
    return rows.where(~np.isnan(rows.difference))


def _volumes(view: View, structure: str) -> Iterator[Json]:
    """Bias and limits of agreement, by formula where each patient has one row."""
    rows = volumes(view, structure)
    counted = int(rows.reference.size), rows.patients
    reason = _not_known(view, "volume_predicted", structure) or _not_known(view, "volume_truth", structure)
    for name, estimate in zip(_VOLUMES, _of_volumes(view, rows), strict=True):
        told = missing(reason, estimate.method) if reason else judged(estimate, rows.patients)
        yield view.metric(name, told, structure=structure, counted=counted)


def _of_volumes(view: View, rows: Measurements) -> tuple[Estimate, Estimate, Estimate]:
    if rows.patients < LEAST:
        few = missing("too few patients", agreement.STUDENT)
        return few, few, few
    level = view.plan.level
    bias = agreement.bias(rows, level=level)
    if not rows.repeated:
        return bias, *agreement.limits(rows, level=level)
    resampled = resampled_of(view, rows.patients, agreement.statistic(rows))
    return bias, resampled.estimate("limit_low", level=level), resampled.estimate("limit_high", level=level)
