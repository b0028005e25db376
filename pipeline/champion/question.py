"""What the champion was asked, where it was asked the same kind of question."""

from __future__ import annotations

from pathlib import Path

from pipeline.contracts import model_record
from pipeline.errors import GateError
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import task_of


def question_of_champion(folder: Path, *, task: str) -> Question:
    """The question of the champion in `folder`. Raises GateError where it is of another kind than `task`."""
    record = model_record.FILE.read(folder)
    if record.task != task:
        raise GateError(
            f"The champion, generation {folder.name}, is of `task: {record.task}`, and the YAML says `task: "
            f"{task}`: two different questions. Put `task: {record.task}` back, or give the new one an "
            "analysis of its own (a YAML of another name)."
        )
    return task_of(task).target.question_of(record)
