"""The pictures of those who changed sides for the worse: of each the scan on which the models differ most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline import pictured
from pipeline.compare.flip_outlines import outlined
from pipeline.compare.models import Model
from pipeline.config import Config
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import model_record
from pipeline.contracts.comparison import Flip, Flips
from pipeline.contracts.scan_pictures import FLIPS, Pictured
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

MOST_SHOWN: Final = 8
"""Those whose score moved furthest (a choice: what a person looks through)."""


def write(
    found: Flips | None,
    models: tuple[Model, Model],
    config: Config,
    workspace: Workspace,
    in_unit: pictured.Read,
) -> bool:
    """Whether the file changed; `models` are the champion, as it answers now, and the candidate.

    Raises DamageError when an array can't be read.
    """
    shown = found.negative_list[:MOST_SHOWN] if found else ()
    if not shown:
        return FLIPS.write(workspace.candidate, Pictured(()))
    cohort = cohorts.TABLE.frame(workspace.candidate)
    test = cohort[cohort["part"] == "test"]
    before, after = (model.table.predictions.set_index("case_id") for model in models)
    names = [case_of(flip, test, before, after) for flip in shown]
    recipe_id = model_record.FILE.read(workspace.candidate).recipe_id
    pictures = outlined(
        pictured.of_cases(names, config, workspace, recipe_id=recipe_id, in_unit=in_unit), models, workspace
    )
    return FLIPS.write(
        workspace.candidate, Pictured(tuple(pictures[name] for name in names if name in pictures))
    )


def case_of(flip: Flip, test: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> str:
    """The case of one who changed sides (a case, or a patient's) whose score moved furthest.

    `test` are rows of the cohort, the others those of predictions by case_id; a case without a score counts
    as one of 0.
    """
    own = test[(test["case_id"] == flip.name) | (test[cohorts.PERSON] == flip.name)]
    names = [name for name in sorted(own["case_id"]) if name in before.index and name in after.index]
    moved = [abs(_score(after, name, flip.column) - _score(before, name, flip.column)) for name in names]
    return names[int(np.argmax(moved))] if names else ""


def _score(table: pd.DataFrame, name: str, column: str) -> float:
    text = str(table.at[name, column]) if column in table else ""
    return float(text) if text and text != "nan" else 0.0
