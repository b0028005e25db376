"""The criteria of a comparison: which gain must be shown on which patients, and the row that judges each.

Required: no loss beyond the margin on the core of the test part (the patients of the first draw), a gain
on the patients who came later (or no loss there, where the objective is to maintain), no loss against
the anchor, the best champion so far, which stops a slow loss over many promotions (bio-creep: Feng et al.,
Biometrics 2021). Guards veto on a shown loss: sensitivity at the frozen thresholds, Brier skill, and the
groups that the cohort declares.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from scipy.stats import norm

from pipeline.compare.gains import DRAWS, Gain, Pairs, auroc_gain, brier_skill_gain, sensitivity_gain
from pipeline.compare.verdict import Outcome, Role, Row, outcome, patients_needed
from pipeline.statistics.bootstrap import METHOD as BOOTSTRAP

LEAST_OF_A_CLASS = 15  # below it the normal law of the difference can't be relied on
LEAST_OF_A_GROUP = 20
GUARD_ALPHA = 0.05

Metric = Literal["auroc", "sensitivity", "brier_skill"]
_GAINS: dict[str, Callable[..., Gain]] = {
    "auroc": auroc_gain,
    "sensitivity": sensitivity_gain,
    "brier_skill": brier_skill_gain,
}


@dataclass(frozen=True)
class Criterion:
    """One question: is the gain of `metric` on the patients of `part` above `bound`?

    `alpha` is the chance of a wrong yes. `gain` is the true gain that the test part should be large
    enough to show. `against` names the reference in sentences.
    """

    rule: str
    role: Role
    metric: Metric
    part: str
    bound: float
    alpha: float
    gain: float = 0.0
    against: str = "the champion"
    remedy: str = ""


@dataclass(frozen=True)
class Pilot:
    """A part that is large enough to tell how large another would have to be."""

    patients: int
    standard_error: float
    smallest_share: float


def judge(criterion: Criterion, pairs: Pairs | None, *, seed: int, pilot: Pilot | None = None) -> Row:
    """The row of a criterion; UNKNOWN where the part is empty, too small, or leaves the question open.

    `pilot` tells how many patients an own standard error can't be had from would need.
    """
    counts = pairs.patients_of_classes() if pairs else []
    if pairs is None or min(counts) < LEAST_OF_A_CLASS:
        return _too_small(criterion, pairs, counts, pilot)
    gain = _GAINS[criterion.metric](pairs, alpha=criterion.alpha, seed=seed)
    result = outcome(gain.low, gain.high, bound=criterion.bound)
    own = pilot_of(pairs, gain)
    n_more = patients_more(criterion, own, pairs.patients) if result == "UNKNOWN" and own else None
    return replace(
        _open_row(criterion, pairs),
        value=gain.value,
        low=gain.low,
        high=gain.high,
        outcome=result,
        method=gain.method,
        n_more=n_more,
        reason=gain.reason,
        sentence=_arithmetic(criterion, pairs, gain, result=result, n_more=n_more),
    )


def pilot_of(pairs: Pairs, gain: Gain) -> Pilot | None:
    """What the pairs tell about the size of a test part, None where there is no standard error."""
    if gain.standard_error is None:
        return None
    return Pilot(pairs.patients, gain.standard_error, min(pairs.patients_of_classes()) / pairs.patients)


def patients_more(criterion: Criterion, pilot: Pilot, patients: int) -> int:
    """How many more test patients would show the criterion's gain with 80 % power; 0 when they are enough."""
    distance = criterion.gain - criterion.bound
    by_error = patients_needed(pilot.patients, pilot.standard_error, alpha=criterion.alpha, distance=distance)
    by_class = math.ceil(LEAST_OF_A_CLASS / pilot.smallest_share)
    return max(by_error, by_class) - patients if max(by_error, by_class) > patients else 0


def _too_small(criterion: Criterion, pairs: Pairs | None, counts: list[int], pilot: Pilot | None) -> Row:
    n_more = patients_more(criterion, pilot, pairs.patients if pairs else 0) if pilot else None
    found = (
        f"its rarest class has {min(counts)} patients, fewer than {LEAST_OF_A_CLASS}"
        if pairs
        else "it has no patients"
    )
    sentence = f"{_question(criterion)}: {criterion.part} can't answer, {found}. UNKNOWN."
    advice = " ".join(part for part in (sentence, _advice(criterion, n_more), criterion.remedy) if part)
    return replace(
        _open_row(criterion, pairs), n_more=n_more, reason=f"{criterion.part}: {found}", sentence=advice
    )


def _open_row(criterion: Criterion, pairs: Pairs | None) -> Row:
    """The row of a question that nothing is known about yet."""
    return Row(
        rule=criterion.rule,
        role=criterion.role,
        metric=criterion.metric,
        part=criterion.part,
        value=None,
        low=None,
        high=None,
        level=1 - 2 * criterion.alpha,
        bound=criterion.bound,
        outcome="UNKNOWN",
        patients=pairs.patients if pairs else 0,
        positive_patients=_positives(pairs),
        method="none",
        n_more=None,
        reason=None,
        sentence="",
    )


def _arithmetic(
    criterion: Criterion, pairs: Pairs, gain: Gain, *, result: Outcome, n_more: int | None
) -> str:
    who = f"{pairs.patients} patients" + ("" if pairs.positive is None else f", {_positives(pairs)} positive")
    values = f"{gain.candidate:.4f} - {gain.reference:.4f} = {gain.value:+.4f} ({who})"
    if gain.low is None or gain.high is None or gain.standard_error is None:
        return f"{_question(criterion)}: {values}. UNKNOWN: {gain.reason}."
    bounds = (
        f"one-sided bounds at alpha {criterion.alpha:g} are {gain.low:+.4f} and {gain.high:+.4f} "
        f"({_method(gain.method, gain.standard_error, criterion.alpha)})"
    )
    told = {
        "PASS": f"{gain.low:+.4f} > {criterion.bound:+.4f}: PASS.",
        "FAIL": f"{gain.low:+.4f} <= {criterion.bound:+.4f} and {gain.high:+.4f} < 0: FAIL.",
        "UNKNOWN": f"{gain.low:+.4f} <= {criterion.bound:+.4f} but {gain.high:+.4f} >= 0: UNKNOWN.",
    }[result]
    advice = "" if result != "UNKNOWN" else " " + _advice(criterion, n_more)
    return f"{_question(criterion)}: {values}; {bounds}; {told}{advice}".rstrip()


def _method(method: str, standard_error: float, alpha: float) -> str:
    if method == BOOTSTRAP:
        return f"percentiles of {DRAWS} resamples of whole patients, standard error {standard_error:.4f}"
    return (
        f"paired DeLong: {float(norm.isf(alpha)):.3f} standard errors of {standard_error:.4f} to either side"
    )


def _question(criterion: Criterion) -> str:
    wanted = "a gain" if criterion.bound == 0 else f"no loss of {-criterion.bound:g} or more"
    name = criterion.metric.replace("_", " ")
    return f"{criterion.part}, {wanted} in {name} against {criterion.against}"


def _advice(criterion: Criterion, n_more: int | None) -> str:
    if n_more is None:
        return ""
    aim = f"a true gain of {criterion.gain:g}" if criterion.gain else "a model that is as good"
    if n_more == 0:
        return f"The part is large enough to show {aim} in 4 of 5 studies, so more patients may not help."
    return f"About {n_more} more test patients would show {aim} in 4 of 5 studies."


def _positives(pairs: Pairs | None) -> int | None:
    if pairs is None or pairs.positive is None:
        return None
    return pairs.patients_of_classes()[pairs.positive]
