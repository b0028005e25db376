"""One class against the rest: how well its score ranks, and what its decisions are worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.statistics import auroc, ranking
from pipeline.statistics.bootstrap import Resampled, Statistic
from pipeline.statistics.confusion import Confusion, confusion, rates, ratio
from pipeline.statistics.estimate import Estimate
from pipeline.statistics.net_benefit import net_benefit, treat_all
from pipeline.statistics.precision_recall import average_precision, precision_at
from pipeline.statistics.prevalence import likelihood_ratios
from pipeline.statistics.proportions import at_an_end, clopper_pearson, wilson
from pipeline.statistics.sample import Sample
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.classification import points

PROPORTIONS = ("accuracy", "alarm_share", "npv", "ppv", "prevalence", "sensitivity", "specificity")
RESAMPLED = ("auprc", "balanced_accuracy", "f1", "kappa", "mcc")
DECISION_THRESHOLDS = np.arange(1, 100) / 100
MOST_POINTS = 201  # a choice: steps of half a point, finer than a figure shows


@dataclass(frozen=True)
class Detection:
    """Rows of one class (1) against the rest (0), all of shape (rows,)."""

    truth: Integers
    score: Floats
    flagged: Flags
    patient: Integers

    @property
    def repeated(self) -> bool:
        """Whether some patient has more than one row."""
        return int(self.patient.max()) + 1 < self.patient.size

    def ranking(self) -> ranking.Ranking:
        """The rows sorted by score."""
        return ranking.rank(self.truth, self.score, self.patient)


@dataclass(frozen=True)
class Axes:
    """Where the curves of a detection are read: false-positive rates, recalls and thresholds, all rising."""

    false_positive_rate: Floats
    recall: Floats
    thresholds: Floats


def axes(detection: Detection, in_use: float | None) -> Axes:
    """The places of the curves' own points, thinned to at most 201; `in_use` is the class's threshold."""
    counts = detection.ranking().counts(np.ones(int(detection.patient.max()) + 1))
    return Axes(
        false_positive_rate=_thinned(np.unique(counts.fp / counts.fp[-1])),
        recall=_thinned(np.unique(counts.tp[1:] / counts.tp[-1])),
        thresholds=points.thresholds(in_use),
    )


def statistic(detection: Detection, where: Axes) -> Statistic:
    """All numbers of the detection as a function of the patients' weights."""
    ranked = detection.ranking()
    cuts = ranked.positions(DECISION_THRESHOLDS)
    cells = _cells(detection)
    # Where patients count once the rates have Wilson's interval, and no resample is needed.
    shown = ranked.positions(where.thresholds) if detection.repeated else None

    def measured(weights: Floats) -> dict[str, float | Floats]:
        counts = ranked.counts(weights)
        decided = Confusion(*(float(cell) for cell in weights @ cells))
        shares = rates(decided)
        prevalence = ratio(decided.tp + decided.fn, sum(decided))
        return {
            **shares,
            "auroc": ranking.area(counts),
            "auprc": average_precision(counts),
            "lr_negative": ratio(1 - shares["sensitivity"], shares["specificity"]),
            "lr_positive": ratio(shares["sensitivity"], 1 - shares["specificity"]),
            "prevalence": prevalence,
            "roc": ranking.sensitivity_at(counts, where.false_positive_rate),
            "pr": precision_at(counts, where.recall),
            **_benefit(counts, cuts, prevalence),
            **({} if shown is None else points.drawn_rates(counts, shown)),
        }

    return measured


def estimates(
    detection: Detection, resampled: Resampled, prefix: str, *, level: float
) -> dict[str, Estimate]:
    """The estimates by metric; in `resampled` the detection's numbers have `prefix` before their names."""
    area = auroc.auroc(detection.truth, detection.score, detection.patient)
    by_name = {"auroc": auroc.interval(area, level=level)}
    by_name |= {name: resampled.estimate(prefix + name, level=level) for name in RESAMPLED}
    for name in PROPORTIONS:
        by_name[name] = _proportion(
            name, detection, resampled.estimate(prefix + name, level=level), level=level
        )
    if detection.repeated:
        by_name |= {
            name: resampled.estimate(prefix + name, level=level) for name in ("lr_negative", "lr_positive")
        }
        return by_name
    counts = confusion(detection.truth, detection.flagged)
    by_name["lr_positive"], by_name["lr_negative"] = likelihood_ratios(counts, level=level)
    return by_name | {f"{name}_clopper_pearson": _exact(name, detection, level=level) for name in PROPORTIONS}


