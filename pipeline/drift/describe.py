"""What is compared of a patient: one scan's header, spacing, intensities, label and score.

A patient counts once, by the first of the patient's scans in the order of case_id: a pseudonym, so this
is as good as a draw, and patients with many scans weigh no more than others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts.cohort import GROUP, prediction_rows
from pipeline.records import Attribute, Case
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd

_NOT_COMPARED = frozenset({"days_since_first", "series_rule", "study_date"})
"""Later scans differ in their days, whatever the scanner; a rule's name is ours."""
_MOST_VOXELS = 200_000  # percentiles of so many differ by far less than scanners do
_MOST_SLICES = 8  # a choice: evenly through the volume, so that each region has its share


def one_a_patient(cases: Iterable[Case]) -> list[Case]:
    """The first case of each patient, sorted by patient_id."""
    first: dict[str, Case] = {}
    for case in sorted(cases, key=lambda case: case.case_id):
        first.setdefault(case.patient_id, case)
    return [first[patient] for patient in sorted(first)]


def header(case: Case) -> dict[str, Attribute]:
    """What the header says of how it was made: allow-listed attributes, modality, unit, spacing and size."""
    axes = ("slices", "rows", "columns")[-len(case.geometry.spacing) :]
    shape = case.stored.shape[: len(axes)]
    return {
        **{name: value for name, value in case.attributes.items() if name not in _NOT_COMPARED},
        "modality": case.modality,
        "value_unit": case.value_unit,
        "spacing_kind": case.geometry.spacing_kind,
        **{f"spacing_{axis}": value for axis, value in zip(axes, case.geometry.spacing, strict=True)},
        **{f"size_{axis}": size for axis, size in zip(axes, shape, strict=True)},
    }


def intensity(voxels: NDArray[np.generic], spatial_axes: int) -> dict[str, Attribute]:
    """Mean, standard deviation and percentiles of native voxels, from a fixed subset where there are many.

    `voxels` is `(rows, columns)` or `(slices, rows, columns)`, with or without a last axis of channels.
    """
    if spatial_axes == 3:
        chosen = np.unique(np.linspace(0, voxels.shape[0] - 1, _MOST_SLICES).round().astype(int))
        voxels = voxels[chosen]
    voxels = voxels.reshape(math.prod(voxels.shape[:spatial_axes]), -1)  # (voxels, channels)
    values = voxels[:: max(1, -(-voxels.shape[0] // _MOST_VOXELS))].astype(np.float64)
    # Not the ends: a single hot voxel would be told as a drift.
    p1, p50, p99 = np.percentile(values, [1, 50, 99])
    return {
        "intensity_mean": float(values.mean()),
        "intensity_sd": float(values.std()),
        "intensity_p1": float(p1),
        "intensity_p50": float(p50),
        "intensity_p99": float(p99),
    }


def groups(cohort: pd.DataFrame, names: Sequence[str]) -> list[dict[str, Attribute]]:
    """What the table of labels says of each patient, of the groups `names`."""
    first = _first_rows(prediction_rows(cohort))
    return [
        {f"group {name}": str(row[f"{GROUP}{name}"]) for name in names if row[f"{GROUP}{name}"]}
        for row in first.to_dict("records")
    ]


def truths(cohort: pd.DataFrame, task: Task, question: Question) -> list[dict[str, Attribute]]:
    """The truth of each patient of whom it is known."""
    known = _first_rows(prediction_rows(cohort[cohort["target"] != ""]))
    return [task.target.described(str(value), question) for value in known["target"]]


def scores(predictions: pd.DataFrame, task: Task, question: Question) -> list[dict[str, Attribute]]:
    """The champion's scores of each patient whom it could score."""
    scored = _first_rows(predictions[predictions["status"] == "ok"])
    columns = task.answers.observed(scored, question)
    return [{name: float(values[row]) for name, values in columns.items()} for row in range(len(scored))]


def _first_rows(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["patient_id", "case_id"]).drop_duplicates("patient_id")
