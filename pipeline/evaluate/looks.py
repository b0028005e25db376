"""The gate before the test labels: one look a model, under the rule that was fixed before it.

Every model that sees the test labels gets a chance to look good by luck. So each look is a line in an
append-only ledger, written before the labels are read; looking again with the same model is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline import digests, ledger
from pipeline.champion.gate import Asked, require_look, rule
from pipeline.config import Config
from pipeline.contracts.model_record import ModelRecord


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
    taken = look.key in {_key(record) for record in earlier}
    asked = Asked(look.rule, None if taken else look.champion, look.budget)
    require_look(earlier, asked, is_same=lambda record: bool(record["model"] == look.model))


def take(path: Path, look: Look) -> str:
    """When the look was taken (UTC, ISO 8601): now, or earlier when this model has looked before.

    The line is on disk before this returns.
    """
    if look.key not in {_key(record) for record in ledger.read(path)}:
        ledger.append(path, asdict(look))
    return next(str(record["created"]) for record in ledger.read(path) if _key(record) == look.key)


def _key(record: ledger.Record) -> tuple[str, str, str | None]:
    return record["model"], record["cohort"], record["champion"]
