"""Every metric of a part, a subgroup or a class, computed anew from its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from pipeline.audit import formulas, ranked
from pipeline.audit.formulas import Draws, Number
from pipeline.audit.ranked import over
from pipeline.audit.rows import Flags, Floats, Rows

CLIP: Final = 1e-7  # what probabilities are clipped by before a logarithm
FEWEST: Final = 5  # patients on each side, below which no number is shown
FULL: Final = 10  # patients on each side, below which there is no calibration slope
Statistic = Callable[[Floats], Floats]
"""From weights `(resamples, rows)` to a number a resample."""


@dataclass(frozen=True)
class Seen:
    """Rows with the classes that were decided, and how their resamples are drawn."""

    rows: Rows
    decided: NDArray[np.int64]
    level: float
    resamples: int
    seed: int

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.rows.score.shape[1])

    @cached_property
    def drawn(self) -> Draws:
        """The resamples of these rows' patients."""
        return formulas.draws(self.rows, self.classes, resamples=self.resamples, seed=self.seed)

    @cached_property
    def judged(self) -> list[int]:
        """The classes with enough patients on both sides; of two the second alone."""
        wanted = [1] if self.classes == 2 else range(self.classes)
        return [of for of in wanted if min(self.sides(of)) >= FEWEST]

    def sides(self, of: int) -> tuple[int, int]:
        """How many patients have a row of the class, and how many one of another."""
        member = self.rows.truth == of
        return self.rows.patients_with(member), self.rows.patients_with(~member)

    def resampled(self, statistic: Statistic) -> Number:
        """The statistic with its interval over the resamples of patients."""
        return formulas.resampled(statistic, self.rows.codes, self.drawn, self.level)


def of_class(seen: Seen, of: int) -> dict[str, Number]:
    """The numbers of one class against the rest: of two classes the finding's, of more each one's."""
    truth, flagged = seen.rows.truth == of, seen.decided == of
    score = seen.rows.score[:, of]
    numbers = {
        "auroc": formulas.area(seen.rows, of, seen.level),
        "auprc": seen.resampled(lambda w: ranked.average_precision(truth, score, w)),
        "f1": seen.resampled(lambda w: _f1(truth, flagged, w)),
    }
    for name, (among, right) in _proportions(truth, flagged).items():
        numbers[name] = _proportion(seen, among, right)
        counts = int((among & right).sum()), int(among.sum())
        numbers[f"{name}_clopper_pearson"] = formulas.exact(*counts, seen.level)
    return numbers | {"recall": numbers["sensitivity"], "precision": numbers["ppv"]}


def of_finding(seen: Seen) -> dict[str, Number]:
    """The numbers of two classes beside those of the finding: agreement, probabilities, calibration."""
    truth, score = seen.rows.truth, seen.rows.score[:, 1]
    squared = (score - truth) ** 2

    def skill(weights: Floats) -> Floats:
        share = weights @ truth / weights.sum(axis=1)
        return 1 - over(_mean(weights, squared), share * (1 - share))

    return {
        **_agreement(seen),
        "balanced_accuracy": seen.resampled(lambda w: _balanced(seen, [0, 1], w)),
        "brier": seen.resampled(lambda w: _mean(w, squared)),
        "brier_skill": seen.resampled(skill),
        "o_over_e": seen.resampled(lambda w: over(w @ truth, w @ score)),
        "ece": Number(_calibration_error(truth, score)),
        **_ratios(seen, truth == 1, seen.decided == 1),
        **_calibration(seen, truth, score),
    }


