"""What can be seen of a network: the cases it was surest of, where it looked, what moves its score.

Reads: a scorer, its predictions, model-ready arrays. Writes: insights.json and insights.npz.
Guarantees: pictures only of cases that may be shown; one run, one result; nothing here changes a
number of the evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.insights import attention, gallery, gradients, network, shifts
from pipeline.pixel_text import hidden_because
from pipeline.records import Case
from pipeline.tasks.contract import Fixed, Question
from pipeline.tasks.registry import Task
from pipeline.writing import atomic, write_json

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Subject", "write"]

SCHEMA = "insights/1"
FIELD_CASES = 16
FIRST_LAYER = "first_convolution"

Images = NDArray[np.generic]
Pictures = dict[str, NDArray[np.generic]]
Json = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """The network to look into, the question that it answers, and what its validation fixed.

    `scores` maps model input `(n, [slices,] rows, columns, channels)` to what a decision is made of,
    `(n, outputs)`.
    """

    model: keras.Model
    task: Task
    question: Question
    fixed: Fixed
    scores: Callable[[Images], NDArray[np.float64]]


@dataclass(frozen=True)
class Scans:
    """The scans to look at: `read(case_id)` gives `([slices,] rows, columns, channels)`.

    `reviewed` says that a person looked through the pixels (the key `ingest.pixel_text`).
    """

    read: Callable[[str], Images]
    cases: Mapping[str, Case]
    reviewed: bool


def write(subject: Subject, predictions: pd.DataFrame, scans: Scans, folder: Path, *, seed: int) -> bool:
    """Whether insights.json or insights.npz in `folder` changed. `predictions` as in predictions.csv.

    Raises RetryError when the folder can't be written.
    """
    generator = np.random.default_rng(seed)
    shown, pictures = _gallery(
        subject, gallery.choose(predictions, subject.task, subject.question), scans, generator
    )
    ids = _one_case_a_patient(predictions)
    sample = [scans.read(case_id) for case_id in ids[:1]]
    ids = ids[: shifts.affordable(sample[0].shape)] if sample else []
    insights: Json = {"schema": SCHEMA, "seed": seed, "gallery": shown}
    insights["filters"] = {"layer": FIRST_LAYER, "picture": "filters"}
    pictures["filters"] = network.first_kernels(subject.model, FIRST_LAYER)
    insights["field"] = _field(subject, ids[:FIELD_CASES], scans, pictures)
    insights["shifts"] = _shifts(subject, ids, scans)
    return _write(folder, insights, pictures)


def _gallery(
    subject: Subject, chosen: list[gallery.Chosen], scans: Scans, generator: np.random.Generator
) -> tuple[Json, Pictures]:
    items: list[Json] = []
    pictures: Pictures = {}
    checks: list[Json] = []
    evidence = subject.task.network.evidence
    explain = attention.explainer(subject.model, evidence)
    shuffled = attention.explainer(attention.with_shuffled_weights(subject.model, generator), evidence)
    for number, row in enumerate(chosen):
        image = np.asarray(scans.read(row.case_id), dtype=np.float32)
        target = subject.task.answers.output_of(row.target, subject.question)
        heat = explain(image, target)
        correlation = attention.rank_correlation(heat, shuffled(image, target))
        checks.append(
            {"correlation_with_shuffled": correlation, **_drops(subject, image, heat, target, generator)}
        )
        hidden = hidden_because(scans.cases[row.case_id], reviewed=scans.reviewed)
        shown = (
            _keep(gallery.picture(image, heat), f"gallery_{number:03d}", pictures) if hidden is None else {}
        )
        items.append(asdict(row) | {"hidden": hidden} | shown)
    described: Json = {"method": attention.method_of(subject.model), "layer": attention.LAST_FEATURES}
    return described | {"items": items, "checks": _means(checks)}, pictures


def _keep(picture: gallery.Picture, name: str, pictures: Pictures) -> Json:
    pictures[name], pictures[f"{name}_heat"] = picture.grey, picture.heat
    return {
        "picture": name,
        "window": list(picture.window),
        "slice": picture.slice_index,
        "reduced": picture.reduced,
    }


def _drops(
    subject: Subject,
    image: NDArray[np.float32],
    heat: NDArray[np.float32],
    target: int,
    generator: np.random.Generator,
) -> Json:
    """How much the score falls without the hottest region, and without it moved at random."""
    hottest, elsewhere = attention.masked(image, heat, generator)
    scores = subject.scores(np.stack([image, hottest, elsewhere]))[:, target]
    return {"drop_hottest": float(scores[0] - scores[1]), "drop_elsewhere": float(scores[0] - scores[2])}


def _means(checks: list[Json]) -> Json:
    if not checks:
        return {"cases": 0}
    return {"cases": len(checks)} | {
        key: float(np.mean([check[key] for check in checks])) for key in checks[0]
    }


def _one_case_a_patient(predictions: pd.DataFrame) -> list[str]:
    """The first case of every test patient, in the order of the (pseudonymous, so unordered) case ids."""
    test = predictions[(predictions["part"] == "test") & (predictions["status"] == "ok")].sort_values(
        "case_id"
    )
    return [str(case_id) for case_id in test.drop_duplicates("patient_id")["case_id"]]


def _field(subject: Subject, ids: list[str], scans: Scans, pictures: Pictures) -> Json:
    if not gradients.available():
        return {"reason": f"derivatives are not to be had on the Keras backend {keras.backend.backend()}"}
    if not ids:
        return {"reason": "no test case"}
    images = np.stack([scans.read(case_id) for case_id in ids]).astype(np.float32)
    influence = network.influence(subject.model, images)
    middle = influence[influence.shape[0] // 2] if influence.ndim == 3 else influence
    pictures["field"] = np.asarray(np.rint(255 * middle), dtype=np.uint8)
    return {"picture": "field", "cases": len(ids), "effective_pixels": network.width_pixels(influence)}


def _shifts(subject: Subject, ids: list[str], scans: Scans) -> Json:
    if not ids:
        return {"reason": "no test case"}
    answers = subject.task.answers
    images = np.stack([scans.read(case_id) for case_id in ids])
    stride = {"stride_pixels": network.stride_pixels(subject.model)}
    reading = shifts.Reading(
        followed=lambda scores: answers.followed(scores, subject.question),
        decided=lambda scores: answers.decided(scores, subject.fixed),
    )
    points = shifts.curve(subject.scores, images, reading)
    return {"points": points, "patients": len(ids), "cases": len(ids), "level": shifts.LEVEL, **stride}


def _write(folder: Path, insights: Json, pictures: Pictures) -> bool:
    """Writes the pictures first: the JSON never names what isn't there."""
    path = folder / "insights.npz"
    before = path.read_bytes() if path.is_file() else b""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **pictures)
    return write_json(folder / "insights.json", insights) or path.read_bytes() != before
