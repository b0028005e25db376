"""The rows that a classification is measured on: cases, or one row a patient."""

from __future__ import annotations

import numpy as np

from pipeline.statistics.sample import (
    PatientScore,
    Sample,
    codes,
    has_one_class,
    patients_of_one_class,
    patients_with_any,
)
from pipeline.statistics.vectors import Flags
from pipeline.tasks.classification.classes import finding
from pipeline.tasks.classification.predictions import Predictions


def sample_of(predictions: Predictions, part: str) -> Sample:
    """The cases of a part that have a prediction and a known truth."""
    rows = predictions.measurable(part)
    return Sample(
        predictions.truth(rows),
        predictions.probability[rows],
        codes(list(predictions.frame["patient_id"][rows])),
    )


def per_patient(sample: Sample, how: PatientScore) -> Sample:
    """One row a patient: positive when any case is, or of the one class that all cases have."""
    reduced = patients_of_one_class if finding(sample.classes) is None else patients_with_any
    return reduced(sample, how)


def kept(sample: Sample) -> Flags:
    """Which patients get a row, shape (patients,)."""
    return (
        has_one_class(sample) if finding(sample.classes) is None else np.ones(sample.patients, dtype=np.bool_)
    )
