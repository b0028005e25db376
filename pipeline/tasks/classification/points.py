"""What is found and flagged at ten thresholds that are the same in every report, and at the one in use.

The ten are fixed beforehand, so none was chosen by what it gives on the part that it is shown of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from pipeline.statistics.bootstrap import METHOD, Resampled, percentile_interval
from pipeline.statistics.estimate import missing
from pipeline.statistics.proportions import at_an_end, wilson
from pipeline.statistics.ranking import Counts
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.measured import Json

THRESHOLDS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Scored:
    """Rows of one class (1) against the rest (0) with their scores; `patient` is 0, 1, … in all of them."""

    truth: Integers
    score: Floats
    patient: Integers


def thresholds(in_use: float | None) -> Floats:
    """The ten and the one in use, rising; one that no score reaches is left out."""
    reached = {in_use} if in_use is not None and in_use <= 1 else set()
    return np.array(sorted({*THRESHOLDS, *reached}))


def drawn_rates(counts: Counts, cuts: Integers) -> dict[str, Floats]:
    """Each rate at each cut of weighted counts by its name in a resample; nan with nobody to count."""
    tp, fp = counts.tp[cuts], counts.fp[cuts]
    positive, negative = counts.tp[-1], counts.fp[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            _name("sensitivity"): tp / positive,
            _name("specificity"): (negative - fp) / negative,
            _name("ppv"): tp / (tp + fp),
            _name("npv"): (negative - fp) / (positive - tp + negative - fp),
            _name("alarm_share"): (tp + fp) / (positive + negative),
        }


def rows(seen: Scored, at: Floats, resampled: Resampled, *, prefix: str, level: float) -> list[Json]:
    """A row a threshold: each rate with its counts and interval, Wilson's where patients count once.

    Where they recur, `resampled` has what `drawn_rates` gave, `prefix` before each name.
    """
    return [
        {"threshold": threshold}
        | {
            name: _rate(*sides, seen.patient, _drawn(resampled, prefix + _name(name), place), level=level)
            for name, sides in _sides(seen, threshold).items()
        }
        for place, threshold in enumerate(at.tolist())
    ]


def _drawn(resampled: Resampled, name: str, place: int) -> Floats | None:
    """The resamples of a rate at one threshold, None where nothing was drawn."""
    values = resampled.values.get(name)
    return None if values is None else values[:, place]


def _sides(seen: Scored, threshold: float) -> Mapping[str, tuple[Flags, Flags]]:
    """Of each rate the rows in its denominator, and those that count."""
    truth, flagged = seen.truth == 1, seen.score >= threshold
    everyone = np.ones(truth.size, dtype=np.bool_)
    return {
        "sensitivity": (truth, flagged),
        "specificity": (~truth, ~flagged),
        "ppv": (flagged, truth),
        "npv": (~flagged, ~truth),
        "alarm_share": (everyone, flagged),
    }


def _rate(among: Flags, success: Flags, patient: Integers, drawn: Floats | None, *, level: float) -> Json:
    counts = int((among & success).sum()), int(among.sum())
    if counts[1] == 0:
        estimate = missing("nobody is in the denominator", "Wilson" if drawn is None else METHOD)
    elif drawn is None:
        estimate = wilson(*counts, level=level)
    else:
        lost = float(np.isnan(drawn).mean())
        estimate = percentile_interval(counts[0] / counts[1], drawn, lost_share=lost, level=level)
        estimate = at_an_end(estimate, int(np.unique(patient[among]).size), level=level)
    return asdict(estimate.counted(*counts))


def _name(rate: str) -> str:
    """What a resample calls a rate at all thresholds."""
    return f"points_{rate}"
