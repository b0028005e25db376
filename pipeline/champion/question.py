"""What the champion was asked, where it was asked the same kind of question."""

from __future__ import annotations

from pathlib import Path

from pipeline.contracts import model_record
from pipeline.tasks.contract import Question
from pipeline.tasks.questions import require_same_kind
from pipeline.tasks.registry import task_of


def question_of_champion(folder: Path, *, task: str) -> Question:
    """The question of the champion in `folder`. Raises GateError where it is of another kind than `task`."""
    record = model_record.FILE.read(folder)
    require_same_kind(record.task, task, generation=folder.name)
    return task_of(task).target.question_of(record)
