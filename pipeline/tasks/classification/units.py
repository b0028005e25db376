"""From two tables of predictions to pairs: the same patients (or cases), scored and decided by both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.contracts.cohort import PERSON
from pipeline.contracts.predictions import SCORE
from pipeline.statistics.sample import Sample, codes
from pipeline.tasks.classification.answers import decide
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.pairs import Pairs, Scores
from pipeline.tasks.classification.rows import per_patient
from pipeline.tasks.contract import Table, Unit

if TYPE_CHECKING:
    import pandas as pd


def pair(
    cohort: pd.DataFrame, reference: Table, *, candidate: Table, question: Classes, unit: Unit
) -> Pairs | None:
    """The pairs of all labelled cases of `cohort` that both models scored, sorted by name; None of none."""
    cases = common_cases(cohort, reference.predictions, candidate.predictions)
    if cases.empty:
        return None
    first, second = (
        _sample(table, cases, names=question.names, unit=unit) for table in (reference, candidate)
    )
    return Pairs(
        names=_names(cases, question, unit=unit),
        patient=first.patient,
        truth=first.truth,
        positive=question.finding,
        reference=Scores(first.probability, decide(first.probability, reference.fixed.threshold)),
        candidate=Scores(second.probability, decide(second.probability, candidate.fixed.threshold)),
    )


def common_cases(cohort: pd.DataFrame, *predictions: pd.DataFrame) -> pd.DataFrame:
    """The labelled rows of `cohort` that every table of predictions scored, sorted by case_id."""
    scored = set.intersection(*(set(table.loc[table["status"] == "ok", "case_id"]) for table in predictions))
    kept = cohort["case_id"].isin(scored) & (cohort["target"] != "")
    return cohort[kept].sort_values("case_id")


def _sample(table: Table, cases: pd.DataFrame, *, names: tuple[str, ...], unit: Unit) -> Sample:
    columns = [SCORE + name for name in names]
    probability = table.predictions.set_index("case_id").loc[list(cases["case_id"]), columns]
    sample = Sample(
        truth=np.array([names.index(label) for label in cases["target"]], dtype=np.int64),
        probability=np.asarray(probability.to_numpy(dtype=np.float64)),
        patient=codes(list(cases[PERSON])),
    )
    if unit == "case":
        return sample
    return per_patient(sample, table.fixed.patient_score)


def _names(cases: pd.DataFrame, question: Classes, *, unit: Unit) -> tuple[str, ...]:
    if unit == "case":
        return tuple(cases["case_id"])
    labels = cases.groupby(PERSON)["target"].nunique().sort_index()
    # Of more than two classes, patients with cases of several have no class and no row.
    return tuple(labels.index[labels == 1] if question.finding is None else labels.index)
