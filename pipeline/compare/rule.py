"""The rule of a comparison as criteria: what the YAML fixes before the test part is opened.

Required: no loss beyond the margin on the core of the test part (the patients of the first draw), a gain
on the patients who came later (or no loss there, where the objective is to maintain), no loss against
the anchor, the best champion so far, which stops a slow loss over many promotions (bio-creep: Feng et al.,
Biometrics 2021). Guards veto on a shown loss: of the task's own metrics (of a classification sensitivity and
specificity at the frozen thresholds, and Brier skill), and in the groups that the cohort declares.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.compare.verdict import Role
from pipeline.config import Compare
from pipeline.records import EXTERNAL
from pipeline.tasks.modules import Verdict

CORE = "test-core"
ERA = "test-era"
TEST = "test"
GUARD_ALPHA = 0.05  # not shared out among the looks: a guard only vetoes, so it can't promote by chance


@dataclass(frozen=True)
class Criterion:
    """One question: is the gain of `metric` on the patients of `part` above `bound`?

    `alpha` is the chance of a wrong yes. `gain` is the true gain that the test part should be large
    enough to show. `against` names the reference in sentences, `remedy` is told with a part that is too
    small.
    """

    rule: str
    role: Role
    metric: str
    part: str
    bound: float
    alpha: float
    gain: float = 0.0
    against: str = "the champion"
    remedy: str = ""


def core_criterion(verdict: Verdict, compare: Compare, *, alpha: float) -> Criterion:
    """No loss beyond the margin on the patients of the first draw."""
    return Criterion("non_inferior_core", "require", verdict.HEADLINE, CORE, -compare.margin, alpha)


def era_criterion(verdict: Verdict, compare: Compare, *, alpha: float) -> Criterion:
    """A gain on the patients who came after the first draw; no loss there where the aim is to maintain."""
    if compare.objective == "maintain":
        return Criterion("non_inferior_era", "require", verdict.HEADLINE, ERA, -compare.margin, alpha)
    return Criterion(
        "superior_era",
        "require",
        verdict.HEADLINE,
        ERA,
        bound=0.0,
        alpha=alpha,
        gain=compare.min_gain,
        remedy="Superiority is asked of patients who joined the test part after its first draw: scan new "
        "ones, or set `compare.objective: maintain` before the next candidate where equal quality will do.",
    )


def anchor_criterion(verdict: Verdict, compare: Compare, *, alpha: float, generation: str) -> Criterion:
    """No loss beyond the margin against the best champion so far."""
    return Criterion(
        "non_inferior_anchor",
        "require",
        verdict.HEADLINE,
        CORE,
        -compare.margin,
        alpha,
        against=f"the anchor (generation {generation}, the best champion so far)",
    )


def guard_criteria(verdict: Verdict, compare: Compare) -> tuple[Criterion, ...]:
    """What vetoes on a shown loss over the whole test part."""
    return tuple(
        Criterion(guard.rule, "guard", guard.metric, TEST, -compare.margin, GUARD_ALPHA)
        for guard in verdict.GUARDS
    )


def external_criterion(verdict: Verdict, compare: Compare) -> Criterion:
    """What both models are worth on another source: told beside the verdict, which doesn't rest on it.

    Sources differ in whom they scan, and the rule was fixed for the patients of the first.
    """
    remedy = "Reported beside the verdict, which doesn't rest on it."
    return Criterion(
        "external", "report", verdict.HEADLINE, EXTERNAL, -compare.margin, GUARD_ALPHA, remedy=remedy
    )


def group_criterion(verdict: Verdict, compare: Compare, group: str) -> Criterion:
    """The veto of one group of patients, "site = A"."""
    return Criterion(
        "guard_group", "guard", verdict.HEADLINE, f"{TEST}, {group}", -compare.margin, GUARD_ALPHA
    )
