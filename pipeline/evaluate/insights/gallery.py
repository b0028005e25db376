"""Which cases the report shows: those where the model was surest, wrong and right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.contracts.insights import InUnit
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd

LARGEST_PIXELS = 256  # a choice: as wide as a card of the page, so that the file stays small
# Choices, in shares of the window: a ground brighter than this is no air, and noise of air is within that.
_DARK, _ALIKE = 0.35, 0.1
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
    """One slice: grey values, heat where there is anything to see, both uint8 of one shape, and what it is.

    `window` is the pair of values that became black and white, in `unit` (empty: the network's input);
    `slice_index` and `slices` are None for images.
    """

    grey: NDArray[np.uint8]
    heat: NDArray[np.uint8]
    window: tuple[float, float]
    unit: str
    slice_index: int | None
    slices: int | None
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


def picture(image: Array, heat: Array, known: InUnit | None = None) -> Picture:
    """The slice of `image` with the most heat among those that show anything, as the report shows it.

    `image` is `([slices,] rows, columns, channels)`, `heat` `([slices,] rows, columns)` from 0 to 1, `known`
    the same scan in its unit. Colour images are shown by the mean of their channels; sides above
    `LARGEST_PIXELS` are reduced by whole factors.
    """
    if known is None or known.values.shape[:-1] != image.shape[:-1]:
        known = InUnit(image, "")
    index = slices = None
    grey = known.values.mean(axis=-1)
    if grey.ndim == 3:
        index, slices = _telling(grey, heat), len(grey)
        grey, heat = grey[index], heat[index]
    low, high = known.window or _window(grey)
    factor = -(-max(grey.shape) // LARGEST_PIXELS)
    shown = np.clip((grey - low) / max(high - low, 1e-12), 0, 1)  # of an even scan: all black
    heat = np.where(_content(shown), heat, 0)
    return Picture(
        _bytes(_reduced(shown, factor)), _bytes(_reduced(heat, factor)), (low, high), known.unit, index,
        slices, factor,
    )  # fmt: skip


def _telling(grey: Array, heat: Array) -> int:
    """The slice with the most heat of those whose values differ; without heat the middle one of them."""
    differs = np.ptp(grey, axis=(1, 2)) > 0
    places = np.flatnonzero(differs) if differs.any() else np.arange(len(grey))
    sums = heat.sum(axis=(1, 2))[places]
    return int(places[sums.argmax()] if sums.any() else places[len(places) // 2])


def _window(plane: Array) -> tuple[float, float]:
    """The values that become black and white: nearly all of the plane, or all where most are one value."""
    low, high = (float(value) for value in np.percentile(plane, _WINDOW_PERCENTILES))
    return (low, high) if high > low else (float(plane.min()), float(plane.max()))


def _content(shown: Array) -> NDArray[np.bool_]:
    """Where the scan shows anything: all but the dark ground that reaches in from the edge.

    Air inside the body belongs to it. Where the edge isn't dark, as of a film filled by the body, everything
    is content.
    """
    edge = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    level = float(np.median(edge))
    if level > _DARK:
        return np.ones(shown.shape, dtype=np.bool_)
    alike, _ = ndimage.label(np.abs(shown - level) <= _ALIKE)
    touching = np.unique(np.concatenate([alike[0], alike[-1], alike[:, 0], alike[:, -1]]))
    content = ~np.isin(alike, touching[touching > 0])
    return content if content.any() else np.ones(shown.shape, dtype=np.bool_)


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
