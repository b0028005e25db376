"""When a number may be shown: the rule on the patients of each class (Collins 2016 Stat Med 35:214)."""

from __future__ import annotations

from dataclasses import dataclass

# Choices: with fewer than five of a class one patient moves its share by more than 20 points, with fewer than
# ten by more than 10. A calibration curve needs 100 events at least by Collins 2016.
FULL = 10
LEAST = 5
CURVE_EVENTS = 100


@dataclass(frozen=True)
class Judgement:
    """Whether a number may be shown; `reason` when not, `flag` when only with care."""

    estimable: bool
    flag: str | None = None
    reason: str | None = None


def judge(positives: int, negatives: int) -> Judgement:
    """Ten patients or more of each class: shown; five to nine: flagged; fewer: not estimable."""
    side, fewer = ("with", positives) if positives <= negatives else ("without", negatives)
    few = f"{fewer} patient{'' if fewer == 1 else 's'} {side} the finding"
    if fewer < LEAST:
        return Judgement(False, reason=f"not estimable ({few})")
    if fewer < FULL:
        return Judgement(True, flag=f"small sample ({few})")
    return Judgement(True)
