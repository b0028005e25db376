"""Which cases the report shows: those where the model was surest, wrong and right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.tasks.contract import Question
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Chosen:
    """A case of the gallery; `target` is the answer whose evidence is shown: the one predicted."""

    kind: str
    case_id: str
    patient_id: str
    truth: str
    target: str
    score: float


def choose(predictions: pd.DataFrame, task: Task, question: Question) -> list[Chosen]:
    """The surest errors and hits of the test part, one case a patient and kind, surest first.

    `predictions` as in predictions.csv; the kinds are the task's.
    """
    test = predictions[(predictions["part"] == "test") & (predictions["status"] == "ok")]
    known = (record for record in test.to_dict("records") if record["truth"] != "")
    rows = [row for record in known for row in _chosen(record, task, question)]
    rows.sort(key=lambda row: (-row.score, row.case_id))
    kinds = task.answers.kinds(question)
    return [row for kind in kinds for row in _surest(rows, kind.name, most=kind.shown)]


def _chosen(record: dict[str, object], task: Task, question: Question) -> Iterator[Chosen]:
    names = str(record["case_id"]), str(record["patient_id"])
    for each in task.answers.pictured(record, question):
        yield Chosen(each.kind, *names, each.truth, each.said, each.sureness)


def _surest(rows: list[Chosen], kind: str, *, most: int) -> list[Chosen]:
    first_of_patient: dict[str, Chosen] = {}
    for row in rows:
        if row.kind == kind:
            first_of_patient.setdefault(row.patient_id, row)
    return list(first_of_patient.values())[:most]
