"""The stage: the champion scores the new scans, then they are compared with the scans it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import digests, pictured, scoring
from pipeline.champion import check_generation, current
from pipeline.champion.predictions import score
from pipeline.champion.question import question_of_champion
from pipeline.config import Config
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import model_record, predictions
from pipeline.contracts.drift import FILE, NEW_SCANS, AttributeDrift, Domain, Drift
from pipeline.contracts.scan_pictures import ODD, Pictured
from pipeline.drift.differences import differences
from pipeline.drift.domain import domain
from pipeline.drift.observe import Asked, Group, observed
from pipeline.drift.rule import level_of, overall
from pipeline.errors import GateError, UsageError
from pipeline.printed import WHY, is_placeholder, make
from pipeline.progress import waiting
from pipeline.records import EXTERNAL, Summary
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

_SEED = 20  # of the permutation tests: the same scans give the same p
_HELD_OUT = ("validation", "test")


def run(
    config: Config,
    workspace: Workspace,
    *,
    accept: str | None = None,
    in_unit: pictured.Read = lambda case: None,
) -> Summary:
    """What the stage found; `accept` is the reason to go on in spite of a stop, and is recorded.

    `in_unit` gives a case in its unit, for pictures.

    Raises:
        UsageError: the reason is none, but what a printed command shows in place of one.
        GateError: the new scans differ so much that a person should say whether to train on them, or the
            champion is of another task.
        DamageError: the champion's files are no longer what was promoted.
    """
    if accept and is_placeholder(accept):
        raise UsageError(
            f"New scans are accepted for a reason, found '{accept}'. Type what makes them belong here: "
            f"`{make('drift', {'ACCEPT_DRIFT': WHY})}` with your reason in place of '{WHY}'."
        )
    champion = current(workspace)
    if champion is None:
        return _nothing(workspace, "no_champion", line="No champion yet, so there is nothing to drift from.")
    check_generation(workspace, champion.generation)
    question = question_of_champion(champion.folder, task=config.task)
    folders = (champion.folder, workspace.candidate)
    known, cohort = map(cohorts.TABLE.frame, folders)
    known, cohort = (
        table[table["part"] != EXTERNAL] for table in (known, cohort)
    )  # nothing is trained on it
    replaced = cohorts.changed(*map(cohorts.pixel_digests, folders)) & set(cohort["case_id"])
    cohort = cohort[~cohort["case_id"].isin(set(known["case_id"]) - replaced)]
    if cohort.empty:
        return _nothing(workspace, "no_new", line=f"No scans are new to generation {champion.generation}.")
    changed = NEW_SCANS.write(workspace.candidate, score(workspace, champion.folder, cohort=cohort))
    new = Group(cohort, NEW_SCANS.frame(workspace.candidate))
    old = Group(known, _held_out(champion.folder), replaced)
    inputs = digests.of_json([champion.model_sha256, config.section("drift"), _identities(cohort)])
    with waiting("drift: comparing the new scans with the champion's"):
        comparison = _compared(workspace, config, old=old, new=new, question=question)
    accepted = (accept or "").strip() or _accepted_before(workspace, inputs)
    record = replace(comparison, domain=_domain(config, workspace, champion.folder, old=old, new=new))
    record = replace(record, inputs=inputs, replaced_cases=len(replaced), accepted=accepted)
    changed |= FILE.write(workspace.candidate, record)
    changed |= _show(record.domain, config, workspace, champion.folder, in_unit=in_unit)
    if record.level == "stop" and not record.accepted:
        raise GateError(_refusal(record))
    return Summary(_lines(record, champion.generation), changed)


def _identities(cohort: pd.DataFrame) -> list[list[str]]:
    """Which scans these are, with their pixels where the cohort tells them."""
    names = [name for name in ("case_id", "pixel_digest") if name in cohort]
    return sorted(cohort[names].to_numpy().tolist())


def _nothing(workspace: Workspace, level: str, *, line: str) -> Summary:
    changed = NEW_SCANS.remove(workspace.candidate) | ODD.write(workspace.candidate, Pictured(()))
    return Summary((line,), FILE.write(workspace.candidate, Drift(level)) or changed)


def _held_out(folder: Path) -> pd.DataFrame:
    """The champion's predictions of scans it wasn't trained on: of those it was, its scores say too much."""
    table = predictions.FILE.frame(folder)
    return table[table["part"].isin(_HELD_OUT)]


def _compared(workspace: Workspace, config: Config, *, old: Group, new: Group, question: Question) -> Drift:
    rule, task = config.drift, task_of(config.task)
    asked = Asked(task, question, tuple(config.cohort.groups.values()))
    old_columns, new_columns = observed(workspace, old, new=new, asked=asked)
    compared = differences(old_columns, new_columns, generator=np.random.Generator(np.random.PCG64(_SEED)))
    levels = [level_of(d, warn=rule.warn, stop=rule.stop, min_patients=rule.min_patients) for d in compared]
    patients = int(new.cohort[cohorts.PERSON].nunique())
    return Drift(
        level=overall(levels, new_patients=patients, min_patients=rule.min_patients),
        attributes=tuple(
            difference.record(level) for difference, level in zip(compared, levels, strict=True)
        ),
        new_patients=patients,
        new_cases=len(new.cohort),
    )


def _domain(config: Config, workspace: Workspace, folder: Path, *, old: Group, new: Group) -> Domain:
    """Whether the champion's network tells the new scans from those of training."""
    scorer = scoring.load(folder)
    scans = scoring.scans(workspace, scorer.record.recipe_id, kept=workspace.candidate)
    known = old.cohort[~old.cohort["case_id"].isin(old.replaced)]
    with waiting("drift: telling the new scans from those of training"):
        return domain(scorer, scans, known=known, new=new.cohort, level=config.evaluate.level)


