"""Looks at the test part: who may look, under which rule, which look it is, and what each may cost.

Every model that sees the test labels gets a chance to look good by luck. So each look is a line in an
append-only ledger, written before the labels are read; looking again with the same model is free. The
budget against one champion is fixed before the first look, and each look tests at 0.05 / budget
(Bonferroni): one champion's challengers differ, so the joint law that a group-sequential plan would need
isn't known. What would be refused is told before hours of training, and again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pipeline import digests, ledger
from pipeline.config import UNDECISIVE, Compare, Config, Evaluate
from pipeline.contracts.model_record import ModelRecord
from pipeline.contracts.rule import Rule
from pipeline.errors import GateError
from pipeline.ledger import Record
from pipeline.printed import scanloom

TOTAL_ALPHA: Final = 0.05
"""The chance of a wrong PROMOTE that all looks against one champion may have together (ICH E9, 3.5: 5 %)."""


@dataclass(frozen=True)
class Terms:
    """What a look would be taken for: the digest of the rule, the champion's generation, the budget.

    `champion` is None where the candidate challenges nobody.
    """

    rule: str
    champion: str | None
    budget: int


def rule(evaluate: Evaluate, compare: Compare) -> Rule:
    """What decides on the model; its digest goes into the look."""
    return Rule(evaluate.model_dump(mode="json", exclude=set(UNDECISIVE)), compare.model_dump(mode="json"))


def require_look(earlier: Sequence[Record], terms: Terms, *, is_same: Callable[[Record], bool]) -> None:
    """Nothing, if a model may look at the test part; `is_same` says of a look whether it was this model's.

    Raises GateError when the rule changed after this model looked, when the budget against this
    champion was changed after its first look, or when it is spent.
    """
    same_model = [record for record in earlier if is_same(record)]
    if any(record["rule"] != terms.rule for record in same_model):
        raise GateError(
            "The rule (sections `evaluate` and `compare`) changed after this model had looked at the test "
            "part. Put the rule back as it was, or train a new candidate under the new one."
        )
    if terms.champion is None:
        return
    against_it = [record for record in earlier if record["champion"] == terms.champion]
    if any(record["budget"] != terms.budget for record in against_it):
        raise GateError(
            f"`compare.look_budget` is {terms.budget}, but was {against_it[0]['budget']} at the first look "
            f"against generation {terms.champion}. It can't change while this champion stands: put it back."
        )
    spent = len(challengers(earlier, terms.champion))
    if spent >= terms.budget and not any(is_same(record) for record in against_it):
        raise GateError(
            f"All {terms.budget} looks at the test part against generation {terms.champion} are spent, and "
            "this model has not looked. Promote the last candidate if its verdict allows it, or give new "
            "patients an analysis of their own (a YAML of another name)."
        )


def challengers(earlier: Sequence[Record], champion: str | None) -> list[str]:
    """The models that looked against a champion (a generation), each once, in the order of their looks."""
    return list(dict.fromkeys(record["model"] for record in earlier if record["champion"] == champion))


def look_number(earlier: Sequence[Record], *, model: str, champion: str | None) -> int:
    """Which look this model's is among those against `champion`.

    Raises GateError when the ledger has no look of this model against this champion.
    """
    distinct = challengers(earlier, champion)
    if model not in distinct:
        against = f"generation {champion}" if champion else "no champion"
        raise GateError(
            f"The ledger of looks has no look of this model against {against}. "
            f"Run `{scanloom('evaluate')}` first: it writes the look down before it opens the test part."
        )
    return distinct.index(model) + 1


def alpha_per_look(budget: int) -> float:
    """The chance of a wrong PROMOTE that one look may have."""
    return TOTAL_ALPHA / budget


def require_budget(number: int, budget: int) -> None:
    """Raises GateError when this look is beyond the budget."""
    if number > budget:
        raise GateError(
            f"This would be look {number} of {budget} at the test part against the present champion: the "
            "budget is spent. A verdict needs a test part that no challenger has seen: give the new "
            "patients an analysis of their own, or promote a candidate that already passed."
        )


@dataclass(frozen=True)
class Look:
    """A model's look at a test part: digests of model, test cohort and rule; `champion` is a generation.

    `training` is the digest of what decided the model's weights, None where its record doesn't tell it.
    """

    model: str
    cohort: str
    rule: str
    champion: str | None
    budget: int
    training: str | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What makes two looks the same one."""
        return self.model, self.cohort, self.champion


def cohort_digest(test_cases: Sequence[tuple[str, ...]]) -> str:
    """The digest of the test part: case, patient and pixels of each scan, whatever their order."""
    return digests.of_json(sorted(test_cases))


def of_config(config: Config, record: ModelRecord, *, cohort: str, champion: str | None) -> Look:
    """The look that this configuration asks for; `record` is that of the model."""
    return Look(
        record.model_sha256,
        cohort,
        rule(config.evaluate, config.compare).digest,
        champion,
        config.compare.look_budget,
        record.training,
    )


def refuse(path: Path, look: Look) -> None:
    """Returns when the look may be taken.

    Raises GateError when the rule changed after this model looked, when the budget against this
    champion was changed after its first look, or when it is spent; DamageError when the ledger is broken.
    """
    earlier = ledger.read(path)
    has_looked = look.key in {_key(record) for record in earlier}
    terms = Terms(look.rule, None if has_looked else look.champion, look.budget)
    require_look(earlier, terms, is_same=lambda record: bool(record["model"] == look.model))


def take(path: Path, look: Look) -> str:
    """When the look was taken (UTC, ISO 8601): now, or earlier when this model has looked before.

    The line is on disk before this returns.
    """
    if look.key not in {_key(record) for record in ledger.read(path)}:
        ledger.append(path, asdict(look))
    return next(str(record["created"]) for record in ledger.read(path) if _key(record) == look.key)


def _key(record: Record) -> tuple[str, str, str | None]:
    return record["model"], record["cohort"], record["champion"]
