"""A model of a comparison as it lies in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import digests
from pipeline.champion.predictions import read_table
from pipeline.contracts import read_object
from pipeline.errors import DamageError, DataError
from pipeline.printed import scanloom
from pipeline.tasks.contract import Question, Table
from pipeline.tasks.registry import Task


@dataclass(frozen=True)
class Model:
    """A model's digest, its question, its table of predictions with what validation fixed, and its rule."""

    task: Task
    sha256: str
    question: Question
    table: Table
    rule: Mapping[str, Any]


def read_model(task: Task, folder: Path, *, predictions: Path | None = None) -> Model:
    """The model in `folder`, with its predictions there or in the file `predictions`.

    Raises DataError when a file is missing, DamageError when one can't be read or `model.keras` isn't the one
    described.
    """
    record = _object(folder / "model.json", "model_sha256", "classes")
    operating = _object(folder / "operating.json", "temperature", "thresholds", "patient_score")
    rule = _object(folder / "rule.json", "compare")
    if digests.of_file(folder / "model.keras") != record["model_sha256"]:
        raise DamageError(
            f"{folder.name}/model.keras is not the file that model.json describes. Restore it or train again."
        )
    table = read_table(predictions or folder / "predictions.csv")
    return Model(
        task=task,
        sha256=record["model_sha256"],
        question=task.target.question_of(record),
        table=Table(table, task.answers.frozen(operating)),
        rule=rule,
    )


def _object(path: Path, *needs: str) -> dict[str, Any]:
    if not path.is_file():
        raise DataError(f"{path.parent.name}/{path.name} is missing. Run `{scanloom('evaluate')}`.")
    return read_object(path, *needs)
