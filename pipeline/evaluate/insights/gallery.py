"""Which cases the report shows: those where the model was surest, wrong and right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.tasks.contract import Question
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd

LARGEST_PIXELS = 256  # a choice: as wide as a card of the page, so that the file stays small
_WINDOW_PERCENTILES = (0.5, 99.5)  # a choice: single bright voxels (metal, marks) would else darken the rest

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Chosen:
    """A case of the gallery; `target` is the answer whose evidence is shown: the one predicted."""

    kind: str
    case_id: str
    patient_id: str
    truth: str
    target: str
    score: float


@dataclass(frozen=True)
class Picture:
    """One slice as the network saw it: grey values, heat, both uint8 of one shape, and what was shown.

    `window` is the pair of input values that became black and white; `slice_index` is None for images.
    """

    grey: NDArray[np.uint8]
    heat: NDArray[np.uint8]
    window: tuple[float, float]
    slice_index: int | None
    reduced: int


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


def picture(image: Array, heat: Array) -> Picture:
    """The slice of `image` with the most heat, as the report shows it.

    `image` is `([slices,] rows, columns, channels)`, `heat` `([slices,] rows, columns)` from 0 to 1.
    Colour images are shown by the mean of their channels; sides above `LARGEST_PIXELS` are reduced
    by whole factors.
    """
    index = None
    grey = image.mean(axis=-1)
    if grey.ndim == 3:
        index = int(heat.sum(axis=(1, 2)).argmax()) if heat.any() else len(grey) // 2
        grey, heat = grey[index], heat[index]
    low, high = (float(value) for value in np.percentile(grey, _WINDOW_PERCENTILES))
    factor = -(-max(grey.shape) // LARGEST_PIXELS)
    shown = np.clip((grey - low) / max(high - low, 1e-12), 0, 1)  # of an even slice: all black
    return Picture(
        _bytes(_reduced(shown, factor)), _bytes(_reduced(heat, factor)), (low, high), index, factor
    )


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


def _reduced(plane: Array, factor: int) -> Array:
    rows, columns = (size // factor * factor for size in plane.shape)
    blocks = plane[:rows, :columns].reshape(rows // factor, factor, columns // factor, factor)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _bytes(plane: Array) -> NDArray[np.uint8]:
    return np.asarray(np.rint(plane * 255), dtype=np.uint8)
