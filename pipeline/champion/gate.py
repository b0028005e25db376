"""What forbids a candidate to be judged, whatever it has learned: told before hours of training, and again.

Every model that sees the test labels gets a chance to look good by luck, so the looks at the test part
against one champion are counted, under a rule that was fixed before the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.config import Compare, Evaluate
from pipeline.contracts.rule import Rule
from pipeline.errors import GateError
from pipeline.ledger import Record

UNDECISIVE: Final = frozenset({"prevalences"})
"""Shown beside the verdict, decide nothing: may change after the look."""


@dataclass(frozen=True)
class Asked:
    """What a look would be taken for: the digest of the rule, the champion's generation, the budget.

    `champion` is None where the candidate challenges nobody.
    """

    rule: str
    champion: str | None
    budget: int


def rule(evaluate: Evaluate, compare: Compare) -> Rule:
    """What decides on the model; its digest goes into the look."""
    return Rule(evaluate.model_dump(mode="json", exclude=set(UNDECISIVE)), compare.model_dump(mode="json"))


def require_look(earlier: Sequence[Record], asked: Asked, *, is_same: Callable[[Record], bool]) -> None:
    """Nothing, if a model may look at the test part; `is_same` says of a look whether it was this model's.

    Raises GateError when the rule changed after this model looked, when the budget against this
    champion was changed after its first look, or when it is spent.
    """
    own = [record for record in earlier if is_same(record)]
    if any(record["rule"] != asked.rule for record in own):
        raise GateError(
            "The rule (sections `evaluate` and `compare`) changed after this model had looked at the test "
            "part. Put the rule back as it was, or train a new candidate under the new one."
        )
    if asked.champion is None:
        return
    against = [record for record in earlier if record["champion"] == asked.champion]
    if any(record["budget"] != asked.budget for record in against):
        raise GateError(
            f"`compare.look_budget` is {asked.budget}, but was {against[0]['budget']} at the first look "
            f"against generation {asked.champion}. It can't change while this champion stands: put it back."
        )
    spent = len({record["model"] for record in against})
    if spent >= asked.budget and not any(is_same(record) for record in against):
        raise GateError(
            f"All {asked.budget} looks at the test part against generation {asked.champion} are spent, and "
            "this model has not looked. Promote the last candidate if its verdict allows it, or give new "
            "patients an analysis of their own (a YAML of another name)."
        )
