"""All rows of a comparison from what was observed on the test part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.compare.judge import Pilot, judge, pilot_of
from pipeline.compare.rule import (
    anchor_criterion,
    core_criterion,
    era_criterion,
    external_criterion,
    group_criterion,
    guard_criteria,
)
from pipeline.compare.sides import cap_row
from pipeline.compare.verdict import Row
from pipeline.config import Compare
from pipeline.contracts.comparison import Flips
from pipeline.tasks.contract import Pairs
from pipeline.tasks.registry import Task

LEAST_OF_A_GROUP = 20  # patients, a choice: a smaller group can hardly show a loss, and would only be noise


@dataclass(frozen=True)
class Evidence:
    """The pairs of the whole test part, and which of them (by name) are its core and its groups.

    `anchor` holds the anchor's generation and its pairs on the core, where it isn't the champion, `external`
    the pairs of another source, `flips` who of the test part changes sides, None where nobody can, and
    `trust` the guards on sets and abstentions.
    """

    test: Pairs | None
    core: frozenset[str]
    anchor: tuple[str, Pairs | None] | None = None
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    external: Pairs | None = None
    flips: Flips | None = None
    trust: Sequence[Row] = ()


def rows(task: Task, compare: Compare, evidence: Evidence, *, alpha: float, seed: int) -> list[Row]:
    """The required rows, then the guards, then what is only told; `alpha` is that of one look."""
    verdict = task.verdict
    core = among(evidence.test, evidence.core)
    era = among(evidence.test, _names(evidence.test) - evidence.core)
    pilot = _pilot(task, core, alpha=alpha, seed=seed)
    judged = [judge(task, core_criterion(verdict, compare, alpha=alpha), core, seed=seed, pilot=pilot)]
    if compare.objective == "improve" or era:
        criterion = era_criterion(verdict, compare, alpha=alpha)
        judged.append(judge(task, criterion, era, seed=seed, pilot=pilot))
    if evidence.anchor:
        generation, pairs = evidence.anchor
        criterion = anchor_criterion(verdict, compare, alpha=alpha, generation=generation)
        judged.append(judge(task, criterion, pairs, seed=seed, pilot=pilot))
    guards = guard_criteria(verdict, compare)
    judged += [judge(task, criterion, evidence.test, seed=seed) for criterion in guards]
    judged += _group_rows(task, compare, evidence, seed=seed)
    if compare.max_negative_flips is not None:
        judged.append(cap_row(evidence.flips, most=compare.max_negative_flips))
    judged += evidence.trust
    if evidence.external:
        judged.append(judge(task, external_criterion(verdict, compare), evidence.external, seed=seed))
    return judged


def _group_rows(task: Task, compare: Compare, evidence: Evidence, *, seed: int) -> list[Row]:
    groups = {group: among(evidence.test, names) for group, names in sorted(evidence.groups.items())}
    return [
        judge(task, group_criterion(task.verdict, compare, group), pairs, seed=seed)
        for group, pairs in groups.items()
        if pairs and pairs.patients >= LEAST_OF_A_GROUP
    ]


def _pilot(task: Task, core: Pairs | None, *, alpha: float, seed: int) -> Pilot | None:
    if core is None or task.verdict.too_few(core):
        return None
    return pilot_of(task, core, task.verdict.gain(task.verdict.HEADLINE, core, alpha=alpha, seed=seed))


def _names(pairs: Pairs | None) -> frozenset[str]:
    return frozenset(pairs.names) if pairs else frozenset()


def among(pairs: Pairs | None, names: frozenset[str]) -> Pairs | None:
    """The pairs of these names, None of none."""
    if pairs is None:
        return None
    keep = np.array([name in names for name in pairs.names], dtype=np.bool_)
    return pairs.chosen(keep) if keep.any() else None
