"""All rows of a comparison from what was observed on the test part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pipeline.compare.judge import LEAST_OF_A_CLASS, Pilot, judge, pilot_of
from pipeline.compare.rule import (
    anchor_criterion,
    core_criterion,
    era_criterion,
    group_criterion,
    guard_criteria,
)
from pipeline.compare.verdict import Row
from pipeline.config import Compare
from pipeline.tasks.classification.gains import auroc_gain
from pipeline.tasks.classification.pairs import Pairs

LEAST_OF_A_GROUP = 20


@dataclass(frozen=True)
class Evidence:
    """The pairs of the whole test part, and which of them (by name) are its core and its groups.

    `anchor` holds the anchor's generation and its pairs on the core, where it isn't the champion.
    """

    test: Pairs | None
    core: frozenset[str]
    anchor: tuple[str, Pairs | None] | None = None
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)


def rows(compare: Compare, evidence: Evidence, *, alpha: float, seed: int) -> list[Row]:
    """The required rows, then the guards; `alpha` is that of one look."""
    core = _among(evidence.test, evidence.core)
    era = _among(evidence.test, _names(evidence.test) - evidence.core)
    pilot = _pilot(core, alpha=alpha, seed=seed)
    judged = [judge(core_criterion(compare, alpha=alpha), core, seed=seed, pilot=pilot)]
    if compare.objective == "improve" or era:
        judged.append(judge(era_criterion(compare, alpha=alpha), era, seed=seed, pilot=pilot))
    if evidence.anchor:
        generation, pairs = evidence.anchor
        criterion = anchor_criterion(compare, alpha=alpha, generation=generation)
        judged.append(judge(criterion, pairs, seed=seed, pilot=pilot))
    judged += [judge(criterion, evidence.test, seed=seed) for criterion in guard_criteria(compare)]
    return judged + _group_rows(compare, evidence, seed=seed)


def _group_rows(compare: Compare, evidence: Evidence, *, seed: int) -> list[Row]:
    groups = {group: _among(evidence.test, names) for group, names in sorted(evidence.groups.items())}
    return [
        judge(group_criterion(compare, group), pairs, seed=seed)
        for group, pairs in groups.items()
        if pairs and pairs.patients >= LEAST_OF_A_GROUP
    ]


def _pilot(core: Pairs | None, *, alpha: float, seed: int) -> Pilot | None:
    if core is None or min(core.patients_of_classes()) < LEAST_OF_A_CLASS:
        return None
    return pilot_of(core, auroc_gain(core, alpha=alpha, seed=seed))


def _names(pairs: Pairs | None) -> frozenset[str]:
    return frozenset(pairs.names) if pairs else frozenset()


def _among(pairs: Pairs | None, names: frozenset[str]) -> Pairs | None:
    if pairs is None:
        return None
    keep = np.array([name in names for name in pairs.names], dtype=np.bool_)
    return pairs.chosen(keep) if keep.any() else None
