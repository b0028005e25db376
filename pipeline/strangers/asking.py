"""What a model sees of scans of an analysis, read from their arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.arrays import Shards
from pipeline.contracts.strangers import Strangers
from pipeline.scoring import Scans, Scorer
from pipeline.strangers.judging import Judged, judge
from pipeline.strangers.sight import Sights, sights

if TYPE_CHECKING:
    import keras


def seen(scorer: Scorer, case_ids: Sequence[str], scans: Scans) -> Sights:
    """The vectors of scans that have an array; of the network's features only where it takes all of them."""
    shards = Shards(scans.normalized)
    arrays = (shards.sound(case_id, scans.arrays[case_id]) for case_id in case_ids)
    return sights(arrays, _network(scorer, case_ids, scans))


def judged(known: Strangers | None, scorer: Scorer, case_ids: Sequence[str], scans: Scans) -> Judged:
    """How unlike the training scans each scan is, in their order; nan without an array, or a portrait."""
    score, why = np.full(len(case_ids), np.nan), [""] * len(case_ids)
    rows = [row for row, case_id in enumerate(case_ids) if case_id in scans.arrays]
    if known is None or not rows:
        return Judged(score, tuple(why))
    names = [case_ids[row] for row in rows]
    found = judge(known, seen(scorer, names, scans), [scans.cases[name] for name in names])
    score[rows] = found.score
    for row, text in zip(rows, found.why, strict=True):
        why[row] = text
    return Judged(score, tuple(why))


def _network(scorer: Scorer, case_ids: Sequence[str], scans: Scans) -> keras.Model | None:
    """The network, where every array has the shape that it takes, and it hasn't learned from validation."""
    shape = tuple(scorer.input_shape)
    fits = all(tuple(scans.arrays[case_id].shape) == shape for case_id in case_ids)
    return scorer.model if fits and not scorer.record.refit else None
