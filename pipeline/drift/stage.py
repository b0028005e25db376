"""The stage: the champion scores the new scans, then they are compared with the scans it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline import digests
from pipeline.champion import check_generation, current, frozen
from pipeline.champion.predictions import read_table, score
from pipeline.config import Config
from pipeline.contracts import read_frame, read_object
from pipeline.drift.differences import differences
from pipeline.drift.observe import Group, observed
from pipeline.drift.rule import level_of, overall
from pipeline.errors import GateError, UsageError
from pipeline.printed import WHY, is_placeholder, make
from pipeline.progress import waiting
from pipeline.records import Summary
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace
from pipeline.writing import write_csv, write_json

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "drift/1"
_SEED = 20  # of the permutation tests: the same scans give the same p
_COHORT: Final = ("case_id", "patient_id", "part", "target")
_HELD_OUT = ("validation", "test")


def run(config: Config, workspace: Workspace, *, accept: str | None = None) -> Summary:
    """What the stage found; `accept` is the reason to go on in spite of a stop, and is recorded.

    Raises:
        UsageError: the reason is none, but what a printed command shows in place of one.
        GateError: the new scans differ so much that a person should say whether to train on them.
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
    cohort, known = (
        read_frame(folder / "cohort.csv", *_COHORT) for folder in (workspace.candidate, champion.folder)
    )
    replaced = frozen.changed(*map(frozen.pixel_digests, (champion.folder, workspace.candidate)))
    cohort = cohort[~cohort["case_id"].isin(set(known["case_id"]) - replaced)]
    if cohort.empty:
        return _nothing(workspace, "no_new", line=f"No scans are new to generation {champion.generation}.")
    changed = write_csv(
        workspace.candidate / "champion_new.csv", score(workspace, champion.folder, cohort=cohort)
    )
    new = Group(cohort, read_table(workspace.candidate / "champion_new.csv"))
    old = Group(known, _held_out(champion.folder), replaced)
    with waiting("drift: comparing the new scans with the champion's"):
        record = _compared(workspace, config, old=old, new=new, question=_question(config, champion.folder))
    record["inputs"] = digests.of_json([champion.model_sha256, config.section("drift"), _identities(cohort)])
    record["replaced_cases"] = len(replaced)
    record["accepted"] = (accept or "").strip() or _accepted_before(workspace, record["inputs"])
    changed |= write_json(workspace.candidate / "drift.json", record)
    if record["level"] == "stop" and not record["accepted"]:
        raise GateError(_refusal(record))
    return Summary(_lines(record, champion.generation), changed)


def _identities(cohort: pd.DataFrame) -> list[list[str]]:
    """Which scans these are, with their pixels where the cohort tells them."""
    names = [name for name in ("case_id", "pixel_digest") if name in cohort]
    return sorted(cohort[names].to_numpy().tolist())


def _nothing(workspace: Workspace, level: str, *, line: str) -> Summary:
    stale = workspace.candidate / "champion_new.csv"
    changed = stale.exists()
    stale.unlink(missing_ok=True)
    record: dict[str, Any] = {"schema": SCHEMA, "level": level, "attributes": [], "accepted": None}
    return Summary((line,), write_json(workspace.candidate / "drift.json", record) or changed)


def _held_out(folder: Path) -> pd.DataFrame:
    """The champion's predictions of scans it wasn't trained on: of those it was, its scores say too much."""
    predictions = read_table(folder / "predictions.csv")
    return predictions[predictions["part"].isin(_HELD_OUT)]


def _question(config: Config, folder: Path) -> Question:
    return task_of(config.task).target.question_of(read_object(folder / "model.json", "classes"))


def _compared(
    workspace: Workspace, config: Config, *, old: Group, new: Group, question: Question
) -> dict[str, Any]:
    rule, task = config.drift, task_of(config.task)
    old_columns, new_columns = observed(workspace, old, new=new, task=task, question=question)
    found = differences(old_columns, new_columns, generator=np.random.Generator(np.random.PCG64(_SEED)))
    levels = [level_of(d, warn=rule.warn, stop=rule.stop, min_patients=rule.min_patients) for d in found]
    patients = int(new.cohort["patient_id"].nunique())
    return {
        "schema": SCHEMA,
        "level": overall(levels, new_patients=patients, min_patients=rule.min_patients),
        "attributes": [{**d.to_json(), "level": level} for d, level in zip(found, levels, strict=True)],
        "new_patients": patients,
        "new_cases": len(new.cohort),
    }


def _accepted_before(workspace: Workspace, inputs: str) -> str | None:
    """The reason that was given before for the same scans, champion and limits."""
    path = workspace.candidate / "drift.json"
    if not path.is_file():
        return None
    before = read_object(path, "accepted")
    return before["accepted"] if before.get("inputs") == inputs else None


def _refusal(record: dict[str, Any]) -> str:
    return (
        f"The {record['new_cases']} new scans differ from the champion's: {_told(record, 'stop')}. "
        "Nothing was trained on them. See whether they belong here. If they do, "
        f"`{make('drift', {'ACCEPT_DRIFT': WHY})}` with your reason in place of '{WHY}' accepts and records "
        "them; then run the same command again."
    )


def _lines(record: dict[str, Any], generation: str) -> tuple[str, ...]:
    new = f"{record['new_cases']} new scans of {record['new_patients']} patients"
    replaced = f", {record['replaced_cases']} of them in place of others," if record["replaced_cases"] else ""
    scans = f"{new}{replaced} against generation {generation}"
    level = record["level"]
    if level == "too_few":
        return (f"Drift: too few patients to say ({scans}).",)
    if level == "none":
        return (f"Drift: none found in {len(record['attributes'])} attributes ({scans}).",)
    lines = [f"Drift: {level} ({scans}): {_told(record, level)}."]
    if record["accepted"]:
        lines.append(f"Accepted: {record['accepted']}")
    return tuple(lines)


def _told(record: dict[str, Any], level: str) -> str:
    return "; ".join(_attribute_told(found) for found in record["attributes"] if found["level"] == level)


def _attribute_told(found: dict[str, Any]) -> str:
    size = "beyond any scale" if found["smd"] is None else f"{found['smd']:.2f} standard deviations"
    unseen = f", never seen before: {', '.join(found['unseen'])}" if found["unseen"] else ""
    return f"{found['name']} (by {size}, corrected p {found['p_holm']:.2g}{unseen})"
