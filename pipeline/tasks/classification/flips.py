"""Who changes sides: patients whom the champion gets right and the candidate wrong, and the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipeline.contracts.comparison import Flip, Flips
from pipeline.contracts.predictions import SCORE
from pipeline.tasks import sides
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.pairs import Pairs


def flips(pairs: Pairs, question: Classes, *, level: float) -> Flips:
    """Counts with intervals of `level`, over all and by true class, and who flips either way."""
    was_right = pairs.reference.decided == pairs.truth
    is_right = pairs.candidate.decided == pairs.truth
    everybody = sides.turned(was_right, is_right, pairs.patient)
    classes = {name: everybody.where(pairs.truth == index) for index, name in enumerate(question.names)}
    found = sides.flips(everybody, classes, partial(_flip, pairs, question.names), level=level)
    return replace(
        found, both_right=int((was_right & is_right).sum()), both_wrong=int((~was_right & ~is_right).sum())
    )


def _flip(pairs: Pairs, classes: Sequence[str], index: int) -> Flip:
    truth = int(pairs.truth[index])
    judged = truth if pairs.positive is None else pairs.positive
    return Flip(
        name=pairs.names[index],
        truth=classes[truth],
        champion=classes[int(pairs.reference.decided[index])],
        candidate=classes[int(pairs.candidate.decided[index])],
        score_of=classes[judged],
        champion_score=float(pairs.reference.probability[index, judged]),
        candidate_score=float(pairs.candidate.probability[index, judged]),
        column=SCORE + classes[judged],
    )
