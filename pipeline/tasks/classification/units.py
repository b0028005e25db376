"""From two tables of predictions to pairs: the same patients (or cases), scored and decided by both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from pipeline.statistics.sample import PatientScore, Sample, codes, patients_of_one_class, patients_with_any
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.classification.pairs import Pairs, Scores

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal["patient", "case"]


@dataclass(frozen=True)
class Table:
    """One model's predictions, a row a case, and how its probabilities become decisions.

    `threshold`, frozen on its validation part, is for the positive class, the second of two; None where
    the likeliest class is taken.
    """

    predictions: pd.DataFrame
    threshold: float | None
    patient_score: PatientScore


def pair(
    cohort: pd.DataFrame, reference: Table, *, candidate: Table, classes: Sequence[str], unit: Unit
) -> Pairs | None:
    """The pairs of all labelled cases of `cohort` that both models scored, sorted by name; None of none."""
    cases = common_cases(cohort, reference.predictions, candidate.predictions)
    if cases.empty:
        return None
    first, second = (_sample(table, cases, classes=classes, unit=unit) for table in (reference, candidate))
    return Pairs(
        names=_names(cases, classes=classes, unit=unit),
        patient=first.patient,
        truth=first.truth,
        positive=1 if len(classes) == 2 else None,
        reference=Scores(first.probability, _decided(first.probability, reference.threshold)),
        candidate=Scores(second.probability, _decided(second.probability, candidate.threshold)),
    )


def common_cases(cohort: pd.DataFrame, *predictions: pd.DataFrame) -> pd.DataFrame:
    """The labelled rows of `cohort` that every table of predictions scored, sorted by case_id."""
    scored = set.intersection(*(set(table.loc[table["status"] == "ok", "case_id"]) for table in predictions))
    kept = cohort["case_id"].isin(scored) & (cohort["target"] != "")
    return cohort[kept].sort_values("case_id")


def _sample(table: Table, cases: pd.DataFrame, *, classes: Sequence[str], unit: Unit) -> Sample:
    columns = [f"score_{name}" for name in classes]
    probability = table.predictions.set_index("case_id").loc[list(cases["case_id"]), columns]
    sample = Sample(
        truth=np.array([classes.index(label) for label in cases["target"]], dtype=np.int64),
        probability=np.asarray(probability.to_numpy(dtype=np.float64)),
        patient=codes(list(cases["patient_id"])),
    )
    if unit == "case":
        return sample
    of_patients = patients_with_any if sample.classes == 2 else patients_of_one_class
    return of_patients(sample, table.patient_score)


def _names(cases: pd.DataFrame, *, classes: Sequence[str], unit: Unit) -> tuple[str, ...]:
    if unit == "case":
        return tuple(cases["case_id"])
    labels = cases.groupby("patient_id")["target"].nunique().sort_index()
    # Of more than two classes, patients with cases of several have no class and no row.
    return tuple(labels.index if len(classes) == 2 else labels.index[labels == 1])


def _decided(probability: Floats, threshold: float | None) -> Integers:
    if threshold is None:
        return np.asarray(probability.argmax(axis=1), dtype=np.int64)
    return (probability[:, 1] >= threshold).astype(np.int64)
