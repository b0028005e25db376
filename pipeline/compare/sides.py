"""Who changes sides by group, and the guard that not too many do for the worse.

The guard fails where a share of patients above the limit is shown: by the exact lower bound (Clopper and
Pearson, Biometrika 1934), which vetoes a candidate at the limit in one of twenty comparisons at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pipeline.compare.rule import GUARD_ALPHA, TEST
from pipeline.compare.verdict import Outcome, Row
from pipeline.contracts.comparison import Flips
from pipeline.statistics.proportions import clopper_pearson
from pipeline.tasks.contract import Pairs, Question
from pipeline.tasks.registry import Task

METRIC: Final = "negative_flips"
RULE: Final = "guard_negative_flips"


def flips(
    task: Task,
    pairs: Pairs | None,
    groups: Mapping[str, Pairs | None],
    *,
    question: Question,
    level: float,
) -> Flips | None:
    """Who of the test part changes sides, also by group; None where nobody was asked or nobody can."""
    found = task.verdict.flips(pairs, question, level=level) if pairs else None
    if found is None:
        return None
    of_groups = {
        name: task.verdict.flips(own, question, level=level) for name, own in sorted(groups.items()) if own
    }
    told = (replace(each.sides, name=name) for name, each in of_groups.items() if each and each.sides)
    return replace(found, groups=tuple(told))


def cap_row(found: Flips | None, *, most: float) -> Row:
    """The guard that at most a share `most` of the patients changes sides for the worse."""
    sides = found.sides if found else None
    row = Row(
        rule=RULE, role="guard", metric=METRIC, part=TEST, value=None, low=None, high=None,
        level=1 - 2 * GUARD_ALPHA, bound=-most, outcome="UNKNOWN", patients=sides.patients if sides else 0,
        positive_patients=None, method="none", n_more=None, reason="it has no patients",
        sentence=f"{TEST}, at most {most:g} of the patients for the worse: it has no patients. UNKNOWN.",
    )  # fmt: skip
    if not found or not sides or not sides.patients:
        return row
    share = clopper_pearson(sides.negative, sides.patients, level=row.level)
    value, low, high = float(share.value or 0.0), float(share.low or 0.0), float(share.high or 0.0)
    result = _outcome(low, high, most=most)
    sentence = (
        f"{TEST}, at most {most:g} of the patients for the worse ({found.lost}): {sides.negative} of "
        f"{sides.patients} = {value:.4f}; one-sided bounds at alpha {GUARD_ALPHA:g} are {low:.4f} and "
        f"{high:.4f} ({share.method}); {_reason(low, high, most=most, result=result)}"
    )
    # A share for the worse is a loss: as a gain it is below zero, and so is its bound.
    return replace(
        row, value=-value, low=-high, high=-low, outcome=result, method=share.method, reason=None,
        sentence=sentence,
    )  # fmt: skip


def _outcome(low: float, high: float, *, most: float) -> Outcome:
    if low > most:
        return "FAIL"
    return "PASS" if high <= most else "UNKNOWN"


def _reason(low: float, high: float, *, most: float, result: Outcome) -> str:
    return {
        "FAIL": f"{low:.4f} > {most:g}: FAIL.",
        "PASS": f"{high:.4f} <= {most:g}: PASS.",
        "UNKNOWN": f"{low:.4f} <= {most:g} but {high:.4f} > {most:g}: UNKNOWN.",
    }[result]
