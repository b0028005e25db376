"""What a stored model says of scans: its own recipe's arrays, and what its own validation fixed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts import predicted_masks, strangers
from pipeline.contracts.cohort import prediction_rows
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


def score(
    workspace: Workspace, folder: Path, *, cohort: pd.DataFrame, abstain: Collection[str] | None = None
) -> pd.DataFrame:
    """The table of predictions of the model in `folder` for rows of `cohort.csv`, sorted by case_id.

    A scan without an array keeps its row, as failed. Where it is said what makes one `abstain`, the
    columns of strangers and reasons are there.

    Raises:
        DamageError: the model or an array is not what was written.
        DataError: there is no model in the folder.
    """
    from pipeline import scoring
    from pipeline.strangers import judged, with_reasons

    scorer = scoring.load(folder)
    task = task_of(scorer.task)
    cases = (
        prediction_rows(cohort).sort_values("case_id", ignore_index=True).rename(columns={"target": "truth"})
    )
    scans = scoring.scans(
        workspace, scorer.record.recipe_id, kept=workspace.candidate / predicted_masks.CHAMPION_FOLDER
    )
    names = list(cases["case_id"])
    answers = task.answers.ask(scorer, names, scans, shown="score")
    table = task.answers.table(
        cases,
        answers.outputs,
        answers.reasons,
        question=task.target.question_of(scorer.record),
        fixed=task.answers.frozen(scorer.operating),
    )
    if abstain is None:
        return table
    found = judged(strangers.FILE.find(folder), scorer, names, scans)
    return with_reasons(table, found, names, asked=abstain)
