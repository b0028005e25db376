"""Who changes sides: those of whom one model alone has every known finding right."""

from __future__ import annotations

import numpy as np

from pipeline.contracts.comparison import Flip, Flips
from pipeline.statistics.paired import mcnemar
from pipeline.statistics.vectors import Flags
from pipeline.tasks.multilabel.joint import right_rows
from pipeline.tasks.multilabel.labels import PRESENT
from pipeline.tasks.multilabel.pairs import Pairs


def flips(pairs: Pairs) -> Flips:
    """Counts, rates, McNemar's p-values and the lists of negative and positive flips by name."""
    was_right, is_right = right_rows(pairs.reference), right_rows(pairs.candidate)
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
        negative_list=_listed(pairs, negative),
        positive_list=_listed(pairs, positive),
    )


def _listed(pairs: Pairs, which: Flags) -> tuple[Flip, ...]:
    return tuple(_flip(pairs, int(row)) for row in np.flatnonzero(which))


def _flip(pairs: Pairs, row: int) -> Flip:
    """The row with the scores of the finding on which the two models differ most."""
    before, after, names = pairs.reference, pairs.candidate, pairs.reference.names
    differs = before.known[row] & (before.flagged[row] != after.flagged[row])
    index = int(np.where(differs, np.abs(after.score[row] - before.score[row]), -1.0).argmax())
    return Flip(
        name=pairs.names[row],
        truth=_said(names, before.truth[row] == PRESENT),
        champion=_said(names, before.flagged[row]),
        candidate=_said(names, after.flagged[row]),
        score_of=names[index],
        champion_score=float(before.score[row, index]),
        candidate_score=float(after.score[row, index]),
    )


def _said(names: tuple[str, ...], flags: Flags) -> str:
    return ", ".join(name for name, flag in zip(names, flags.tolist(), strict=True) if flag) or "none"