def mean_area(sample: Sample, rows: Flags, classes: Sequence[int]) -> Callable[[Floats], float]:
    """The mean area of each of `classes` against the rest, over `rows`, from the weights of patients."""
    truth, patient = sample.truth[rows], sample.patient[rows]
    rankings = [
        ranking.rank((truth == index).astype(np.int64), sample.probability[rows, index], patient)
        for index in classes
    ]

    def measured(weights: Floats) -> float:
        return float(np.mean([ranking.area(ranked.counts(weights)) for ranked in rankings]))

    return measured


def recalls(sample: Sample, decided: Integers) -> Callable[[Floats], Floats]:
    """Of each class the share that is found, shape (classes,), from the weights of patients."""
    of_class, called = np.eye(sample.classes)[sample.truth], np.eye(sample.classes)[decided]
    return _shares(sample, of_class * called, of_class)


def specificities(sample: Sample, decided: Integers) -> Callable[[Floats], Floats]:
    """Of the rows of other classes the share not taken for each, shape (classes,), from patients' weights."""
    others, not_called = 1 - np.eye(sample.classes)[sample.truth], 1 - np.eye(sample.classes)[decided]
    return _shares(sample, others * not_called, others)


def _shares(sample: Sample, counted: Floats, among: Floats) -> Callable[[Floats], Floats]:
    """The share that is `counted` of those `among`, both `(rows, classes)`, by the weights of patients."""
    right, cases = (np.zeros((sample.patients, sample.classes)) for _ in range(2))
    np.add.at(right, sample.patient, counted)
    np.add.at(cases, sample.patient, among)

    def measured(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            return np.asarray(np.divide(weights @ right, weights @ cases))

    return measured


def _thinned(values: Floats) -> Floats:
    if values.size <= MOST_POINTS:
        return values
    return values[np.linspace(0, values.size - 1, MOST_POINTS).round().astype(np.int64)]


def _cells(detection: Detection) -> Floats:
    """The four counts of each patient, in the order of `Confusion`, shape (patients, 4)."""
    truth, flagged = detection.truth == 1, detection.flagged
    masks = truth & flagged, ~truth & flagged, truth & ~flagged, ~truth & ~flagged
    patients = int(detection.patient.max()) + 1
    return np.column_stack(
        [np.bincount(detection.patient[rows], minlength=patients) for rows in masks]
    ).astype(np.float64)


def _benefit(counts: ranking.Counts, cuts: Integers, prevalence: float) -> dict[str, float | Floats]:
    """Net benefit over the threshold probabilities, and its excess over the better of all and none."""
    if not 0 < prevalence < 1:
        return dict.fromkeys(("benefit", "benefit_excess"), np.full(cuts.shape, np.nan))
    sensitivity = counts.tp[cuts] / counts.tp[-1]
    specificity = 1 - counts.fp[cuts] / counts.fp[-1]
    model = net_benefit(sensitivity, specificity, prevalence, threshold=DECISION_THRESHOLDS)
    everybody = treat_all(prevalence, threshold=DECISION_THRESHOLDS)
    return {"benefit": model, "benefit_excess": model - np.maximum(everybody, 0.0)}


def _rows(name: str, detection: Detection) -> tuple[Flags, Flags]:
    """Which rows are in the denominator of a proportion, and which count as a success."""
    truth, flagged = detection.truth == 1, detection.flagged
    everyone = np.ones(truth.size, dtype=np.bool_)
    return {
        "accuracy": (everyone, truth == flagged),
        "alarm_share": (everyone, flagged),
        "npv": (~flagged, ~truth),
        "ppv": (flagged, truth),
        "prevalence": (everyone, truth),
        "sensitivity": (truth, flagged),
        "specificity": (~truth, ~flagged),
    }[name]


def _proportion(name: str, detection: Detection, resampled: Estimate, *, level: float) -> Estimate:
    """Wilson where patients count once, else the bootstrap."""
    rows, success = _rows(name, detection)
    counts = int((rows & success).sum()), int(rows.sum())
    if not detection.repeated:
        return wilson(*counts, level=level).counted(*counts)
    return at_an_end(resampled, np.unique(detection.patient[rows]).size, level=level).counted(*counts)


def _exact(name: str, detection: Detection, *, level: float) -> Estimate:
    rows, success = _rows(name, detection)
    counts = int((rows & success).sum()), int(rows.sum())
    return clopper_pearson(*counts, level=level).counted(*counts)
