"""The network's answers for cases, and which cases have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Shards
from pipeline.contracts.predictions import nine_digits
from pipeline.progress import Bar, bar
from pipeline.records import Stored
from pipeline.statistics.vectors import Flags, Floats

if TYPE_CHECKING:
    import pandas as pd

NO_ARRAY = "no model-ready array"
NOT_FINITE = "the network's output is not finite"


class Network(Protocol):
    """From model-ready arrays to logits, shape (cases, classes)."""

    def __call__(self, arrays: Iterable[NDArray[Any]]) -> Floats:
        """The logits of the arrays, in their order."""
        ...


@dataclass(frozen=True)
class Answers:
    """The network's logits of all cases, shape (cases, classes), nan where it has none, and the reasons.

    `reasons` is empty where there is an answer. Logits have the nine digits with which they are written.
    """

    cases: pd.DataFrame
    logits: Floats
    reasons: tuple[str, ...]

    @property
    def answered(self) -> Flags:
        """Which cases have an answer, shape (cases,)."""
        return np.array([not reason for reason in self.reasons], dtype=np.bool_)


def answers(
    network: Network, cases: pd.DataFrame, stored: Mapping[str, Stored], shards: Shards, *, classes: int
) -> Answers:
    """The answers for all rows of `cases`, in their order.

    Raises DamageError when an array's bytes are not those that were written.
    """
    case_ids = list(cases["case_id"])
    ready = [case_id for case_id in case_ids if case_id in stored]
    with bar("evaluate", len(ready), "cases") as progress:
        found = network(_arrays(ready, stored, shards, progress))
    logits = np.full((len(case_ids), classes), np.nan)
    logits[[index for index, case_id in enumerate(case_ids) if case_id in stored]] = found
    finite = np.isfinite(logits).all(axis=1)
    logits[~finite] = np.nan
    reasons = [
        "" if good else NOT_FINITE if case_id in stored else NO_ARRAY
        for case_id, good in zip(case_ids, finite.tolist(), strict=True)
    ]
    return Answers(cases, nine_digits(logits), tuple(reasons))


def _arrays(
    case_ids: Sequence[str], stored: Mapping[str, Stored], shards: Shards, progress: Bar
) -> Iterator[NDArray[Any]]:
    for case_id in case_ids:
        yield shards.sound(case_id, stored[case_id])
        progress.advance()
