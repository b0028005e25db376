"""The anchor: the best champion so far on the core of the test part.

Its predictions are the ones frozen with its generation: the core is the same for all generations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.tasks.classification.gains import auroc_gain
from pipeline.tasks.classification.pairs import Pairs


def anchor_among(
    former: Mapping[str, Callable[[], Pairs | None]], present: Pairs | None, *, alpha: float, seed: int
) -> tuple[str, Pairs] | None:
    """The former champion (by generation) with a larger area than all others and than the present one.

    `former` gives each one's pairs with the candidate on the core, `present` the champion's. None where
    the present champion is the best, equals included.
    """
    best = None
    largest = (
        auroc_gain(present, alpha=alpha, seed=seed).reference if _has_classes(present) and present else -1.0
    )
    for generation, pairs_of in sorted(former.items()):
        pairs = pairs_of()
        if pairs is None or not _has_classes(pairs):
            continue
        area = auroc_gain(pairs, alpha=alpha, seed=seed).reference
        if area > largest:
            best, largest = (generation, pairs), area
    return best


def _has_classes(pairs: Pairs | None) -> bool:
    return pairs is not None and min(pairs.patients_of_classes()) > 0
