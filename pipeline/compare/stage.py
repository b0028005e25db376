"""The stage: champion and candidate on the same test patients, judged by the rule fixed before the look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipeline import digests, ledger
from pipeline.champion import Champion, check_generation, current, looks
from pipeline.champion.predictions import score
from pipeline.compare.answer import last_line
from pipeline.compare.changes import notes_on_champion
from pipeline.compare.evidence import evidence_of
from pipeline.compare.models import Model, read_model
from pipeline.compare.outlook import intake_a_month, outlook
from pipeline.compare.rows import rows
from pipeline.compare.verdict import Row, decide, headline
from pipeline.config import Config
from pipeline.contracts import read_frame, read_rows
from pipeline.draws import standing
from pipeline.errors import GateError
from pipeline.records import Summary
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace
from pipeline.writing import write_csv, write_json

SCHEMA: Final = "comparison/1"
JUDGED: Final = ("cohort.csv", "model.keras", "model.json", "operating.json", "predictions.csv", "rule.json")
"""The candidate's files that the verdict is about; promotion checks their digests."""

_CHAMPION_TABLE = "champion_predictions.csv"


def run(config: Config, workspace: Workspace) -> Summary:
    """The reasons and, as the last line, the verdict.

    Raises:
        GateError: the rule changed after the look, there was no look, or the looks are spent.
        DamageError: a model or a generation is not what was written.
        DataError: a file of the candidate is missing.
    """
    candidate = read_model(task_of(config.task), workspace.candidate)
    champion = current(workspace)
    if champion is not None and champion.model_sha256 != candidate.sha256:
        return _compare(config, workspace, champion=champion, candidate=candidate)
    stale = workspace.candidate / _CHAMPION_TABLE
    changed = stale.exists()
    stale.unlink(missing_ok=True)
    record = {**_frame(workspace, candidate, champion=champion), **_without_rows(champion)}
    changed |= write_json(workspace.candidate / "comparison.json", record)
    return Summary((last_line(record),), changed)


def _compare(config: Config, workspace: Workspace, *, champion: Champion, candidate: Model) -> Summary:
    task = task_of(config.task)
    check_generation(workspace, champion.generation)
    look = _look(config, workspace, champion=champion, candidate=candidate)
    alpha = looks.alpha_per_look(config.compare.look_budget)
    changed = _score_champion(workspace, champion)
    reference = read_model(task, champion.folder, predictions=workspace.candidate / _CHAMPION_TABLE)
    evidence, notes = evidence_of(config, workspace, champion=reference, candidate=candidate)
    judged = rows(task, config.compare, evidence, alpha=alpha, seed=config.evaluate.seed)
    verdict = decide(judged)
    record = {
        **_frame(workspace, candidate, champion=champion),
        "verdict": verdict,
        "line": headline(verdict, judged),
        "reasons": [row.to_json() for row in judged],
        "look": {"number": look, "budget": config.compare.look_budget},
        "alpha": alpha,
        "flips": task.verdict.flips(evidence.test, candidate.question) if evidence.test else None,
        "notes": [*_changed(workspace, champion), *notes, *_outlook(workspace, judged)],
    }
    changed |= write_json(workspace.candidate / "comparison.json", record)
    return Summary(_lines(record, judged), changed)


def _frame(workspace: Workspace, candidate: Model, *, champion: Champion | None) -> dict[str, Any]:
    """What every comparison says, whatever the verdict."""
    files = {name: digests.of_file(workspace.candidate / name) for name in JUDGED}
    reference = (
        {"generation": champion.generation, "model_sha256": champion.model_sha256} if champion else None
    )
    return {
        "schema": SCHEMA,
        "candidate": {"model_sha256": candidate.sha256},
        "champion": reference,
        "files": files,
        "rule_digest": digests.of_json(candidate.rule),
        "ledgers": ledger.heads(workspace.ledgers),
    }


def _without_rows(champion: Champion | None) -> dict[str, Any]:
    nothing: dict[str, Any] = {"reasons": [], "look": None, "alpha": None, "flips": None, "notes": []}
    if champion is None:
        return {**nothing, "verdict": "FIRST", "line": "VERDICT FIRST: no champion yet"}
    line = f"VERDICT KEEP: the candidate is the champion itself, generation {champion.generation}"
    return {**nothing, "verdict": "KEEP", "line": line}


def _look(config: Config, workspace: Workspace, *, champion: Champion, candidate: Model) -> int:
    if candidate.rule["compare"] != config.section("compare"):
        raise GateError(
            "The section `compare` changed after this candidate looked at the test part. Put it back, "
            "or train a new candidate under the new rule."
        )
    records = ledger.read(workspace.ledger("looks"))
    number = looks.look_number(records, model=candidate.sha256, champion=champion.generation)
    looks.require_budget(number, config.compare.look_budget)
    return number


def _score_champion(workspace: Workspace, champion: Champion) -> bool:
    """Whether the champion's predictions of the present test part changed."""
    cohort = read_frame(workspace.candidate / "cohort.csv", "case_id", "patient_id", "part", "target")
    table = score(workspace, champion.folder, cohort=cohort[cohort["part"] == "test"])
    return write_csv(workspace.candidate / _CHAMPION_TABLE, table)


def _changed(workspace: Workspace, champion: Champion) -> list[str]:
    rows = read_rows(workspace.candidate / "cohort.csv", "case_id", "part")
    test = {row["case_id"] for row in rows if row["part"] == "test"}
    return notes_on_champion(workspace, champion.generation, test)


def _outlook(workspace: Workspace, judged: Sequence[Row]) -> list[str]:
    missing = [row.n_more for row in judged if row.role == "require" and row.n_more]
    if not missing:
        return []
    a_month = intake_a_month(standing(ledger.read(workspace.ledger("parts"))))
    return [outlook(max(missing), a_month)]


def _lines(record: dict[str, Any], judged: Sequence[Row]) -> tuple[str, ...]:
    look = record["look"]
    against = f"Compared with generation {record['champion']['generation']}"
    first = f"{against}, look {look['number']} of {look['budget']}, alpha {record['alpha']:g} for each."
    return (first, *(row.sentence for row in judged), *record["notes"], last_line(record))
