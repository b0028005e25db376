"""One criterion judged on pairs: a row that passes, fails, or says how many patients are missing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.compare.rule import Criterion, Metric
from pipeline.compare.sentences import advice, arithmetic, unanswered
from pipeline.compare.verdict import Row, outcome, patients_needed
from pipeline.tasks.classification.gains import Gain, auroc_gain, brier_skill_gain, sensitivity_gain
from pipeline.tasks.classification.pairs import Pairs

LEAST_OF_A_CLASS = 15  # below it the normal law of the difference can't be relied on

_GAINS: dict[Metric, Callable[..., Gain]] = {
    "auroc": auroc_gain,
    "sensitivity": sensitivity_gain,
    "brier_skill": brier_skill_gain,
}


@dataclass(frozen=True)
class Pilot:
    """A part that is large enough to tell how large another would have to be."""

    patients: int
    standard_error: float
    smallest_share: float


def judge(criterion: Criterion, pairs: Pairs | None, *, seed: int, pilot: Pilot | None = None) -> Row:
    """The row of a criterion; UNKNOWN where the part is empty, too small, or leaves the question open.

    `pilot` tells how many patients a part would need that is too small for a standard error of its own.
    """
    if pairs is None:
        return _unanswered(criterion, pairs, found="it has no patients", pilot=pilot)
    rarest = min(pairs.patients_of_classes())
    if rarest < LEAST_OF_A_CLASS:
        found = f"its rarest class has {rarest} patients, fewer than {LEAST_OF_A_CLASS}"
        return _unanswered(criterion, pairs, found=found, pilot=pilot)
    gain = _GAINS[criterion.metric](pairs, alpha=criterion.alpha, seed=seed)
    result = outcome(gain.low, gain.high, bound=criterion.bound)
    own = pilot_of(pairs, gain)
    n_more = patients_more(criterion, own, patients=pairs.patients) if result == "UNKNOWN" and own else None
    sentence = arithmetic(criterion, pairs, gain=gain, result=result)
    return replace(
        _open_row(criterion, pairs),
        value=gain.value,
        low=gain.low,
        high=gain.high,
        outcome=result,
        method=gain.method,
        n_more=n_more,
        reason=gain.reason,
        sentence=_joined(sentence, advice(criterion, n_more)),
    )


def pilot_of(pairs: Pairs, gain: Gain) -> Pilot | None:
    """What the pairs tell about the size of a test part, None where there is no standard error."""
    if gain.standard_error is None:
        return None
    return Pilot(pairs.patients, gain.standard_error, min(pairs.patients_of_classes()) / pairs.patients)


def patients_more(criterion: Criterion, pilot: Pilot, *, patients: int) -> int:
    """How many more test patients would show the criterion's gain with 80 % power; 0 when they are enough."""
    distance = criterion.gain - criterion.bound
    by_error = patients_needed(pilot.patients, pilot.standard_error, alpha=criterion.alpha, distance=distance)
    by_class = math.ceil(LEAST_OF_A_CLASS / pilot.smallest_share)
    return max(by_error - patients, by_class - patients, 0)


def _unanswered(criterion: Criterion, pairs: Pairs | None, *, found: str, pilot: Pilot | None) -> Row:
    row = _open_row(criterion, pairs)
    n_more = patients_more(criterion, pilot, patients=row.patients) if pilot else None
    sentence = _joined(unanswered(criterion, found), advice(criterion, n_more), criterion.remedy)
    return replace(row, n_more=n_more, reason=f"{criterion.part}: {found}", sentence=sentence)


def _open_row(criterion: Criterion, pairs: Pairs | None) -> Row:
    """The row of a question that nothing is known about yet."""
    positive = (
        None if pairs is None or pairs.positive is None else pairs.patients_of_classes()[pairs.positive]
    )
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
        positive_patients=positive,
        method="none",
        n_more=None,
        reason=None,
        sentence="",
    )


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
