"""Who changes sides: patients whom the champion gets right and the candidate wrong, and the reverse.

Two models of equal accuracy can disagree on many patients (Yan et al., CVPR 2021), which the people who
use them notice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.contracts.comparison import Flip, Flips
from pipeline.statistics.paired import mcnemar
from pipeline.statistics.vectors import Flags
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.pairs import Pairs


def flips(pairs: Pairs, question: Classes) -> Flips:
    """Counts, rates, McNemar's p-values and the lists of negative and positive flips by name."""
    was_right = pairs.reference.decided == pairs.truth
    is_right = pairs.candidate.decided == pairs.truth
    negative, positive = was_right & ~is_right, ~was_right & is_right
    test = mcnemar(int(negative.sum()), int(positive.sum()))
    units = max(len(pairs.names), 1)
    return Flips(
        units=len(pairs.names),
        both_right=int((was_right & is_right).sum()),
        both_wrong=int((~was_right & ~is_right).sum()),
        negative=int(negative.sum()),
        positive=int(positive.sum()),
        negative_rate=float(negative.sum() / units),
        mcnemar_p=test.p_exact,
        mcnemar_mid_p=test.p_mid,
        negative_list=_listed(pairs, negative, classes=question.names),
        positive_list=_listed(pairs, positive, classes=question.names),
    )


def _listed(pairs: Pairs, which: Flags, *, classes: Sequence[str]) -> tuple[Flip, ...]:
    return tuple(_flip(pairs, int(index), classes=classes) for index in np.flatnonzero(which))


def _flip(pairs: Pairs, index: int, *, classes: Sequence[str]) -> Flip:
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
    )
