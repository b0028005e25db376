"""The arithmetic of a row as sentences that can be followed with a pencil."""

from __future__ import annotations

from scipy.stats import norm

from pipeline.compare.rule import Criterion
from pipeline.compare.verdict import Outcome
from pipeline.statistics.bootstrap import METHOD as BOOTSTRAP
from pipeline.tasks.classification.gains import DRAWS, Gain
from pipeline.tasks.classification.pairs import Pairs


def arithmetic(criterion: Criterion, pairs: Pairs, *, gain: Gain, result: Outcome) -> str:
    """The question, both values, the bounds and how they were had, and the outcome."""
    values = f"{gain.candidate:.4f} - {gain.reference:.4f} = {gain.value:+.4f} ({_who(pairs)})"
    if gain.low is None or gain.high is None or gain.standard_error is None:
        return f"{_question(criterion)}: {values}. UNKNOWN: {gain.reason}."
    bounds = (
        f"one-sided bounds at alpha {criterion.alpha:g} are {gain.low:+.4f} and {gain.high:+.4f} "
        f"({_method(gain, criterion.alpha)})"
    )
    reason = {
        "PASS": f"{gain.low:+.4f} > {criterion.bound:+.4f}: PASS.",
        "FAIL": f"{gain.low:+.4f} <= {criterion.bound:+.4f} and {gain.high:+.4f} < 0: FAIL.",
        "UNKNOWN": f"{gain.low:+.4f} <= {criterion.bound:+.4f} but {gain.high:+.4f} >= 0: UNKNOWN.",
    }[result]
    return f"{_question(criterion)}: {values}; {bounds}; {reason}"


def unanswered(criterion: Criterion, found: str) -> str:
    """The question, and what was found instead of enough patients."""
    return f"{_question(criterion)}: {criterion.part} can't answer, {found}. UNKNOWN."


def advice(criterion: Criterion, n_more: int | None) -> str:
    """What more patients would do; empty where that isn't known."""
    if n_more is None:
        return ""
    aim = f"a true gain of {criterion.gain:g}" if criterion.gain else "a model that is as good"
    if n_more == 0:
        return f"The part is large enough to show {aim} in 4 of 5 studies, so more patients may not help."
    return f"About {n_more} more test patients would show {aim} in 4 of 5 studies."


def _question(criterion: Criterion) -> str:
    wanted = "a gain" if criterion.bound == 0 else f"no loss of {-criterion.bound:g} or more"
    return f"{criterion.part}, {wanted} in {criterion.metric.replace('_', ' ')} against {criterion.against}"


def _who(pairs: Pairs) -> str:
    positive = "" if pairs.positive is None else f", {pairs.patients_of_classes()[pairs.positive]} positive"
    return f"{pairs.patients} patients{positive}"


def _method(gain: Gain, alpha: float) -> str:
    if gain.method == BOOTSTRAP:
        return f"percentiles of {DRAWS} resamples of whole patients, standard error {gain.standard_error:.4f}"
    z = float(norm.isf(alpha))
    return f"paired DeLong: {z:.3f} standard errors of {gain.standard_error:.4f} to either side"