def over_classes(seen: Seen) -> dict[str, Number]:
    """The numbers over more than two classes: means of those that can be judged, and pooled ones."""
    truth, decided, score = seen.rows.truth, seen.decided, seen.rows.score
    member = np.eye(seen.classes)[truth]
    squared = ((score - member) ** 2).sum(axis=1)

    def skill(weights: Floats) -> Floats:
        shares = weights @ member / weights.sum(axis=1, keepdims=True)
        return 1 - over(_mean(weights, squared), 1 - (shares**2).sum(axis=1))

    def mean_of(statistic: Callable[[int, Floats], Floats]) -> Number:
        return seen.resampled(lambda w: np.mean([statistic(of, w) for of in seen.judged], axis=0))

    return {
        **_agreement(seen),
        "macro_auroc": mean_of(lambda of, w: ranked.area(truth == of, score[:, of], w)),
        "macro_auprc": mean_of(lambda of, w: ranked.average_precision(truth == of, score[:, of], w)),
        "macro_f1": mean_of(lambda of, w: _f1_of_present(truth == of, decided == of, w)),
        "balanced_accuracy": seen.resampled(lambda w: _balanced(seen, seen.judged, w)),
        "accuracy": _proportion(seen, np.ones(truth.size, dtype=np.bool_), decided == truth),
        "brier": seen.resampled(lambda w: _mean(w, squared)),
        "brier_skill": seen.resampled(skill),
        "ece": Number(
            _calibration_error((score.argmax(axis=1) == truth).astype(np.int64), score.max(axis=1))
        ),
    }


def at_prevalence(seen: Seen, share: float) -> dict[str, Number]:
    """The predictive values where the finding has another prevalence (Bayes; Mercaldo 2007)."""
    truth, flagged = seen.rows.truth == 1, seen.decided == 1
    names = ("ppv_at_prevalence", "npv_at_prevalence")
    if seen.rows.repeated:
        numbers = [
            seen.resampled(lambda w: _bayes(truth, flagged, w, share)[0]),
            seen.resampled(lambda w: _bayes(truth, flagged, w, share)[1]),
        ]
        return dict(zip(names, numbers, strict=True))
    tp, fn = int((truth & flagged).sum()), int((truth & ~flagged).sum())
    fp, tn = int((~truth & flagged).sum()), int((~truth & ~flagged).sum())
    values = [float(value[0]) for value in _bayes(truth, flagged, np.ones((1, truth.size)), share)]
    if min(tp, fn, fp, tn) == 0:
        return {
            name: Number(None if math.isnan(value) else value)
            for name, value in zip(names, values, strict=True)
        }
    spread = (
        fn / (tp * (tp + fn)) + tn / (fp * (tn + fp)),
        tp / (fn * (tp + fn)) + fp / (tn * (tn + fp)),
    )
    return {
        name: formulas.on_logit(value, math.sqrt(variance), seen.level)
        for name, value, variance in zip(names, values, spread, strict=True)
    }


def of_sets(seen: Seen, least: list[float]) -> dict[tuple[str, int | None], Number]:
    """The shares of rows whose set of classes holds the true one, and of sets of each size."""
    held = seen.rows.score >= np.array(least)
    size, everyone = held.sum(axis=1), np.ones(seen.rows.truth.size, dtype=np.bool_)
    return {
        **{
            ("set_coverage", of): _proportion(seen, seen.rows.truth == of, held[:, of])
            for of in range(seen.classes)
        },
        ("set_none", None): _proportion(seen, everyone, size == 0),
        ("set_one", None): _proportion(seen, everyone, size == 1),
        ("set_several", None): _proportion(seen, everyone, size > 1),
    }


def _proportions(truth: Flags, flagged: Flags) -> Mapping[str, tuple[Flags, Flags]]:
    """Of each proportion the rows it is over, and those that count."""
    everyone = np.ones(truth.size, dtype=np.bool_)
    return {
        "accuracy": (everyone, truth == flagged),
        "alarm_share": (everyone, flagged),
        "npv": (~flagged, ~truth),
        "ppv": (flagged, truth),
        "prevalence": (everyone, truth),
        "sensitivity": (truth, flagged),
        "specificity": (~truth, ~flagged),
    }


def _proportion(seen: Seen, among: Flags, right: Flags) -> Number:
    """Wilson's where a patient counts once; else resampled, but at 0 and 1 Wilson's of the patients."""
    if not seen.rows.repeated:
        return formulas.wilson(int((among & right).sum()), int(among.sum()), seen.level)
    number = seen.resampled(lambda w: _share(w, among, right))
    if number.value is None or 0 < number.value < 1:
        return number
    patients = seen.rows.patients_with(among)
    return formulas.wilson(int(number.value) * patients, patients, seen.level)


