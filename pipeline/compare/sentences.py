"""The arithmetic of a row as sentences that can be followed with a pencil."""

from __future__ import annotations

from pipeline.compare.rule import Criterion
from pipeline.compare.verdict import Outcome
from pipeline.statistics.bootstrap import METHOD as BOOTSTRAP
from pipeline.tasks.contract import Pairs
from pipeline.tasks.gain import DRAWS, Gain
from pipeline.tasks.registry import Task


def arithmetic(task: Task, criterion: Criterion, pairs: Pairs, *, gain: Gain, result: Outcome) -> str:
    """The question, both values, the bounds and how they were had, and the outcome."""
    one, other = (gain.candidate, gain.reference)[:: gain.better]
    question = _question(task, criterion) + (f" ({gain.about})" if gain.about else "")
    values = f"{one:.4f} - {other:.4f} = {gain.value:+z.4f} ({task.verdict.in_words(pairs)})"
    if gain.low is None or gain.high is None or gain.standard_error is None:
        return f"{question}: {values}. UNKNOWN: {gain.reason}."
    bounds = (
        f"one-sided bounds at alpha {criterion.alpha:g} are {gain.low:+z.4f} and {gain.high:+z.4f} "
        f"({_method(gain, gain.low, gain.standard_error)})"
    )
    reason = {
        "PASS": f"{gain.low:+z.4f} > {criterion.bound:+z.4f}: PASS.",
        "FAIL": f"{gain.low:+z.4f} <= {criterion.bound:+z.4f} and {gain.high:+z.4f} < 0: FAIL.",
        "UNKNOWN": f"{gain.low:+z.4f} <= {criterion.bound:+z.4f} but {gain.high:+z.4f} >= 0: UNKNOWN.",
    }[result]
    return f"{question}: {values}; {bounds}; {reason}"


def unanswered(task: Task, criterion: Criterion, lack: str) -> str:
    """The question, and what was found instead of enough patients."""
    return f"{_question(task, criterion)}: {criterion.part} can't answer, {lack}. UNKNOWN."


def advice(criterion: Criterion, n_more: int | None) -> str:
    """What more patients would do; empty where that isn't known."""
    if n_more is None:
        return ""
    aim = f"a true gain of {criterion.gain:g}" if criterion.gain else "a model that is as good"
    if n_more == 0:
        return f"The part is large enough to show {aim} in 4 of 5 studies, so more patients may not help."
    return f"About {n_more} more test patients would show {aim} in 4 of 5 studies."


def _question(task: Task, criterion: Criterion) -> str:
    wanted = "a gain" if criterion.bound == 0 else f"no loss of {-criterion.bound:g} or more"
    metric = task.measures.METRICS[criterion.metric].short
    return f"{criterion.part}, {wanted} in {metric} against {criterion.against}"


def _method(gain: Gain, low: float, error: float) -> str:
    if gain.method == BOOTSTRAP:
        return f"percentiles of {DRAWS} resamples of whole patients, standard error {error:.4f}"
    return f"{gain.method}: {(gain.value - low) / error:.3f} standard errors of {error:.4f} to either side"
