"""One criterion judged on pairs: a row that passes, fails, or says how many patients are missing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.compare.rule import Criterion
from pipeline.compare.sentences import advice, arithmetic, unanswered
from pipeline.compare.verdict import Row, outcome, patients_needed
from pipeline.tasks.contract import Pairs
from pipeline.tasks.gain import Gain
from pipeline.tasks.registry import Task


@dataclass(frozen=True)
class Pilot:
    """A part that is large enough to tell how large another would have to be.

    `least` is how many patients such a part must have for an answer, whatever the standard error.
    """

    patients: int
    standard_error: float
    least: int


def judge(
    task: Task, criterion: Criterion, pairs: Pairs | None, *, seed: int, pilot: Pilot | None = None
) -> Row:
    """The row of a criterion; UNKNOWN where the part is empty, too small, or leaves the question open.

    `pilot` tells how many patients a part would need that is too small for a standard error of its own.
    """
    if pairs is None:
        return _unanswered(task, criterion, pairs, lack="it has no patients", pilot=pilot)
    if few := task.verdict.too_few(pairs):
        return _unanswered(task, criterion, pairs, lack=few, pilot=pilot)
    gain = task.verdict.gain(criterion.metric, pairs, alpha=criterion.alpha, seed=seed)
    result = outcome(gain.low, gain.high, bound=criterion.bound)
    of_pairs = pilot_of(task, pairs, gain)
    n_more = (
        patients_more(criterion, of_pairs, patients=pairs.patients)
        if result == "UNKNOWN" and of_pairs and criterion.role != "report"
        else None
    )
    sentence = arithmetic(task, criterion, pairs, gain=gain, result=result)
    return replace(
        _open_row(task, criterion, pairs),
        value=gain.value,
        low=gain.low,
        high=gain.high,
        outcome=result,
        method=gain.method,
        n_more=n_more,
        reason=gain.reason,
        sentence=_joined(sentence, advice(criterion, n_more), _remark(criterion)),
    )


def pilot_of(task: Task, pairs: Pairs, gain: Gain) -> Pilot | None:
    """What the pairs tell about the size of a test part, None where there is no standard error."""
    if gain.standard_error is None:
        return None
    least = task.verdict.patients_needed(task.verdict.rarest(pairs))
    return Pilot(pairs.patients, gain.standard_error, least)


def patients_more(criterion: Criterion, pilot: Pilot, *, patients: int) -> int:
    """How many more test patients would show the criterion's gain with 80 % power; 0 when they are enough."""
    distance = criterion.gain - criterion.bound
    by_error = patients_needed(pilot.patients, pilot.standard_error, alpha=criterion.alpha, distance=distance)
    return max(by_error - patients, pilot.least - patients, 0)


def _unanswered(
    task: Task, criterion: Criterion, pairs: Pairs | None, *, lack: str, pilot: Pilot | None
) -> Row:
    row = _open_row(task, criterion, pairs)
    n_more = patients_more(criterion, pilot, patients=row.patients) if pilot else None
    sentence = _joined(unanswered(task, criterion, lack), advice(criterion, n_more), criterion.remedy)
    return replace(row, n_more=n_more, reason=f"{criterion.part}: {lack}", sentence=sentence)


def _open_row(task: Task, criterion: Criterion, pairs: Pairs | None) -> Row:
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
        positive_patients=None if pairs is None else task.verdict.finding_patients(pairs),
        method="none",
        n_more=None,
        reason=None,
        sentence="",
    )


def _remark(criterion: Criterion) -> str:
    """What is told of a row that only reports, whatever its outcome."""
    return criterion.remedy if criterion.role == "report" else ""


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
