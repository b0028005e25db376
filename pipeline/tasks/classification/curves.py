"""The curves of metrics.json: what the figures draw, and nothing else."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from pipeline.statistics.bootstrap import METHOD, SIMULTANEOUS, Resampled
from pipeline.statistics.calibration import CLIP, equal_mass_bins, recalibrate
from pipeline.statistics.net_benefit import treat_all
from pipeline.statistics.proportions import wilson
from pipeline.statistics.vectors import Flags, Floats
from pipeline.tasks.classification.detection import DECISION_THRESHOLDS, Axes
from pipeline.tasks.classification.quality import few_events
from pipeline.tasks.classification.view import View
from pipeline.tasks.measured import Curves, Json

# Choices for the eye alone: bars of 0.05, and a line without visible corners.
HISTOGRAM_BINS = 20
SMOOTH_POINTS = 101


def ranking_curves(view: View, resampled: Resampled, where: Axes, *, of: int, prefix: str = "") -> Curves:
    """ROC and precision-recall of class `of` with pointwise bands.

    Both are meant to be drawn as steps that hold each y until the next x: the ROC with rising x, the
    precision-recall curve with falling x, so that a precision holds for the recalls up to its own.
    """
    falling = slice(None, None, -1)
    roc = _curve(view, resampled, f"{prefix}roc", where.false_positive_rate, of=of)
    pr = _curve(view, resampled, f"{prefix}pr", where.recall, of=of)
    pr |= {axis: pr[axis][falling] for axis in ("x", "y", "low", "high")}
    return {"roc": [_from_origin(roc)], "pr": [pr]}


def decision(view: View, resampled: Resampled) -> Json:
    """Net benefit over threshold probabilities, and the ranges in which it is shown to beat all and none.

    Its excess over the better of the two has one band for all thresholds together, so that every range
    outside it is shown at once.
    """
    curve = _curve(view, resampled, "benefit", DECISION_THRESHOLDS, of=1)
    low, high = resampled.simultaneous("benefit_excess", level=view.plan.level)
    prevalence = float(resampled.point["prevalence"])
    return curve | {
        "treat_all": _plain(treat_all(prevalence, threshold=DECISION_THRESHOLDS)),
        "excess": _plain(resampled.point["benefit_excess"]),
        "excess_low": _plain(low),
        "excess_high": _plain(high),
        "excess_method": SIMULTANEOUS,
        "better": _ranges(low > 0),
        "prevalence": prevalence,
    }


def reliability(view: View, probability: Floats, *, stage: str) -> Json:
    """Observed shares in ten bins of equally many rows, with Wilson's intervals, and the scores' histogram.

    Where patients recur, a bin's interval counts its patients, not its rows.
    """
    truth, score = view.sample.truth, probability[:, 1]
    edges = np.linspace(0, 1, HISTOGRAM_BINS + 1)
    positives = int(view.sample.membership()[:, 1].sum())
    return label(view, of=1) | {
        "stage": stage,
        "method": "Wilson",
        "flag": few_events(positives),
        "bins": _bins(view, score),
        "smooth": _smooth(view, score),
        "histogram": {
            "edges": _plain(edges),
            "positive": [int(n) for n in np.histogram(score[truth == 1], edges)[0]],
            "negative": [int(n) for n in np.histogram(score[truth == 0], edges)[0]],
        },
    }


def label(view: View, *, of: int) -> Json:
    """What every curve says of itself: whose it is, and how many it rests on."""
    return {
        "part": view.part,
        "unit": view.unit,
        "class": view.classes[of],
        "level": view.plan.level,
        "cases": int(view.sample.truth.size),
        "patients": view.sample.patients,
        "positive_patients": view.patients_by_side(of)[0],
    }


def _curve(view: View, resampled: Resampled, name: str, x: Floats, *, of: int) -> Json:
    low, high = resampled.band(name, level=view.plan.level)
    return label(view, of=of) | {
        "method": METHOD,
        "x": _plain(x),
        "y": _plain(resampled.point[name]),
        "low": _plain(low),
        "high": _plain(high),
    }


def _from_origin(roc: Json) -> Json:
    """The ROC curve from (0, 0): the first point alone would hide where the curve starts."""
    ends = {axis: [0.0, *roc[axis]] for axis in ("x", "y", "low", "high")}
    return roc | ends


def _bins(view: View, score: Floats) -> list[Json]:
    codes = equal_mass_bins(score)
    bins = []
    for index in range(int(codes.max()) + 1):
        rows = codes == index
        observed = float(view.sample.truth[rows].mean())
        patients = int(np.unique(view.sample.patient[rows]).size)
        interval = wilson(observed * patients, patients, level=view.plan.level)
        bins.append(
            {
                "mean": float(score[rows].mean()),
                "observed": observed,
                "low": interval.low,
                "high": interval.high,
                "n": int(rows.sum()),
                "patients": patients,
            }
        )
    return bins


def _smooth(view: View, score: Floats) -> Json | None:
    """The curve of logistic recalibration over the range of the scores."""
    fit = recalibrate(view.sample.truth, score, view.sample.patient, level=view.plan.level)
    if fit.joint_intercept is None or fit.slope.value is None:
        return None
    x = np.linspace(score.min(), score.max(), SMOOTH_POINTS)
    linear = logit(np.clip(x, CLIP, 1 - CLIP))
    return {"x": _plain(x), "y": _plain(expit(fit.joint_intercept + fit.slope.value * linear))}


def _ranges(holds: Flags) -> list[list[float]]:
    """The first and last threshold probability of each stretch in which `holds` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int64), [0]])))
    starts, stops = edges[::2], edges[1::2] - 1
    return [
        [float(DECISION_THRESHOLDS[a]), float(DECISION_THRESHOLDS[b])]
        for a, b in zip(starts, stops, strict=True)
    ]


def _plain(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
