"""The gate before the test labels: one look a model, under the rule that was fixed before it.

Every model that sees the test labels gets a chance to look good by luck. So each look is a line in an
append-only ledger, written before the labels are read; looking again with the same model is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline import digests, ledger
from pipeline.config import Compare, Config, Evaluate
from pipeline.errors import GateError
from pipeline.evaluate.view import Json

# Shown beside the verdict, decides nothing: may change after the look.
UNDECISIVE = {"prevalences"}


@dataclass(frozen=True)
class Look:
    """A model's look at a test part: digests of model, test cohort and rule; `champion` is a generation."""

    model: str
    cohort: str
    rule: str
    champion: str | None
    budget: int

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What makes two looks the same one."""
        return self.model, self.cohort, self.champion


def rule(evaluate: Evaluate, compare: Compare) -> Json:
    """What decides on the model, as it stands in rule.json; its digest goes into the look."""
    return {
        "schema": "rule/1",
        "evaluate": evaluate.model_dump(mode="json", exclude=UNDECISIVE),
        "compare": compare.model_dump(mode="json"),
    }


def cohort_digest(test_cases: Sequence[tuple[str, str]]) -> str:
    """The digest of the test part: pairs of case and patient, whatever their order."""
    return digests.of_json(sorted(test_cases))


def of_config(config: Config, *, model: str, cohort: str, champion: str | None) -> Look:
    """The look that this configuration asks for."""
    digest = digests.of_json(rule(config.evaluate, config.compare))
    return Look(model, cohort, digest, champion, config.compare.look_budget)


def refuse(path: Path, look: Look) -> None:
    """Returns when the look may be taken.

    Raises GateError when the rule changed after this model looked, when the budget against this
    champion was changed after its first look, or when it is spent; DamageError when the ledger is broken.
    """
    earlier = ledger.read(path)
    if any(record["model"] == look.model and record["rule"] != look.rule for record in earlier):
        raise GateError(
            "The rule (sections `evaluate` and `compare`) changed after this model had looked at the test "
            "part. Put the rule back as it was, or train a new candidate under the new one."
        )
    if look.champion is None or look.key in {_key(record) for record in earlier}:
        return
    against = [record for record in earlier if record["champion"] == look.champion]
    if any(record["budget"] != look.budget for record in against):
        raise GateError(
            f"`compare.look_budget` is {look.budget}, but was {against[0]['budget']} at the first look "
            f"against generation {look.champion}. It can't change while this champion stands: put it back."
        )
    models = {record["model"] for record in against}
    if look.model not in models and len(models) >= look.budget:
        raise GateError(
            f"All {look.budget} looks at the test part against generation {look.champion} are spent, and "
            "this model has not looked. Promote one of the candidates that did, or give new patients an "
            "analysis of their own."
        )


def take(path: Path, look: Look) -> str:
    """When the look was taken (UTC, ISO 8601): now, or earlier when this model has looked before.

    The line is on disk before this returns.
    """
    if look.key not in {_key(record) for record in ledger.read(path)}:
        ledger.append(path, asdict(look))
    return next(str(record["created"]) for record in ledger.read(path) if _key(record) == look.key)


def _key(record: ledger.Record) -> tuple[str, str, str | None]:
    return record["model"], record["cohort"], record["champion"]
