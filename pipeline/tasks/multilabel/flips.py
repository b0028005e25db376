"""Who changes sides: those of whom one model alone has every known finding right."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from pipeline.contracts.comparison import Flip, Flips
from pipeline.contracts.predictions import SCORE
from pipeline.statistics.vectors import Flags
from pipeline.tasks import sides
from pipeline.tasks.multilabel.joint import right_rows
from pipeline.tasks.multilabel.labels import PRESENT
from pipeline.tasks.multilabel.pairs import Pairs


def flips(pairs: Pairs, *, level: float) -> Flips:
    """Counts with intervals of `level`, over all and finding by finding, and who flips either way."""
    was_right, is_right = right_rows(pairs.reference), right_rows(pairs.candidate)
    everybody = sides.turned(was_right, is_right, pairs.reference.patient)
    findings = {name: _of_finding(pairs, index) for index, name in enumerate(pairs.reference.names)}
    found = sides.flips(everybody, findings, partial(_flip, pairs), level=level)
    return replace(
        found, both_right=int((was_right & is_right).sum()), both_wrong=int((~was_right & ~is_right).sum())
    )


def _of_finding(pairs: Pairs, index: int) -> sides.Turned:
    """Those of whom the finding is known, by whether each model has it right."""
    before, after = pairs.reference, pairs.candidate
    known, present = before.known[:, index], before.truth[:, index] == PRESENT
    was_right, is_right = (view.flagged[:, index] == present for view in (before, after))
    return sides.turned(was_right, is_right, before.patient).where(known)


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
        column=SCORE + names[index],
    )


def _said(names: tuple[str, ...], flags: Flags) -> str:
    return ", ".join(name for name, flag in zip(names, flags.tolist(), strict=True) if flag) or "none"
