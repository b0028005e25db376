"""The error for a target that is another task's: it names the kind of question, and what answers it."""

from __future__ import annotations

from pipeline.errors import ConfigError
from pipeline.tasks.contract import Refuse
from pipeline.tasks.registry import TASKS


def other_question(column: str, problem: str, kind: str, *, instead: str, refuse: Refuse) -> ConfigError:
    """The error that `column` has a `problem`: a question of this `kind`; `instead` would fit here."""
    if kind in TASKS:
        advice = f". Say `task: {kind}`, or {instead}."
    else:
        advice = f", which this version does not answer yet. {instead[0].upper()}{instead[1:]}."
    return refuse(("cohort", "target"), f"the column '{column}' {problem} of the kind {kind}{advice}")
