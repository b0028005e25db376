"""Why no decision should be taken from an answer: a stranger, or a set that leaves the class open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.strangers.judging import Judged

if TYPE_CHECKING:
    import pandas as pd

STRANGER, ABSTAIN = "stranger", "abstain"
"""The columns of how unlike a scan is, and of why it should not be decided on."""
_SET_SIZE: Final = "set_size"
_SEVERAL: Final = "several classes can't be ruled out"
_NONE: Final = "no class is likely enough"


def with_reasons(
    table: pd.DataFrame, judged: Judged, case_ids: Sequence[str], *, asked: Collection[str]
) -> pd.DataFrame:
    """The table of predictions with both columns; `judged` is of `case_ids`, `asked` says what counts."""
    score = dict(zip(case_ids, np.round(judged.score, 3).tolist(), strict=True))
    why = dict(zip(case_ids, judged.why, strict=True))
    sizes = list(table[_SET_SIZE]) if _SET_SIZE in table else [""] * len(table)
    names = list(table["case_id"])
    reasons = [
        "; ".join(_reasons(score[name], why[name], size, asked))
        for name, size in zip(names, sizes, strict=True)
    ]
    return table.assign(**{STRANGER: [score[name] for name in names], ABSTAIN: reasons})


def _reasons(score: float, why: str, size: object, asked: Collection[str]) -> list[str]:
    reasons = []
    if "stranger" in asked and score > 1:
        reasons.append(f"stranger: {why}")
    if "several" in asked and isinstance(size, int) and size > 1:
        reasons.append(_SEVERAL)
    if "none" in asked and size == 0:
        reasons.append(_NONE)
    return reasons
