"""What a candidate gains over a reference on the same patients: in the mean, and finding by finding.

Plus is always better. Means are bootstrapped over whole patients, both models on the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.statistics.auroc import paired_delong
from pipeline.statistics.bootstrap import Statistic
from pipeline.statistics.paired import bootstrap_difference
from pipeline.tasks.gain import DRAWS, Gain, of_resamples
from pipeline.tasks.multilabel import joint
from pipeline.tasks.multilabel.pairs import Pairs
from pipeline.tasks.multilabel.view import View

OF_A_FINDING = "label_auroc"


def gain(metric: str, pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in a metric; `low` and `high` are each missed with probability `alpha`.

    Raises ValueError when no finding has patients with and without it.
    """
    if metric == OF_A_FINDING:
        return most_lost(pairs, alpha=alpha, seed=seed)
    judged = two_sided(pairs)
    return _bootstrapped(pairs, lambda view: _of_mean(view, judged, metric), alpha=alpha, seed=seed)


def most_lost(pairs: Pairs, *, alpha: float, seed: int) -> Gain:
    """The gain in the area of the finding that lost most, its bounds those of all findings together.

    Each is tested at `alpha` over their number: that of the worst is the first step of Holm's procedure, and
    a veto needs no other.
    """
    judged = two_sided(pairs)
    gains = {
        pairs.reference.names[index]: _of_finding(pairs, index, alpha=alpha / len(judged), seed=seed)
        for index in judged
    }
    bounded = {name: each for name, each in gains.items() if each.low is not None and each.high is not None}
    shown = {name: each for name, each in bounded.items() if each.high is not None and each.high < 0}
    among = shown or bounded or gains
    name = min(among, key=lambda name: _lower(among[name]))
    of = (
        ""
        if len(judged) == 1
        else f", which of {len(judged)} findings lost most, at alpha / {len(judged)} each"
    )
    return replace(among[name], about=f"{name}{of}")


def two_sided(pairs: Pairs) -> list[int]:
    """The findings that are judged: those with enough patients with and without, else with one of each."""
    sides = pairs.rarer_sides()
    enough = pairs.reference.judged()
    found = enough or [index for index, rarer in enumerate(sides) if rarer]
    if not found:
        raise ValueError("no finding has patients with and without it")
    return found


def _lower(gain: Gain) -> float:
    return gain.value if gain.low is None else gain.low


def _of_finding(pairs: Pairs, index: int, *, alpha: float, seed: int) -> Gain:
    first, second = pairs.reference.of_finding(index).sample, pairs.candidate.of_finding(index).sample
    if first.repeated:
        return _bootstrapped(pairs, lambda view: _of_area(view, index), alpha=alpha, seed=seed)
    result = paired_delong(
        first.truth, first.probability[:, 1], second.probability[:, 1], level=1 - 2 * alpha
    )
    if result.low is None:
        reason = "both models order the patients alike, so the difference has no variance and no interval"
        return Gain(result.a, result.b, None, None, None, result.method, reason)
    return Gain(result.a, result.b, result.low, result.high, math.sqrt(result.variance), result.method)


def _of_area(view: View, index: int) -> Statistic:
    area = joint.area(view, index)
    return lambda weights: {"value": area(weights)}


def _of_mean(view: View, judged: list[int], metric: str) -> Statistic:
    measured = joint.means(view, judged)
    return lambda weights: {"value": measured(weights)[metric]}


def _bootstrapped(
    pairs: Pairs, statistic_of: Callable[[View], Statistic], *, alpha: float, seed: int
) -> Gain:
    of_reference, of_candidate = statistic_of(pairs.reference), statistic_of(pairs.candidate)
    once, anybody = np.ones(pairs.patients), np.ones((pairs.patients, 1), dtype=np.bool_)
    values = float(of_reference(once)["value"]), float(of_candidate(once)["value"])
    resampled = bootstrap_difference(of_reference, of_candidate, anybody, resamples=DRAWS, seed=seed)
    return of_resamples(values, resampled, alpha=alpha, better=1)
