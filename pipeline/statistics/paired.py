"""Two models on the same patients: McNemar's test and bootstrapped differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.statistics.bootstrap import Resampled, Statistic, resample
from pipeline.statistics.laws import fair_coin
from pipeline.statistics.vectors import Flags, Floats


@dataclass(frozen=True)
class McNemar:
    """Discordant pairs (`b`: only the first model right, `c`: only the second) and two p-values."""

    b: int
    c: int
    p_exact: float
    p_mid: float


def mcnemar(b: int, c: int) -> McNemar:
    """The exact two-sided binomial test of b = c at every n, and its mid-p (Fagerland 2013)."""
    discordant, fewer = b + c, min(b, c)
    if discordant == 0:
        return McNemar(b, c, 1.0, 1.0)
    lower_tail, at_fewer = fair_coin(fewer, discordant)
    p_exact = min(1.0, 2 * lower_tail)
    # At b = c both tails hold the centre, which the mid-p counts once.
    p_mid = 1.0 - at_fewer if b == c else 2 * lower_tail - at_fewer
    return McNemar(b, c, p_exact, p_mid)


def bootstrap_difference(
    a: Statistic, b: Statistic, membership: Flags, *, resamples: int, seed: int
) -> Resampled:
    """The differences b - a of every statistic, both models on the same resamples of patients."""

    def difference(weights: Floats) -> dict[str, Floats]:
        of_a, of_b = a(weights), b(weights)
        return {name: np.asarray(of_b[name] - of_a[name]) for name in of_a}

    return resample(difference, membership, resamples=resamples, seed=seed)