def _agreement(seen: Seen) -> dict[str, Number]:
    """Kappa, Matthews' correlation and the log-loss, of however many classes."""
    truth, classes = seen.rows.truth, seen.classes
    cells = np.eye(classes * classes)[truth * classes + seen.decided]
    of_truth = np.clip(seen.rows.score[np.arange(truth.size), truth], CLIP, 1 - CLIP)

    def matrix(weights: Floats) -> Floats:
        return np.asarray((weights @ cells).reshape(-1, classes, classes))

    def kappa(weights: Floats) -> Floats:
        shares = matrix(weights) / weights.sum(axis=1)[:, None, None]
        chance = (shares.sum(axis=2) * shares.sum(axis=1)).sum(axis=1)
        return over(np.trace(shares, axis1=1, axis2=2) - chance, 1 - chance)

    def matthews(weights: Floats) -> Floats:
        counts = matrix(weights)
        n, reference, decided = weights.sum(axis=1), counts.sum(axis=2), counts.sum(axis=1)
        spread = (n**2 - (decided**2).sum(axis=1)) * (n**2 - (reference**2).sum(axis=1))
        right = np.trace(counts, axis1=1, axis2=2)
        return over(right * n - (reference * decided).sum(axis=1), np.sqrt(spread))

    return {
        "kappa": seen.resampled(kappa),
        "mcc": seen.resampled(matthews),
        "log_loss": seen.resampled(lambda w: _mean(w, -np.log(of_truth))),
    }


def _ratios(seen: Seen, truth: Flags, flagged: Flags) -> dict[str, Number]:
    """The likelihood ratios with log intervals (Simel 1991), or resampled where patients recur."""
    if seen.rows.repeated:
        return {
            "lr_positive": seen.resampled(
                lambda w: over(_share(w, truth, flagged), _share(w, ~truth, flagged))
            ),
            "lr_negative": seen.resampled(
                lambda w: over(1 - _share(w, truth, flagged), 1 - _share(w, ~truth, flagged))
            ),
        }
    sick, well = int(truth.sum()), int((~truth).sum())
    found, alarmed = int((truth & flagged).sum()), int((~truth & flagged).sum())
    return {
        "lr_positive": formulas.log_ratio((found, sick), (alarmed, well), seen.level),
        "lr_negative": formulas.log_ratio((sick - found, sick), (well - alarmed, well), seen.level),
    }


def _calibration(seen: Seen, truth: NDArray[np.int64], score: Floats) -> dict[str, Number]:
    names = ("calibration_intercept", "calibration_slope")
    if min(seen.sides(1)) < FULL:
        return dict.fromkeys(names, Number(None))
    linear = special.logit(np.clip(score, CLIP, 1 - CLIP))
    return dict(zip(names, formulas.logistic(truth, linear, seen.rows, seen.level), strict=True))


def _calibration_error(right: NDArray[np.int64], probability: Floats) -> float:
    """The gaps of ten equal bins [a, b), the last closed (Naeini 2015)."""
    bins = np.searchsorted(np.arange(1, 10) / 10, probability, side="right")
    gaps = [abs(float((right - probability)[bins == at].sum())) for at in range(10)]
    return sum(gaps) / probability.size


def _f1(truth: Flags, flagged: Flags, weights: Floats) -> Floats:
    return over(2 * weights @ (truth & flagged), weights @ truth + weights @ flagged)


def _f1_of_present(truth: Flags, flagged: Flags, weights: Floats) -> Floats:
    """The same, nan where the reference lacks the class."""
    return np.where(weights @ truth > 0, _f1(truth, flagged, weights), np.nan)


def _balanced(seen: Seen, classes: list[int], weights: Floats) -> Floats:
    right = seen.decided == seen.rows.truth
    return np.asarray(np.mean([_share(weights, seen.rows.truth == of, right) for of in classes], axis=0))


def _bayes(truth: Flags, flagged: Flags, weights: Floats, share: float) -> tuple[Floats, Floats]:
    found, spared = _share(weights, truth, flagged), _share(weights, ~truth, ~flagged)
    alarmed, missed = (1 - spared) * (1 - share), (1 - found) * share
    cleared = spared * (1 - share)
    return over(found * share, found * share + alarmed), over(cleared, cleared + missed)


def _share(weights: Floats, among: Flags, right: Flags) -> Floats:
    return over(weights @ (among & right), weights @ among)


def _mean(weights: Floats, values: Floats) -> Floats:
    return np.asarray(weights @ values / weights.sum(axis=1))
