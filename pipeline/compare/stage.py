"""The stage: champion and candidate on the same test patients, judged by the rule fixed before the look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pipeline import digests, ledger
from pipeline.champion import Champion, check_generation, current, looks
from pipeline.champion.predictions import score
from pipeline.compare import flip_pictures
from pipeline.compare.answer import last_line
from pipeline.compare.changes import notes_on_champion
from pipeline.compare.evidence import evidence_of
from pipeline.compare.external_set import notes_on_external
from pipeline.compare.models import Model, read_model
from pipeline.compare.outlook import intake_a_month, outlook
from pipeline.compare.plan import capped, line_with, notes_on_plan, plan_of
from pipeline.compare.rows import rows
from pipeline.compare.verdict import Row, decide, headline
from pipeline.config import Config, settings
from pipeline.contracts import cohort, model_record, operating, predictions, rule
from pipeline.contracts.comparison import CHAMPION, FILE, Comparison, Flips, Judged, Look, Reference
from pipeline.contracts.scan_pictures import FLIPS, Pictured
from pipeline.draws import standing
from pipeline.errors import GateError
from pipeline.pictured import Read
from pipeline.records import EXTERNAL, Summary
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace

JUDGED: Final = (
    cohort.TABLE.name,
    model_record.MODEL_FILE,
    model_record.FILE.name,
    operating.FILE.name,
    predictions.FILE.name,
    rule.FILE.name,
)
"""The candidate's files that the verdict is about; promotion checks their digests."""


def run(config: Config, workspace: Workspace, in_unit: Read = lambda case: None) -> Summary:
    """The reasons and, as the last line, the verdict; `in_unit` gives a case in its unit, for pictures.

    Raises:
        GateError: the rule changed after the look, there was no look, or the looks are spent.
        DamageError: a model or a generation is not what was written.
        DataError: a file of the candidate is missing.
    """
    candidate = read_model(task_of(config.task), workspace.candidate)
    champion = current(workspace)
    if champion is not None and champion.model_sha256 != candidate.sha256:
        summary, compared = _compare(config, workspace, champion=champion, candidate=candidate)
        shown = flip_pictures.write(*compared, config, workspace, in_unit)
        return replace(summary, changed=summary.changed | shown)
    changed = CHAMPION.remove(workspace.candidate) | FLIPS.write(workspace.candidate, Pictured(()))
    record = _without_rows(_frame(config, workspace, candidate, champion=champion))
    changed |= FILE.write(workspace.candidate, record)
    return Summary((last_line(record),), changed)


def _compare(
    config: Config, workspace: Workspace, *, champion: Champion, candidate: Model
) -> tuple[Summary, tuple[Flips | None, tuple[Model, Model]]]:
    """What is said, and who changes sides between which models."""
    task = task_of(config.task)
    check_generation(workspace, champion.generation)
    look = _look(config, workspace, champion=champion, candidate=candidate)
    alpha = looks.alpha_per_look(config.compare.look_budget)
    changed = _score_champion(config, workspace, champion)
    reference = read_model(task, champion.folder, scored=CHAMPION.frame(workspace.candidate))
    evidence, notes = evidence_of(config, workspace, champion=reference, candidate=candidate)
    judged = rows(task, config.compare, evidence, alpha=alpha, seed=config.evaluate.seed)
    verdict = decide(judged)
    folders = (champion.folder, workspace.candidate)
    plan = plan_of(config, champion=reference, candidate=candidate, folders=folders)
    record = replace(
        _frame(config, workspace, candidate, champion=champion),
        verdict=capped(verdict, plan),
        line=line_with(headline(verdict, judged), plan, was=verdict),
        reasons=tuple(row.record for row in judged),
        look=look,
        alpha=alpha,
        flips=evidence.flips,
        plan=plan,
        notes=(
            *_changed(workspace, champion),
            *notes,
            *notes_on_plan(plan, champion.generation),
            *_outlook(workspace, judged),
        ),
    )
    changed |= FILE.write(workspace.candidate, record)
    against = f"Compared with generation {champion.generation}"
    first = f"{against}, look {look.number} of {look.budget}, alpha {alpha:g} for each."
    sentences = (row.sentence for row in judged)
    summary = Summary((first, *sentences, *record.notes, last_line(record)), changed)
    return summary, (evidence.flips, (reference, candidate))


def _frame(
    config: Config, workspace: Workspace, candidate: Model, *, champion: Champion | None
) -> Comparison:
    """What every comparison says, whatever the verdict."""
    return Comparison(
        verdict="FIRST",
        line="VERDICT FIRST: no champion yet",
        reasons=(),
        notes=(),
        candidate=Judged(candidate.sha256),
        champion=Reference(champion.generation, champion.model_sha256) if champion else None,
        files={name: digests.of_file(workspace.candidate / name) for name in JUDGED},
        rule_digest=candidate.rule.digest,
        settings=digests.of_json(settings(config)),
        ledgers=ledger.heads(workspace.ledgers),
    )


def _without_rows(frame: Comparison) -> Comparison:
    if frame.champion is None:
        return frame
    line = f"VERDICT KEEP: the candidate is the champion itself, generation {frame.champion.generation}"
    return replace(frame, verdict="KEEP", line=line)


def _look(config: Config, workspace: Workspace, *, champion: Champion, candidate: Model) -> Look:
    if candidate.rule.compare != config.section("compare"):
        raise GateError(
            "The section `compare` changed after this candidate looked at the test part. Put it back, "
            "or train a new candidate under the new rule."
        )
    records = ledger.read(workspace.ledger("looks"))
    number = looks.look_number(records, model=candidate.sha256, champion=champion.generation)
    looks.require_budget(number, config.compare.look_budget)
    return Look(number, config.compare.look_budget)


def _score_champion(config: Config, workspace: Workspace, champion: Champion) -> bool:
    """Whether the champion's predictions of the present test part, and of another source, changed."""
    cases = cohort.TABLE.frame(workspace.candidate)
    rows = cases[cases["part"].isin(("test", EXTERNAL))]
    table = score(workspace, champion.folder, cohort=rows, abstain=config.evaluate.abstain)
    return CHAMPION.write(workspace.candidate, table)


def _changed(workspace: Workspace, champion: Champion) -> list[str]:
    test = {case_id for case_id, part in cohort.parts(workspace.candidate).items() if part == "test"}
    of_test = notes_on_champion(workspace, champion.generation, test)
    return [*of_test, *notes_on_external(workspace, champion.generation)]


def _outlook(workspace: Workspace, judged: Sequence[Row]) -> list[str]:
    missing = [row.n_more for row in judged if row.role == "require" and row.n_more]
    if not missing:
        return []
    a_month = intake_a_month(standing(ledger.read(workspace.ledger("parts"))))
    return [outlook(max(missing), a_month)]
