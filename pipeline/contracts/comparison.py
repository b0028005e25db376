"""The candidate beside the champion: `comparison.json` with the verdict, and the champion's predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.contracts import predictions
from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.metrics import Number
from pipeline.contracts.objects import ObjectFile, Schema
from pipeline.contracts.tables import TableFile
from pipeline.ledger import Heads

_REMEDY = rewritten_by("compare")


@dataclass(frozen=True)
class Reason:
    """One row of the verdict: a gain of the candidate, its interval, and the bound that it is held against.

    `n_more` is how many more test patients would probably settle an open row.
    """

    sentence: str
    rule: str = ""
    role: str = ""
    metric: str = ""
    part: str = ""
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    level: Number | None = None
    bound: Number | None = None
    outcome: str = ""
    holds: bool = False
    patients: int | None = None
    positive_patients: int | None = None
    method: str = ""
    n_more: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Judged:
    """The candidate, by the digest of its model."""

    model_sha256: str


@dataclass(frozen=True)
class Reference:
    """The champion that it was compared with."""

    generation: str
    model_sha256: str


@dataclass(frozen=True)
class Look:
    """Which look of how many against this champion it was."""

    number: int
    budget: int


@dataclass(frozen=True)
class Flip:
    """One who changes sides: what both models say, and the score of which class each gives.

    `column` is that of the predictions with the score, empty where an earlier version kept none.
    """

    name: str
    truth: str
    champion: str
    candidate: str
    score_of: str = ""
    champion_score: Number | None = None
    candidate_score: Number | None = None
    column: str = ""


@dataclass(frozen=True)
class Sides:
    """Of so many patients of a class or a group (`name`; empty: all) how many change sides each way.

    The ends are those of the exact intervals of both shares, None of nobody.
    """

    name: str
    patients: int
    negative: int
    positive: int
    negative_low: Number | None = None
    negative_high: Number | None = None
    positive_low: Number | None = None
    positive_high: Number | None = None


@dataclass(frozen=True)
class Flips:
    """Who changes sides from champion to candidate, negative for the worse, with McNemar's p values.

    `units` are patients, or cases where each has a vote; `sides`, `classes` and `groups` count patients,
    with intervals of `level`. `both_right` and `both_wrong` are None where no answer is right as a whole, and
    `lost` and `gained` say what the two ways are. The lists begin with those whose scores moved furthest.
    """

    units: int
    negative: int
    positive: int
    negative_rate: Number
    mcnemar_p: Number | None
    mcnemar_mid_p: Number | None
    negative_list: tuple[Flip, ...] = ()
    positive_list: tuple[Flip, ...] = ()
    both_right: int | None = None
    both_wrong: int | None = None
    level: Number | None = None
    sides: Sides | None = None
    classes: tuple[Sides, ...] = ()
    groups: tuple[Sides, ...] = ()
    lost: str = "right before, wrong now"
    gained: str = "wrong before, right now"


@dataclass(frozen=True)
class Change:
    """A setting that the candidate has otherwise than the champion, by its key; `allowed` by the plan."""

    key: str
    then: str
    now: str
    allowed: bool


@dataclass(frozen=True)
class Plan:
    """What a candidate may change, and what it changed.

    `fixed_with` is the champion's generation, "candidate" where that had no plan, and empty where there is
    none; `allowed` are keys or sections of the YAML. `unknown` says why the changes can't be told.
    """

    fixed_with: str
    allowed: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    unknown: str = ""

    @property
    def outside(self) -> tuple[str, ...]:
        """The keys that changed without leave; none where there is no plan."""
        return tuple(change.key for change in self.changes if not change.allowed) if self.fixed_with else ()

    @property
    def holds(self) -> bool:
        """Whether all that changed may have; it doesn't where a plan can't be checked."""
        return not self.fixed_with or not (self.outside or self.unknown)


@dataclass(frozen=True)
class Comparison:
    """The verdict with its reasons; `files` holds the digests of what it is about, `ledgers` their heads.

    `champion` is None where there was none, `look`, `alpha`, `flips` and `plan` where nothing was compared;
    `settings` is the digest of the settings that were judged, empty where it was not yet kept.
    """

    verdict: str
    line: str
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    candidate: Judged
    champion: Reference | None
    files: Mapping[str, str]
    rule_digest: str = ""
    settings: str = ""
    look: Look | None = None
    alpha: Number | None = None
    flips: Flips | None = None
    plan: Plan | None = None
    ledgers: Heads = field(default_factory=dict)

    @property
    def is_held_by_plan(self) -> bool:
        """Whether every required row passes, and what changed is all that stands against a promotion."""
        required = [row.outcome for row in self.reasons if row.role == "require"]
        failed = any(row.outcome == "FAIL" and row.role != "report" for row in self.reasons)
        passes = bool(required) and not failed and set(required) == {"PASS"}
        return passes and self.plan is not None and not self.plan.holds


FILE: Final = ObjectFile("comparison.json", Comparison, Schema("comparison", 1), _REMEDY)
CHAMPION: Final = TableFile("champion_predictions.csv", predictions.COLUMNS, _REMEDY)
