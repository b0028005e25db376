"""The rule of a comparison as criteria: what the YAML fixes before the test part is opened."""

from __future__ import annotations

from pipeline.compare.criteria import GUARD_ALPHA, Criterion
from pipeline.config import Compare

CORE = "test-core"
ERA = "test-era"
TEST = "test"


def core_criterion(compare: Compare, *, alpha: float) -> Criterion:
    """No loss beyond the margin on the patients of the first draw."""
    return Criterion("non_inferior_core", "require", "auroc", CORE, -compare.margin, alpha)


def era_criterion(compare: Compare, *, alpha: float) -> Criterion:
    """A gain on the patients who came after the first draw; no loss there where the aim is to maintain."""
    if compare.objective == "maintain":
        return Criterion("non_inferior_era", "require", "auroc", ERA, -compare.margin, alpha)
    return Criterion(
        "superior_era",
        "require",
        "auroc",
        ERA,
        bound=0.0,
        alpha=alpha,
        gain=compare.min_gain,
        remedy="Superiority is asked of patients who joined the test part after its first draw: scan new "
        "ones, or set `compare.objective: maintain` before the next candidate where equal quality will do.",
    )


def anchor_criterion(compare: Compare, *, alpha: float, generation: str) -> Criterion:
    """No loss beyond the margin against the best champion so far."""
    against = f"the anchor (generation {generation}, the best champion so far)"
    return Criterion("non_inferior_anchor", "require", "auroc", CORE, -compare.margin, alpha, against=against)


def guard_criteria(compare: Compare) -> tuple[Criterion, ...]:
    """What vetoes on a shown loss over the whole test part."""
    return (
        Criterion("guard_sensitivity", "guard", "sensitivity", TEST, -compare.margin, GUARD_ALPHA),
        Criterion("guard_brier", "guard", "brier_skill", TEST, -compare.margin, GUARD_ALPHA),
    )


def group_criterion(compare: Compare, group: str) -> Criterion:
    """The veto of one group of patients, "site = A"."""
    return Criterion("guard_group", "guard", "auroc", f"{TEST}, {group}", -compare.margin, GUARD_ALPHA)
