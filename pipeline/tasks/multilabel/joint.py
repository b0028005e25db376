"""Numbers over several findings as functions of the patients' weights: one resample serves all findings.

A finding is measured on the rows in which it is known. Where a resample holds one side of it alone, its
numbers are undefined there, and so are the means that it is part of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.statistics import ranking
from pipeline.statistics.bootstrap import Resampled, Statistic, resample
from pipeline.statistics.confusion import Confusion, rates, ratio
from pipeline.statistics.precision_recall import average_precision
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.multilabel.definitions import MACRO
from pipeline.tasks.multilabel.labels import PRESENT
from pipeline.tasks.multilabel.view import View

Numbers = dict[str, float | Floats]


def resampled(view: View, statistic: Statistic) -> Resampled:
    """The statistic on the view and on resamples of its patients."""
    anybody = np.ones((view.patients, 1), dtype=np.bool_)
    return resample(statistic, anybody, resamples=view.plan.resamples, seed=view.plan.seed)


def means(view: View, judged: Sequence[int]) -> Statistic:
    """The means over the findings that are `judged`, by the names of the macro metrics."""
    of_findings = [_of_finding(view, index) for index in judged]

    def measured(weights: Floats) -> Numbers:
        numbers = [of_finding(weights) for of_finding in of_findings]
        return {name: float(np.mean([each[single] for each in numbers])) for name, single in MACRO.items()}

    return measured


def mean_area(view: View, rows: Flags, judged: Sequence[int]) -> Callable[[Floats], float]:
    """The mean area under the ROC curve of the findings that are `judged`, over `rows`."""
    rankings = [_ranking(view, view.known[:, index] & rows, index) for index in judged]
    return lambda weights: float(np.mean([ranking.area(ranked.counts(weights)) for ranked in rankings]))


def area(view: View, index: int) -> Callable[[Floats], float]:
    """The area under the ROC curve of one finding."""
    ranked = _ranking(view, view.known[:, index], index)
    return lambda weights: ranking.area(ranked.counts(weights))


def decisions(view: View) -> Statistic:
    """What the decisions on all known findings of a row give together."""
    present, known, flagged = view.truth == PRESENT, view.known, view.flagged
    wrong = known & (present != flagged)
    sums = _sums(
        view,
        np.ones(len(known)),
        right_rows(view).astype(np.float64),
        known.sum(axis=1),
        wrong.sum(axis=1),
        (known & present & flagged).sum(axis=1),
    )

    def measured(weights: Floats) -> Numbers:
        rows, right, cells, mistakes, found = (float(total) for total in weights @ sums)
        return {
            "exact_match": ratio(right, rows),
            "hamming_loss": ratio(mistakes, cells),
            "micro_f1": ratio(2 * found, 2 * found + mistakes),
        }

    return measured


def right_rows(view: View) -> Flags:
    """In which rows every known finding is decided rightly, shape (rows,)."""
    wrong = view.known & ((view.truth == PRESENT) != view.flagged)
    return np.asarray(~wrong.any(axis=1))


def _of_finding(view: View, index: int) -> Callable[[Floats], dict[str, float]]:
    """The numbers of one finding that means are made of."""
    known = view.known[:, index]
    ranked = _ranking(view, known, index)
    present, flagged, score = view.truth[:, index] == PRESENT, view.flagged[:, index], view.score[:, index]
    masks = present & flagged, ~present & flagged, present & ~flagged, ~present & ~flagged
    cells = _sums(view, *(known & mask for mask in masks))
    squares = _sums(view, np.where(known, (score - present) ** 2, 0.0))[:, 0]

    def measured(weights: Floats) -> dict[str, float]:
        counts = ranked.counts(weights)
        decided = Confusion(*(float(cell) for cell in weights @ cells))
        share = ratio(decided.tp + decided.fn, sum(decided))
        brier = ratio(float(weights @ squares), sum(decided))
        return {
            **rates(decided),
            "auroc": ranking.area(counts),
            "auprc": average_precision(counts) if 0 < share < 1 else float("nan"),
            "brier_skill": 1 - ratio(brier, share * (1 - share)),
        }

    return measured


def _ranking(view: View, rows: Flags, index: int) -> ranking.Ranking:
    truth: Integers = (view.truth[rows, index] == PRESENT).astype(np.int64)
    return ranking.rank(truth, view.score[rows, index], view.patient[rows])


def _sums(view: View, *columns: Floats | Flags | Integers) -> Floats:
    """Of each patient the sum of each column of row values, shape (patients, columns)."""
    patients = view.patients
    return np.column_stack([np.bincount(view.patient, column, minlength=patients) for column in columns])