def _show(
    found: Domain | None, config: Config, workspace: Workspace, folder: Path, *, in_unit: pictured.Read
) -> bool:
    """Whether the pictures changed: of the oddest new scans and of those of training nearest to them."""
    names = [name for scan in (found.oddest if found else ()) for name in (scan.case_id, scan.nearest)]
    recipe_id = model_record.FILE.read(folder).recipe_id
    shown = pictured.of_cases(names, config, workspace, recipe_id=recipe_id, in_unit=in_unit) if names else {}
    return ODD.write(workspace.candidate, Pictured(tuple(shown.values())))


def _accepted_before(workspace: Workspace, inputs: str) -> str | None:
    """The reason that was given before for the same scans, champion and limits."""
    before = FILE.find(workspace.candidate)
    return before.accepted if before and before.inputs == inputs else None


def _refusal(record: Drift) -> str:
    return (
        f"The {record.new_cases} new scans differ from the champion's: {_in_words(record, 'stop')}. "
        "Nothing was trained on them. See whether they belong here. If they do, "
        f"`{make('drift', {'ACCEPT_DRIFT': WHY})}` with your reason in place of '{WHY}' accepts and records "
        "them; then run the same command again."
    )


def _lines(record: Drift, generation: str) -> tuple[str, ...]:
    new = f"{record.new_cases} new scans of {record.new_patients} patients"
    replaced = f", {record.replaced_cases} of them in place of others," if record.replaced_cases else ""
    scans = f"{new}{replaced} against generation {generation}"
    level = record.level
    if level == "too_few":
        return (f"Drift: too few patients to say ({scans}).", *_unseen(record, level))
    if level == "none":
        found = f"Drift: none found in {len(record.attributes)} attributes ({scans})."
        return (found, *_unseen(record, level))
    lines = [f"Drift: {level} ({scans}): {_in_words(record, level)}.", *_unseen(record, level)]
    if record.accepted:
        lines.append(f"Accepted: {record.accepted}")
    return tuple(lines)


def _unseen(record: Drift, level: str) -> Iterator[str]:
    """A line on words that are new, however few scans have them, of the attributes that aren't told yet."""
    new = [
        f"{attribute.name} {', '.join(attribute.unseen)}"
        for attribute in record.attributes
        if attribute.unseen and (attribute.level != level or level in ("none", "too_few"))
    ]
    if new:
        yield f"Never seen before: {'; '.join(new)}."


def _in_words(record: Drift, level: str) -> str:
    return "; ".join(
        _attribute_in_words(attribute) for attribute in record.attributes if attribute.level == level
    )


def _attribute_in_words(attribute: AttributeDrift) -> str:
    size = "beyond any scale" if attribute.smd is None else f"{attribute.smd:.2f} standard deviations"
    unseen = f", never seen before: {', '.join(attribute.unseen)}" if attribute.unseen else ""
    return f"{attribute.name} (by {size}, corrected p {attribute.p_holm:.2g}{unseen})"
