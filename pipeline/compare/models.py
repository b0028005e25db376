"""A model of a comparison as it lies in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline import digests
from pipeline.contracts import model_record, operating, predictions, rule
from pipeline.contracts.model_record import MODEL_FILE
from pipeline.contracts.objects import ObjectFile
from pipeline.contracts.rule import Rule
from pipeline.errors import DamageError, DataError
from pipeline.printed import scanloom
from pipeline.tasks.contract import Question, Table
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd

R = TypeVar("R")


@dataclass(frozen=True)
class Model:
    """A model's digest, its question, its table of predictions with what validation fixed, and its rule."""

    task: Task
    sha256: str
    question: Question
    table: Table
    rule: Rule


def read_model(task: Task, folder: Path, *, scored: pd.DataFrame | None = None) -> Model:
    """The model in `folder`, with its predictions there or those that are given.

    Raises DataError when a file is missing, DamageError when one can't be read or `model.keras` isn't the one
    described.
    """
    record = _required(model_record.FILE, folder)
    choices = _required(operating.FILE, folder)
    fixed = _required(rule.FILE, folder)
    if digests.of_file(folder / MODEL_FILE) != record.model_sha256:
        raise DamageError(
            f"{folder.name}/{MODEL_FILE} is not the file that {model_record.FILE.name} describes. Restore it "
            "or train again."
        )
    table = predictions.FILE.frame(folder) if scored is None else scored
    return Model(
        task=task,
        sha256=record.model_sha256,
        question=task.target.question_of(record),
        table=Table(table, task.answers.frozen(choices)),
        rule=fixed,
    )


def _required(file: ObjectFile[R], folder: Path) -> R:
    record = file.find(folder)
    if record is None:
        raise DataError(f"{folder.name}/{file.name} is missing. Run `{scanloom('evaluate')}`.")
    return record
