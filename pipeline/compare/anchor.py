"""The anchor: the best champion so far on the core of the test part.

Its predictions are the ones frozen with its generation: the core is the same for all generations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from pipeline.tasks.contract import Pairs
from pipeline.tasks.modules import Verdict


def anchor_among(
    verdict: Verdict,
    former: Mapping[str, Callable[[], Pairs | None]],
    present: Pairs | None,
    *,
    alpha: float,
    seed: int,
) -> tuple[str, Pairs] | None:
    """The former champion (by generation) with a better headline than all others and than the present one.

    `former` gives each one's pairs with the candidate on the core, `present` the champion's. None where
    the present champion is the best, equals included.
    """

    def worth(pairs: Pairs) -> float:
        gain = verdict.gain(verdict.HEADLINE, pairs, alpha=alpha, seed=seed)
        return gain.better * gain.reference

    best = None
    largest = worth(present) if present is not None and verdict.can_be_compared(present) else -math.inf
    for generation, pairs_of in sorted(former.items()):
        pairs = pairs_of()
        if pairs is None or not verdict.can_be_compared(pairs):
            continue
        value = worth(pairs)
        if value > largest:
            best, largest = (generation, pairs), value
    return best
