"""What both models say of the present test part, read from their tables."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from pipeline import ledger
from pipeline.champion import check_generation, line_of_champions
from pipeline.champion.looks import alpha_per_look
from pipeline.compare import trust
from pipeline.compare.anchor import anchor_among
from pipeline.compare.changes import changes_since, notes_on_anchor
from pipeline.compare.models import Model, read_model
from pipeline.compare.rows import Evidence, among
from pipeline.compare.sides import flips
from pipeline.compare.verdict import Row
from pipeline.config import Config
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import metrics
from pipeline.records import EXTERNAL
from pipeline.tasks.contract import Pairs, Table, Unit
from pipeline.tasks.registry import Task
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

Against = Callable[["pd.DataFrame", Table], Pairs | None]
"""The pairs of rows of the cohort, a reference's table beside the candidate's."""

_FIRST_ERA = "1"
_NAMES: dict[Unit, str] = {"patient": cohorts.PERSON, "case": "case_id"}


def evidence_of(
    config: Config, workspace: Workspace, *, champion: Model, candidate: Model
) -> tuple[Evidence, list[str]]:
    """What both models say of the test part, with the anchor and the groups; and notes on what is left out.

    Raises GateError when the models answer different questions.
    """
    task = candidate.task
    task.target.require_same(champion.question, candidate.question)
    cohort = cohorts.TABLE.frame(workspace.candidate)
    test = cohort[cohort["part"] == "test"]
    core = test[test["era"] == _FIRST_ERA]
    against = partial(_pairs, candidate=candidate, unit=config.evaluate.unit)
    names = _NAMES[config.evaluate.unit]
    anchor = anchor_among(
        task.verdict,
        {
            name: partial(
                _pairs_with_former, workspace, name, core=core, candidate=candidate, against=against
            )
            for name in line_of_champions(ledger.read(workspace.ledger("promotions")))[:-1]
        },
        against(core, champion.table),
        alpha=alpha_per_look(config.compare.look_budget),
        seed=config.evaluate.seed,
    )
    pairs, groups = (
        against(test, champion.table),
        _groups(test, names, declared=config.cohort.groups.values()),
    )
    evidence = Evidence(
        test=pairs,
        core=frozenset(core[names]),
        anchor=anchor,
        groups=groups,
        external=against(cohort[cohort["part"] == EXTERNAL], champion.table),
        flips=flips(
            task,
            pairs,
            {name: among(pairs, members) for name, members in groups.items()},
            question=candidate.question,
            level=config.evaluate.level,
        ),
        trust=_trust(config, workspace, test, champion=champion, candidate=candidate),
    )
    notes = _left_out(task, test, champion.table, candidate.table)
    return evidence, [
        *notes,
        *(notes_on_anchor(workspace, anchor[0], set(core["case_id"])) if anchor else ()),
    ]


def _trust(
    config: Config, workspace: Workspace, test: pd.DataFrame, *, champion: Model, candidate: Model
) -> list[Row]:
    """The guards on what the candidate's sets or intervals hold, and on whom it abstains."""
    task, fixed = candidate.task, candidate.table.fixed
    promises = task.verdict.promises(fixed, config.evaluate, candidate.question)
    measured = metrics.FILE.find(workspace.candidate) if promises else None
    held = trust.coverage_rows(promises, measured.metrics if measured else (), unit=config.evaluate.unit)
    abstained = trust.abstained_row(test, champion.table.predictions, candidate.table.predictions)
    return [*held, *([abstained] if abstained else ())]


def _pairs(cohort: pd.DataFrame, reference: Table, *, candidate: Model, unit: Unit) -> Pairs | None:
    return candidate.task.verdict.pair(
        cohort, reference, candidate=candidate.table, question=candidate.question, unit=unit
    )


def _pairs_with_former(
    workspace: Workspace,
    generation: str,
    *,
    core: pd.DataFrame,
    candidate: Model,
    against: Against,
) -> Pairs | None:
    """A former champion's frozen predictions beside the candidate's; None where its question was another.

    Scans that were replaced or redrawn since are left out: it was asked of other pixels, or measured against
    other masks.
    """
    check_generation(workspace, generation)
    former = read_model(candidate.task, workspace.generations / generation)
    if not candidate.task.target.same(former.question, candidate.question):
        return None
    unlike = changes_since(workspace, generation).unlike
    return against(core[~core["case_id"].isin(unlike)], former.table)


def _groups(test: pd.DataFrame, names: str, *, declared: Collection[str]) -> dict[str, frozenset[str]]:
    """The declared groups; each guard more would veto by chance, so headers add none of themselves."""
    columns = [f"{cohorts.GROUP}{name}" for name in declared]
    return {
        f"{column.removeprefix('by_')} = {value}": frozenset(rows[names])
        for column in columns
        if column in test
        for value, rows in test.groupby(column)
        if value
    }


def _left_out(task: Task, test: pd.DataFrame, *tables: Table) -> list[str]:
    labelled = int((test["target"] != "").sum())
    paired = len(task.verdict.common_cases(test, *(table.predictions for table in tables)))
    if paired == labelled:
        return []
    return [f"{labelled - paired} of {labelled} labelled test scans lack one model's score and are left out."]
