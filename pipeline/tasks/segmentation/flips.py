"""Who changes sides: those in whom one model alone finds every structure that is there."""

from __future__ import annotations

import numpy as np

from pipeline.contracts.comparison import Flip, Flips
from pipeline.statistics.paired import mcnemar
from pipeline.statistics.vectors import Flags
from pipeline.tasks.segmentation.pairs import Pairs
from pipeline.tasks.segmentation.view import View


def flips(pairs: Pairs) -> Flips:
    """Counts, rates, McNemar's p-values and the lists of negative and positive flips by name."""
    before, after = (view.scored.over_structures().missed for view in (pairs.reference, pairs.candidate))
    held = ~np.isnan(before)
    was_right, is_right = held & (before == 0), held & (after == 0)
    negative, positive = was_right & ~is_right, ~was_right & is_right
    units = int(held.sum())
    test = mcnemar(int(negative.sum()), int(positive.sum()))
    return Flips(
        units=units,
        both_right=int((was_right & is_right).sum()),
        both_wrong=int((held & ~was_right & ~is_right).sum()),
        negative=int(negative.sum()),
        positive=int(positive.sum()),
        negative_rate=float(negative.sum() / max(units, 1)),
        mcnemar_p=test.p_exact,
        mcnemar_mid_p=test.p_mid,
        negative_list=_listed(pairs, negative),
        positive_list=_listed(pairs, positive),
    )


def _listed(pairs: Pairs, which: Flags) -> tuple[Flip, ...]:
    return tuple(_flip(pairs, int(row)) for row in np.flatnonzero(which))


def _flip(pairs: Pairs, row: int) -> Flip:
    """The row with the overlap of the structure on which the two models differ most."""
    before, after = pairs.reference.scored, pairs.candidate.scored
    apart = np.abs(after.missed[row] - before.missed[row])
    index = int(np.nan_to_num(apart, nan=-1.0).argmax())
    return Flip(
        name=pairs.names[row],
        truth=_said(pairs.reference, ~np.isnan(before.missed[row])),
        champion=_said(pairs.reference, before.missed[row] == 0),
        candidate=_said(pairs.candidate, after.missed[row] == 0),
        score_of=pairs.reference.names[index],
        champion_score=float(before.dice[row, index]),
        candidate_score=float(after.dice[row, index]),
    )


def _said(view: View, flags: Flags) -> str:
    return ", ".join(name for name, flag in zip(view.names, flags.tolist(), strict=True) if flag) or "none"
